/*
 * The template of programs that reproduce a case (export_c.ts). An export replaces this head, and
 * inserts what this file includes: the data of the case (data.ts), a file for the way in which it
 * is written, and one for the form of the report.
 */
/* End of the head. */

#define _GNU_SOURCE
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Registers are words in the order of struct user_regs_struct. <sys/reg.h> has their indices. */
enum { REGISTERS = 27, DEBUG_REGISTERS = 6, MOST_PAIRS = 13 };

/* Time limits: of a stop that must follow, on a busy machine, and of that of the case. */
enum { START_SECONDS = 20, RUN_SECONDS = 2 };

/* The fields of an outcome, in the order in which they are read. */
enum {
	ERROR, /* the errno of the write, or 0 */
	REFUSED_AT, /* the index of the pair that was refused, or -1 */
	WRITTEN, /* what is read back */
	RESUMED = WRITTEN + REGISTERS + DEBUG_REGISTERS, /* the errno of the resume, or 0 */
	STATUS, /* from wait4(2), or 0 if the target does not stop */
	STOPPED, /* the registers at the stop */
	SIGNAL = STOPPED + REGISTERS, /* siginfo */
	SIGNAL_CODE,
	ADDRESS,
	FRAME, /* struct sigcontext of a signal frame, in the order of <ucontext.h> */
	FIELDS = FRAME + NGREG
};

/* Values that are not predicted, and values that are different in each run. */
enum { UNPREDICTED = 1, UNSTABLE = 2 };

/* A field: what is predicted, what was seen there, and which of both is unknown. */
struct expectation {
	uint64_t field, predicted, seen, unknown;
};

/* Fields that are compared together. Those without an expectation must be as usual. */
struct group {
	const char *title, *prefix;
	const char *const *names;
	uint64_t first, count;
	const uint64_t *usual;
};

struct step {
	/* Where a case begins: after a request that enters a call, or another that leaves it. */
	long enter;
	uint64_t call, call_at;
	/* What writes and reads back, and its requests. */
	void (*write_it)(void);
	void (*read_back)(void);
	long write, read;
	size_t length, read_length; /* in bytes */
	uint64_t words[REGISTERS];
	/* More words, and their offsets in struct user or in the XSAVE area. */
	struct {
		uint64_t offset, word;
	} pairs[MOST_PAIRS];
	size_t pair_count;
	/* Instead of a request, rt_sigreturn(2): the flags of its frame, and its XSAVE area. */
	bool by_sigreturn, no_fpstate;
	bool leaves; /* the call in which it begins */
	unsigned long uc_flags;
	uint64_t image; /* 0: where the kernel has saved it */
	/* The request that resumes the target, or 0, and the signal that it passes. */
	long on;
	uintptr_t signal;
	uint64_t ignored; /* flags that are not compared */
	/* What is expected, and the outcome on this machine, up to a field that is not reached. */
	const struct expectation *expected;
	const struct group *groups;
	size_t expected_count, group_count;
	uint64_t reached, here[FIELDS];
};

static const struct {
	const char *write[2], *resume[2], *signal[3], *registers[REGISTERS], *frame[NGREG];
} NAMES = {
	.write = {"error", "refusedAt"},
	.resume = {"resumed", "status"},
	.signal = {"signal", "code", "address"},
	.registers = {"r15",	"r14", "r13", "r12",	 "rbp",	    "rbx", "r11",      "r10", "r9",
		      "r8",	"rax", "rcx", "rdx",	 "rsi",	    "rdi", "orig_rax", "rip", "cs",
		      "eflags", "rsp", "ss",  "fs_base", "gs_base", "ds",  "es",       "fs",  "gs"},
	.frame = {"r8",	 "r9",	   "r10",	"r11", "r12",	 "r13",	    "r14", "r15",
		  "rdi", "rsi",	   "rbp",	"rbx", "rdx",	 "rax",	    "rcx", "rsp",
		  "rip", "eflags", "selectors", "err", "trapno", "oldmask", "cr2"},
};

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, member)
#define JUMP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/* The case. */
#include "case.c"

static pid_t target;

