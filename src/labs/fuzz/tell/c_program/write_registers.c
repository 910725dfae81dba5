static uint64_t debug_register(size_t number)
{
	return offsetof(struct user, u_debugreg) + 8 * number;
}

/* Writes the case, up to a word that is refused. */
static void write_case(void)
{
	const struct iovec vector = {(void *)THE_CASE.words, THE_CASE.length};

	trace(PTRACE_POKEUSR, debug_register(6), (void *)0xffff0ff0);
	if (THE_CASE.write == PTRACE_SETREGSET)
		here[ERROR] = error_of(trace(PTRACE_SETREGSET, NT_PRSTATUS, &vector));
	else if (THE_CASE.write != 0)
		here[ERROR] = error_of(trace(THE_CASE.write, THE_CASE.length, THE_CASE.words));
	for (size_t i = 0; i < THE_CASE.pair_count && here[ERROR] == 0; i++) {
		here[ERROR] = error_of(trace(PTRACE_POKEUSR, THE_CASE.pairs[i].offset,
					     (void *)THE_CASE.pairs[i].word));
		if (here[ERROR] != 0)
			here[REFUSED_AT] = i;
	}
}

static void read_back(void)
{
	trace(THE_CASE.read, THE_CASE.read_length, &here[WRITTEN]);
	/* 4 and 5 do not exist. */
	for (size_t i = 0; i < DEBUG_REGISTERS; i++)
		trace(PTRACE_PEEKUSR, debug_register(i < 4 ? i : i + 2),
		      &here[WRITTEN + REGISTERS + i]);
}
