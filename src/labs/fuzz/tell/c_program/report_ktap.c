/* The report: a test for each group of fields. */

/* The fields of a test that have a prediction, and those that differ from it. */
static int predicted, not_as_predicted;

static void begin_report(void)
{
	size_t tests = 0;

	for (size_t i = 0; i < COUNT(steps); i++)
		tests += steps[i].group_count;
	ksft_print_header();
	ksft_set_plan(tests);
}

/* Ends the program if the case cannot be tried. */
static void cannot(const char *what)
{
	const int error = errno;

	if (target > 0)
		kill(target, SIGKILL);
	for (step = steps; step < END; step++)
		for (size_t i = 0; i < step->group_count; i++)
			ksft_test_result_fail("%s: failed to %s: %s\n", step->groups[i].title, what,
					      strerror(error));
	ksft_print_cnts();
	exit(KSFT_FAIL);
}

static void compare_field(const struct group *group, const char *name,
			  const struct expectation *row, bool as_usual)
{
	const uint64_t word = step->here[row->field];
	const bool as_seen =
		!as_usual && !(row->unknown & UNSTABLE) && !differs(row->field, row->seen);

	if (row->unknown & UNPREDICTED)
		return;
	predicted++;
	if (!differs(row->field, row->predicted))
		return;
	not_as_predicted++;
	ksft_print_msg("%s%s: expected 0x%lx, got 0x%lx%s\n", group->prefix, name, row->predicted,
		       word, as_seen ? ", as seen before" : "");
}

static void end_group(const struct group *group)
{
	if (group->first >= step->reached)
		ksft_test_result_skip("%s: not reached\n", group->title);
	else if (predicted == 0)
		ksft_test_result_skip("%s: not predicted\n", group->title);
	else
		ksft_test_result(not_as_predicted == 0, "%s\n", group->title);
	predicted = 0;
	not_as_predicted = 0;
}

static int end_report(void)
{
	ksft_finished();
}
