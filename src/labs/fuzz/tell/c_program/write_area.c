static _Alignas(64) unsigned char area[16 << 10];

/* How much of it the request of the step writes: struct user_fpregs_struct, or all. */
static size_t area_length;

/*
 * Makes all components of the XSAVE area those of a new program, and sets its length. The
 * bytes at 464 have a bit for each component, and those at 28 the bits that mxcsr may have.
 */
static void reset_area(void)
{
	struct iovec vector = {area, sizeof(area)};
	const uint16_t control = 0x37f;
	const uint32_t mxcsr = 0x1f80, rights = 0x55555554;
	unsigned int at, unused;
	/* A component that a process has to request is there, but must not be set. */
	enum { GET_XCOMP_PERM = 0x1022, PKRU = 0x200 };
	uint64_t components, permitted = ~0ULL;

	if (trace(PTRACE_GETREGSET, NT_X86_XSTATE, &vector) != 0)
		cannot("read the XSAVE area");
	memset(area, 0, 28);
	memset(area + 32, 0, 464 - 32);
	memset(area + 472, 0, vector.iov_len - 472);
	memcpy(area, &control, sizeof(control));
	memcpy(area + 24, &mxcsr, sizeof(mxcsr));
	syscall(SYS_arch_prctl, GET_XCOMP_PERM, &permitted);
	memcpy(&components, area + 464, sizeof(components));
	components &= permitted;
	memcpy(area + 512, &components, sizeof(components));
	/* A new program has only the rights to pages with key 0. */
	if ((components & PKRU) && __get_cpuid_count(13, 9, &unused, &at, &unused, &unused))
		memcpy(area + at, &rights, sizeof(rights));
	/* A further step keeps what it does not write. */
	if (step == steps && trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector) != 0)
		cannot("write the XSAVE area");
	area_length = step->write == PTRACE_SETFPREGS ? sizeof(struct user_fpregs_struct)
						      : vector.iov_len;
}

/* Copies the words of pair i to the area, or from it. Bytes outside of it are omitted. */
static void copy_pairs(bool is_read)
{
	for (size_t i = 0; i < 8 * step->pair_count; i++) {
		const uint64_t first = step->pairs[i / 8].offset, at = first + i % 8;

		if (at < first || at >= area_length)
			continue;
		if (is_read)
			memcpy((unsigned char *)&step->here[WRITTEN] + i, area + at, 1);
		else
			memcpy(area + at, (const unsigned char *)&step->pairs[i / 8].word + i % 8,
			       1);
	}
}

static void write_area(void)
{
	const struct iovec vector = {area, step->length};

	reset_area();
	copy_pairs(false);
	step->here[ERROR] = error_of(step->write == PTRACE_SETFPREGS
					     ? trace(PTRACE_SETFPREGS, 0, area)
					     : trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector));
}

static void read_area(void)
{
	const struct iovec all = {area, area_length};

	if (step->write == PTRACE_SETFPREGS)
		trace(PTRACE_GETFPREGS, 0, area);
	else
		trace(PTRACE_GETREGSET, NT_X86_XSTATE, &all);
	copy_pairs(true);
}
