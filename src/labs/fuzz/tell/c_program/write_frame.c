/* Registers of a signal frame, and where a block has them. */
static const struct {
	int in_block, in_frame;
} PLACES[] = {
	{R15, REG_R15}, {R14, REG_R14}, {R13, REG_R13},	   {R12, REG_R12}, {RBP, REG_RBP},
	{RBX, REG_RBX}, {R11, REG_R11}, {R10, REG_R10},	   {R9, REG_R9},   {R8, REG_R8},
	{RAX, REG_RAX}, {RCX, REG_RCX}, {RDX, REG_RDX},	   {RSI, REG_RSI}, {RDI, REG_RDI},
	{RIP, REG_RIP}, {RSP, REG_RSP}, {EFLAGS, REG_EFL},
};

/* The XSAVE area of a frame: struct _fpx_sw_bytes at SW_BYTES, and the end of its header. */
enum { MXCSR = 24, MXCSR_MASK = 28, SW_BYTES = 464, HEADER = 512, HEADER_END = 576, MAGIC2 = 4 };

static ucontext_t context;

/*
 * Delivers the signal of the stop to its handler, and reads the frame that the kernel writes.
 * Returns the status word of the next stop, which is that of the handler, or of the end.
 */
static int enter_handler(uint64_t signal, uint64_t *registers)
{
	trace(PTRACE_CONT, 0, (void *)signal);
	const int status = next_stop(START_SECONDS);

	if (status >> 8 == SIGTRAP) {
		trace(PTRACE_GETREGS, 0, registers);
		read_memory(registers[RSP] + 8, &context, sizeof(context));
	}
	return status;
}

#ifdef IMAGE
static unsigned char area[64 << 10];

/* Reads the area of a frame, and returns its length without what follows it. */
static uint32_t read_area(void)
{
	const uint64_t address = (uintptr_t)context.uc_mcontext.fpregs;
	uint32_t length = 0;

	read_memory(address, area, HEADER);
	memcpy(&length, area + SW_BYTES + 16, sizeof(length));
	if (length < HEADER_END || length > sizeof(area) - MAGIC2)
		cannot("read the XSAVE area of a signal frame");
	read_memory(address, area, length + MAGIC2);
	return length;
}

/*
 * Writes the floating-point area of a new program, with the words of the case. Bytes outside the
 * scratch pages are left out.
 */
static void write_image(void)
{
	static unsigned char scratch[SCRATCH_SIZE];
	const uint32_t length = read_area(), mxcsr = 0x1f80;
	const uint16_t control = 0x37f;

	memset(area, 0, MXCSR_MASK);
	memset(area + MXCSR_MASK + 4, 0, SW_BYTES - MXCSR_MASK - 4);
	memcpy(area, &control, sizeof(control));
	memcpy(area + MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(area + HEADER, area + SW_BYTES + 8, 8);
	memset(area + HEADER + 8, 0, length - HEADER - 8);
	for (uint64_t i = 0, at = step->image - SCRATCH; i < length + MAGIC2; i++, at++)
		if (at < SCRATCH_SIZE)
			scratch[at] = area[i];
	for (size_t i = 0; i < step->pair_count; i++) {
		const uint64_t at = step->image + step->pairs[i].offset - SCRATCH;

		if (at <= SCRATCH_SIZE - 8)
			memcpy(scratch + at, &step->pairs[i].word, 8);
	}
	write_memory(SCRATCH, scratch, sizeof(scratch));
}

#endif
/* Writes the case to a signal frame, and lets the target call rt_sigreturn(2), which restores it.
 */
static void write_frame(void)
{
	mcontext_t *const machine = &context.uc_mcontext;
	uint64_t registers[REGISTERS], none = 0;
	const uint32_t mxcsr = 0x1f80;

	if (enter_handler(SIGTRAP, registers) >> 8 != SIGTRAP)
		cannot("enter a handler");
	const uint64_t address = registers[RSP] + 8;

	for (size_t i = 0; i < COUNT(PLACES); i++)
		machine->gregs[PLACES[i].in_frame] = (greg_t)step->words[PLACES[i].in_block];
	machine->gregs[REG_CSGSFS] = (greg_t)((step->words[CS] & 0xffff) | step->words[SS] << 48);
	context.uc_flags = step->uc_flags;
#ifdef IMAGE
	if (step->image != 0) {
		write_image();
		machine->fpregs = (void *)step->image;
	}
#endif
	if (step->no_fpstate) {
		machine->fpregs = NULL;
	} else if (step->image == 0) {
		write_memory((uintptr_t)machine->fpregs + MXCSR, &mxcsr, sizeof(mxcsr));
		write_memory((uintptr_t)machine->fpregs + HEADER, &none, sizeof(none));
	}
	write_memory(address, &context, sizeof(context));
	memcpy(registers, START, sizeof(registers));
	registers[RAX] = SYS_rt_sigreturn;
	registers[RIP] = OWN;
	registers[RSP] = address;
	trace(PTRACE_SETREGS, 0, registers);
}

/* Reads what the next handler has in its frame: the registers, and the words of the case. */
static void read_frame(void)
{
	uint64_t *const here = step->here, *const stopped = &here[STOPPED];
	const greg_t *const frame = context.uc_mcontext.gregs;
	const int status = enter_handler(here[STATUS] >> 8, stopped);

	if (status >> 8 != SIGTRAP) {
		here[STATUS] = (uint64_t)status;
		step->reached = STOPPED;
		return;
	}
	for (size_t i = 0; i < COUNT(PLACES); i++)
		stopped[PLACES[i].in_block] = (uint64_t)frame[PLACES[i].in_frame];
	stopped[CS] = frame[REG_CSGSFS] & 0xffff;
	stopped[SS] = (uint64_t)frame[REG_CSGSFS] >> 48;
#ifdef IMAGE
	const uint32_t length = read_area();

	for (size_t i = 0; i < step->pair_count; i++)
		if (step->pairs[i].offset <= length + MAGIC2 - 8)
			memcpy(&here[WRITTEN + i], area + step->pairs[i].offset, 8);
#endif
}