/* The step that is tried or compared, and the end of all. */
static struct step *step = steps;
static const struct step *const END = steps + COUNT(steps);

/* The expectation of a field, if it has one of its own. */
static const struct expectation *find_row(uint64_t field)
{
	for (size_t i = 0; i < step->expected_count; i++)
		if (step->expected[i].field == field)
			return &step->expected[i];
	return NULL;
}

/* Whether a field of the outcome is not as expected. */
static bool differs(uint64_t field, uint64_t expected)
{
	uint64_t difference = step->here[field] ^ expected;

	if (field == WRITTEN + EFLAGS || field == STOPPED + EFLAGS || field == FRAME + REG_EFL)
		difference &= ~step->ignored;
	return difference != 0;
}

#include "report_table.c"

/* The target. It has memory in which the case has the same effect in each run. */

static void *map(uintptr_t address, size_t length)
{
	void *place = mmap((void *)address, length, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (place != (void *)address)
		_exit(EXIT_FAILURE);
	return place;
}

static void map_pages(void)
{
	static const unsigned char SYSCALL_INT3[] = {0x0f, 0x05, INT3};
	unsigned char *code = map(CODE, PAGE);
	uint64_t *constants = map(CONSTANTS, PAGE);
	unsigned char *own = map(OWN, OWN_SIZE);

	memset(code, INT3, PAGE);
	for (size_t i = 0; i < COUNT(CODES); i++)
		memcpy(code + (CODES[i].address - CODE), CODES[i].bytes, CODES[i].length);
	for (uint64_t i = 0; i < PAGE / sizeof(*constants); i++)
		constants[i] = CONSTANT + i * sizeof(*constants);
	memcpy(own, SYSCALL_INT3, sizeof(SYSCALL_INT3));
	mprotect(code, PAGE, PROT_READ | PROT_EXEC);
	mprotect(constants, PAGE, PROT_READ);
	mprotect(own, PAGE, PROT_READ | PROT_EXEC);
	map(SCRATCH, SCRATCH_SIZE);
}

/* A handler is an INT3: it stops before it has changed anything. */
static void install_handler(int signal, int flags)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER | flags};

	action.sa_handler = (void (*)(int))HANDLER;
	sigaction(signal, &action, NULL);
}

