static uint64_t debug_register(size_t number)
{
	return offsetof(struct user, u_debugreg) + 8 * number;
}

/* Writes the step, up to a word that is refused. */
static void write_registers(void)
{
	uint64_t *const here = step->here;
	const struct iovec vector = {(void *)step->words, step->length};

	if (step->write == PTRACE_SETREGSET)
		here[ERROR] = error_of(trace(PTRACE_SETREGSET, NT_PRSTATUS, &vector));
	else if (step->write != 0)
		here[ERROR] = error_of(trace(step->write, step->length, step->words));
	for (size_t i = 0; i < step->pair_count && here[ERROR] == 0; i++) {
		const uint64_t offset = step->pairs[i].offset, word = step->pairs[i].word;

		here[ERROR] = error_of(trace(PTRACE_POKEUSR, offset, (void *)word));
		if (here[ERROR] != 0)
			here[REFUSED_AT] = i;
	}
}

static void read_registers(void)
{
	trace(step->read, step->read_length, &step->here[WRITTEN]);
	/* 4 and 5 do not exist. */
	for (size_t i = 0; i < DEBUG_REGISTERS; i++)
		trace(PTRACE_PEEKUSR, debug_register(i < 4 ? i : i + 2),
		      &step->here[WRITTEN + REGISTERS + i]);
}
