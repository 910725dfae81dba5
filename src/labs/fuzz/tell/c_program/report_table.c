/* The report: a table of the fields. */

enum { REPRODUCED = 0, DIFFERENT = 1, CANNOT = 3 };

static int not_as_predicted, not_as_seen;

static void begin_report(void)
{
	printf("%-17s%-19s%-19s%s\n", "", "predicted", "seen there", "here");
	fflush(stdout);
}

/* Ends the program if the case cannot be tried. */
static void cannot(const char *what)
{
	fprintf(stderr, "cannot %s: %s\n", what, strerror(errno));
	if (target > 0)
		kill(target, SIGKILL);
	exit(CANNOT);
}

static void print_word(uint64_t word, uint64_t unknown)
{
	char text[24] = "?";

	if (!unknown)
		snprintf(text, sizeof(text), word < 10 ? "%lu" : "0x%lx", word);
	printf(" %-18s", text);
}

/* Compares a field. One that is as usual is not printed. */
static void compare_field(const struct group *group, const char *name,
			  const struct expectation *row, bool as_usual)
{
	const uint64_t word = step->here[row->field];
	const bool surprising =
		!(row->unknown & UNPREDICTED) && differs(row->field, row->predicted);
	const bool different = !(row->unknown & UNSTABLE) && differs(row->field, row->seen);

	if (as_usual && word == row->seen)
		return;
	printf("%s%-*s", group->prefix, 16 - (int)strlen(group->prefix), name);
	print_word(row->predicted, row->unknown & UNPREDICTED);
	print_word(row->seen, row->unknown & UNSTABLE);
	print_word(word, 0);
	printf("%s%s\n", surprising ? " not as predicted" : "", different ? " NOT AS SEEN" : "");
	not_as_predicted += surprising;
	not_as_seen += different;
}

static void end_group(const struct group *group)
{
	(void)group;
}

static int end_report(void)
{
	printf("%d fields are not as predicted, and %d not as seen there\n", not_as_predicted,
	       not_as_seen);
	return not_as_seen == 0 ? REPRODUCED : DIFFERENT;
}