/* Stops for the parent, which traces it. libc does not run after that. */
static void run_target(pid_t parent)
{
	/* With a limit of one byte, the kernel does not dump core, not even to a program. */
	const struct rlimit no_core = {1, 1};
	/* With SS_AUTODISARM it is always used from its end, wherever rsp points. */
	const stack_t stack = {(void *)(OWN + PAGE), (int)(1U << 31), OWN_SIZE - PAGE};
	static const int RAISED[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	setrlimit(RLIMIT_CORE, &no_core);
	/* Signals of a terminal do not stop a process of an orphaned process group. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	map_pages();
	install_handler(SIGUSR1, 0);
	install_handler(SIGUSR2, SA_RESTART);
	for (size_t i = 0; step->by_sigreturn && i < COUNT(RAISED); i++)
		install_handler(RAISED[i], SA_ONSTACK);
	if (step->by_sigreturn)
		sigaltstack(&stack, NULL);
	/* The case may make any call: without open files, it cannot write to one. */
	syscall(SYS_close_range, 0, 0x7fffffff, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* raise(3) of some libcs blocks signals while it stops. */
	if (syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == 0)
		kill(getpid(), SIGSTOP);
	_exit(EXIT_FAILURE);
}

/* The tracer. */

/* ptrace(2) by its number: the function of libc has other types, and rejects some requests. */
static long trace(long request, uint64_t address, const void *data)
{
	return syscall(SYS_ptrace, request, target, address, data);
}

static uint64_t error_of(long result)
{
	return result == 0 ? 0 : (uint64_t)errno;
}

/* Memory that the target does not have is read as zeros. */
static void read_memory(uint64_t address, void *to, size_t length)
{
	const struct iovec local = {to, length}, remote = {(void *)address, length};

	if (process_vm_readv(target, &local, 1, &remote, 1, 0) != (ssize_t)length)
		memset(to, 0, length);
}

static void write_memory(uint64_t address, const void *from, size_t length)
{
	const struct iovec local = {(void *)from, length}, remote = {(void *)address, length};

	if (process_vm_writev(target, &local, 1, &remote, 1, 0) != (ssize_t)length)
		cannot("write to the target");
}

/* The status of the next stop, or of the target's end; 0 if it runs for longer. */
static int next_stop(int seconds)
{
	const struct timespec pause = {0, 100000};
	int status = 0;

	for (int i = 0; i < seconds * 10000; i++) {
		const pid_t pid = waitpid(target, &status, __WALL | WNOHANG);

		if (pid == target)
			return status;
		if (pid < 0)
			cannot("wait for the target");
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Resumes the target up to a stop that must follow. */
static void go(long request, uintptr_t signal, int stop)
{
	int status;

	if (trace(request, 0, (void *)signal) != 0)
		cannot("resume");
	status = next_stop(START_SECONDS);
	if (status >> 8 != stop) {
		errno = status == 0 ? ETIMEDOUT : ECHILD;
		cannot("bring the target to the start of the case");
	}
}

/* Makes the target call the kernel, and returns the result. */
static uint64_t inject(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t registers[REGISTERS];

	memcpy(registers, START, sizeof(registers));
	registers[RAX] = (uint64_t)number;
	registers[RIP] = OWN;
	registers[RDI] = a;
	registers[RSI] = b;
	registers[RDX] = c;
	registers[R10] = d;
	trace(PTRACE_SETREGS, 0, registers);
	go(PTRACE_CONT, 0, SIGTRAP);
	trace(PTRACE_GETREGS, 0, registers);
	trace(PTRACE_SETREGS, 0, START);
	return registers[RAX];
}

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif

/* Unmaps this program and libc in the target: registers of the case may point there. */
static void unmap_others(void)
{
	const uint64_t end = OWN + OWN_SIZE;
	struct {
		uint64_t pointer;
		uint32_t size, signature, flags, padding;
	} rseq = {0};

	/*
	 * The kernel kills a process whose area of restartable sequences is not mapped. Before
	 * Linux 5.13 it does not show where that is: then all stays mapped.
	 */
	if (trace(PTRACE_GET_RSEQ_CONFIGURATION, sizeof(rseq), &rseq) > 0) {
		if (rseq.pointer != 0)
			inject(SYS_rseq, rseq.pointer, rseq.size, 1, rseq.signature);
	} else if (inject(SYS_rseq, 0, 0, 0, 0) != (uint64_t)-ENOSYS) {
		return;
	}
	if (inject(SYS_munmap, 0, CODE, 0, 0) != 0 ||
	    inject(SYS_munmap, end, 0x7ffffffff000 - end, 0, 0) != 0)
		cannot("unmap the rest of the target");
}

/* Allows harmless calls, whatever their arguments are. All others fail with ENOSYS. */
static void install_filter(void)
{
	static const struct sock_filter CHECKS[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		JUMP_IF(AUDIT_ARCH_X86_64, 1, 0),
		REFUSE,
		/* Functions of the vsyscall page write to the addresses in their arguments. */
		LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4),
		JUMP_IF(0xffffffff, 0, 1),
		REFUSE,
		/* The call of this program that the case begins with. */
		LOAD(offsetof(struct seccomp_data, instruction_pointer)),
		JUMP_IF(OWN + 2, 0, 1),
		ALLOW,
		LOAD(offsetof(struct seccomp_data, nr)),
	};
	static struct {
		struct sock_fprog header;
		struct sock_filter checks[COUNT(CHECKS)], harmless[COUNT(HARMLESS)];
	} filter;

	filter.header.len = COUNT(CHECKS) + COUNT(HARMLESS);
	filter.header.filter = (struct sock_filter *)(SCRATCH + sizeof(filter.header));
	memcpy(filter.checks, CHECKS, sizeof(CHECKS));
	memcpy(filter.harmless, HARMLESS, sizeof(HARMLESS));
	write_memory(SCRATCH, &filter, sizeof(filter));
	if (inject(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, SCRATCH, 0) != 0)
		cannot("install a filter");
	memset(&filter, 0, sizeof(filter));
	write_memory(SCRATCH, &filter, sizeof(filter));
}

/* Makes a target that has stopped by a signal that an instruction raised. */
static void make_target(void)
{
	const pid_t parent = getpid();

	target = fork();
	if (target < 0)
		cannot("fork");
	if (target == 0)
		run_target(parent);
	if (next_stop(START_SECONDS) >> 8 != SIGSTOP)
		cannot("start a child");
	if (trace(PTRACE_SETOPTIONS, 0, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) != 0)
		cannot("set options");
	unmap_others();
	install_filter();
	trace(PTRACE_SETREGS, 0, START);
	go(PTRACE_CONT, 0, SIGTRAP);
	trace(PTRACE_SETREGS, 0, START);
}

/* Brings the target to the stop at which the case begins. */
static void arrive(void)
{
	uint64_t registers[REGISTERS];

	if (step->enter == PTRACE_CONT)
		go(PTRACE_CONT, SIGSTOP, SIGSTOP);
	if (step->call_at == 0)
		return;
	memcpy(registers, START, sizeof(registers));
	registers[RAX] = step->call;
	registers[RIP] = step->call_at;
	trace(PTRACE_SETREGS, 0, registers);
	go(step->enter, 0, step->enter == PTRACE_SINGLESTEP ? SIGTRAP : SIGTRAP | 0x80);
	if (step->leaves)
		go(PTRACE_SYSCALL, 0, SIGTRAP | 0x80);
}

#include "write_registers.c"

/* Resumes the target, waits for its next stop, and reads its state. */
static void resume(void)
{
	uint64_t *const here = step->here;
	siginfo_t info = {0};

	here[RESUMED] = error_of(trace(step->on, 0, (void *)step->signal));
	step->reached = STATUS;
	if (here[RESUMED] != 0)
		return;
	here[STATUS] = (uint64_t)next_stop(RUN_SECONDS);
	step->reached = STOPPED;
	if ((here[STATUS] & 0xff) != 0x7f)
		return;
	trace(PTRACE_GETREGS, 0, &here[STOPPED]);
	trace(PTRACE_GETSIGINFO, 0, &info);
	here[SIGNAL] = (uint64_t)info.si_signo;
	here[SIGNAL_CODE] = (uint64_t)info.si_code;
	here[ADDRESS] = (uintptr_t)info.si_addr;
	/* Before it are the return address, uc_flags, uc_link and uc_stack. */
	read_memory(here[STOPPED + RSP] + 8 + offsetof(ucontext_t, uc_mcontext), &here[FRAME],
		    NGREG * sizeof(*here));
	step->reached = FIELDS;
}

static void compare(const struct group *group)
{
	for (uint64_t i = 0; i < group->count && group->first < step->reached; i++) {
		const uint64_t field = group->first + i;
		const uint64_t usual = group->usual ? group->usual[i] : 0;
		const struct expectation as_usual = {field, usual, usual, 0};
		const struct expectation *row = find_row(field);

		if (row || group->usual)
			compare_field(group, group->names[i], row ? row : &as_usual, !row);
	}
	end_group(group);
}

/* Tries a step. Returns whether the target is at a stop after it. */
static bool try_step(void)
{
	uint64_t *const here = step->here;

	here[REFUSED_AT] = (uint64_t)-1;
	step->write_it();
	/* A frame is read when the next handler has one. */
	if (!step->by_sigreturn)
		step->read_back();
	step->reached = RESUMED;
	if (step->on != 0 && here[ERROR] == 0)
		resume();
	if (step->by_sigreturn && step->reached == FIELDS)
		step->read_back();
	return step->reached != STOPPED;
}

int main(void)
{
	begin_report();
	make_target();
	arrive();
	/* Of a new program. */
	trace(PTRACE_POKEUSR, offsetof(struct user, u_debugreg[6]), (void *)0xffff0ff0);
	while (step < END && try_step())
		step++;
	kill(target, SIGKILL);
	for (step = steps; step < END; step++)
		for (size_t i = 0; i < step->group_count; i++)
			compare(&step->groups[i]);
	return end_report();
}
