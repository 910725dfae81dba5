import type { Case } from "../../case/case.ts";
import type { Needs } from "./needs.ts";

/** Requests, waiting, and the way to where the case begins. */
export function tracer(it: Case, needs: Needs): string {
  return [
    WAITING,
    REQUESTS,
    needs.alone || needs.filter ? injection(needs) : "",
    it.from === "signal" ? "" : arrival(it),
  ].join("");
}

/** How the child is waited for. */
export const WAITING = `static pid_t child;

/* Ends the program where the case cannot be tried. */
static void cannot(const char *what) {
    fprintf(stderr, "cannot %s: %s\\n", what, strerror(errno));
    if (child > 0)
        kill(child, SIGKILL);
    exit(CANNOT);
}

/* The status at the next stop, or at the end; 0 where the child runs on. */
static int next_stop(void) {
    const struct timespec pause = {0, 100 * 1000};
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (end.tv_sec += 2;;) {
        int status = 0;
        pid_t pid = waitpid(child, &status, __WALL | WNOHANG);
        if (pid == child)
            return status;
        if (pid < 0)
            cannot("wait for the child");
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec > end.tv_nsec))
            return 0;
        nanosleep(&pause, NULL);
    }
}
`;

const REQUESTS = `
/* By its number: libc takes other types, and does not know all requests. */
static long trace(long request, uint64_t address, const void *data) {
    return syscall(SYS_ptrace, request, child, address, data);
}

/* Resumes to a stop that is sure to come. */
static void go(long request, uintptr_t signal, int stop) {
    if (trace(request, 0, (void *)signal) != 0)
        cannot("resume");
    if (next_stop() >> 8 != stop) {
        errno = ECHILD;
        cannot("bring the child to where the case begins");
    }
}

/* Brings the child to where all cases begin: a stop by a signal that an instruction raised. */
static void settle(void) {
    if (next_stop() >> 8 != SIGSTOP)
        cannot("start a child");
    if (trace(PTRACE_SETOPTIONS, 0, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) != 0)
        cannot("set options");
    trace(PTRACE_SETREGS, 0, &START);
    go(PTRACE_CONT, 0, SIGTRAP);
    trace(PTRACE_SETREGS, 0, &START);
}
`;

function injection({ alone, filter }: Needs): string {
  return `
/* Makes the child call the kernel. */
static uint64_t inject(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    struct user_regs_struct regs = START;
    regs.rax = (uint64_t)number;
    regs.rip = CALL;
    regs.rdi = a;
    regs.rsi = b;
    regs.rdx = c;
    regs.r10 = d;
    trace(PTRACE_SETREGS, 0, &regs);
    go(PTRACE_CONT, 0, SIGTRAP);
    trace(PTRACE_GETREGS, 0, &regs);
    return regs.rax;
}
${alone ? ALONE : ""}${filter ? FILTER : ""}`;
}

const ALONE = `
/* Registers point where only a program has something: all but the pages above goes. */
static void unmap_others(void) {
    struct {
        uint64_t pointer;
        uint32_t size, signature, flags, padding;
    } rseq = {0};
    /* The kernel would kill a process whose area of restartable sequences is gone. */
    if (trace(PTRACE_GET_RSEQ_CONFIGURATION, sizeof rseq, &rseq) > 0 && rseq.pointer != 0)
        inject(SYS_rseq, rseq.pointer, rseq.size, 1, rseq.signature);
    if (inject(SYS_munmap, 0, CODE, 0, 0) != 0 ||
        inject(SYS_munmap, SCRATCH + SCRATCH_SIZE, 0x7ffffffff000 - SCRATCH - SCRATCH_SIZE, 0, 0) != 0)
        cannot("unmap the rest of the child");
    trace(PTRACE_SETREGS, 0, &START);
}
`;

const FILTER = `
/* Makes it install its filter, of which nothing is left on the stack. */
static void install_filter(void) {
    static char zeros[256];
    const struct iovec none = {zeros, sizeof zeros}, stack = {(void *)SCRATCH, sizeof zeros};
    if (inject(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, SCRATCH, 0) != 0)
        cannot("install a filter");
    if (process_vm_writev(child, &none, 1, &stack, 1, 0) != sizeof zeros)
        cannot("write to the child");
    trace(PTRACE_SETREGS, 0, &START);
}
`;

const INTO_CALL = `    struct user_regs_struct regs = START;
    regs.rax = SYS_getpid;
    regs.rip = CALL;
    trace(PTRACE_SETREGS, 0, &regs);
`;

function arrival({ from }: Case): string {
  if (from === "group") {
    return `
/* The case begins while the child is stopped by SIGSTOP. */
static void arrive(void) {
    go(PTRACE_CONT, SIGSTOP, SIGSTOP);
}
`;
  }
  const where = {
    entry: "on the way into a system call",
    exit: "on the way out of a system call",
    sysemu: "on the way into a system call that will not run",
    signal: "",
  }[from];
  const go = `    go(${from === "sysemu" ? "PTRACE_SYSEMU" : "PTRACE_SYSCALL"}, 0, SIGTRAP | 0x80);\n`;
  return `
/* The case begins ${where}. */
static void arrive(void) {
${INTO_CALL}${from === "exit" ? go + go : go}}
`;
}
