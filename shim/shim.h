// The contract between the shim and src/shim.ts: every function that the library exports.
//
// The shim makes system calls and decides nothing. Results are a value (>= 0) or -errno. Addresses
// and 64-bit words are uint64_t; a register block is the 216 bytes of struct user_regs_struct, in
// whatever memory the caller keeps it. Nothing here uses libc, thread-local storage or a lock, so
// every function may be called from any thread; ptrace requests belong to the thread that attached.
#ifndef STUBLAB_SHIM_H
#define STUBLAB_SHIM_H

#include <stdint.h>

#define STUBLAB_SHIM_ABI 5
#define STUBLAB_EXPORT __attribute__((visibility("default")))

STUBLAB_EXPORT uint32_t stublab_shim_abi(void);

/** The calling thread's id, as ptrace knows its tracers. */
STUBLAB_EXPORT int32_t stublab_gettid(void);

/**
 * Maps the stub code at `address` (page-aligned), read and execute, displacing nothing. It is
 * mapped once in a process: later calls return where it lies. -EEXIST: something is there already.
 */
STUBLAB_EXPORT int64_t stublab_map_stub(uint64_t address);

/**
 * Whether the kernel maps a page at `address`, which it unmaps again: 0; -EEXIST if one is mapped
 * there; -ENOMEM or another errno if it does not.
 */
STUBLAB_EXPORT int64_t stublab_probe_page(uint64_t address);

/** Offset in the stub code of the SYSCALL that executes injected calls; INT3 lies 8 bytes further
 * on. */
STUBLAB_EXPORT uint32_t stublab_stub_syscall_offset(void);
/** Offset in the stub code just past its INT3: where RIP rests between two injected calls. */
STUBLAB_EXPORT uint32_t stublab_stub_rest_offset(void);

/** Maps `length` zero bytes that a forked child shares with the caller; returns their address. */
STUBLAB_EXPORT int64_t stublab_map_shared(uint64_t length);

/**
 * The steps of a forked child before the stub code, in order. `omit` of stublab_fork leaves out
 * each whose bit is set, and `*step` holds the bit of the one that is under way.
 */
enum stublab_child_step {
    STUBLAB_CHILD_SETSID = 1 << 0,       /* a session of its own: no signals of the terminal */
    STUBLAB_CHILD_DISPOSITIONS = 1 << 1, /* every signal to its default disposition */
    STUBLAB_CHILD_RSEQ = 1 << 2,         /* unregister the restartable sequences of glibc */
    STUBLAB_CHILD_UNMASK = 1 << 3,       /* unblock every signal */
    STUBLAB_CHILD_SECCOMP = 1 << 4,      /* the filter, if there is one, and no new privileges */
    STUBLAB_CHILD_PARENT = 1 << 5,       /* R15 = the parent's pid (0 when left out) */
    STUBLAB_CHILD_STUB = 1 << 6,         /* the stub code; it cannot be left out */
};

/**
 * Blocks all signals, clones a child with `clone_word` (flags and exit signal), restores the mask,
 * and returns the child's pid. The child does the steps above and enters the stub code at `stub`;
 * where a step fails it exits with that errno, and with SIGCHLD as its exit signal. `step` must lie
 * in shared memory. `filter` is an array of `filter_length` struct sock_filter; 0 for none.
 *
 * With `traced` the caller is the child's tracer from its first step on (PTRACE_TRACEME). The child
 * then stops itself twice with SIGSTOP: before its steps, while `*step` is still the caller's, and
 * after them, when it is STUBLAB_CHILD_STUB, so that every instruction of the stub code can be
 * stepped.
 */
STUBLAB_EXPORT int64_t stublab_fork(uint64_t clone_word, uint64_t stub, uint32_t omit,
                                    volatile uint32_t *step, const void *filter,
                                    uint32_t filter_length, uint32_t traced);

/** ptrace(2) as the kernel has it. `data` is a number or an address, as the request wants. */
STUBLAB_EXPORT int64_t stublab_ptrace(int64_t request, int32_t tid, uint64_t address, void *data);

/** Sets the signal mask of a stopped thread (PTRACE_SETSIGMASK). */
STUBLAB_EXPORT int64_t stublab_set_mask(int32_t tid, uint64_t mask);
/** Blocks further signals in a stopped thread, and stores its previous mask. */
STUBLAB_EXPORT int64_t stublab_block(int32_t tid, uint64_t signals, uint64_t *previous);

/**
 * PTRACE_ATTACH. Unless `relative` is 0, the thread must be in the same session as that one, or it
 * is -ESRCH: what has the pid of a child that has ended is another's process.
 */
STUBLAB_EXPORT int64_t stublab_attach(int32_t tid, int32_t relative);

/**
 * A time limit that several waits share. The caller sets `timeout` and clears `seen`; the clock
 * starts with the first wait that finds nothing at once, or the first stop that is passed over.
 * Time in which the calling thread itself was stopped does not count.
 */
struct stublab_deadline {
    int64_t timeout; /* microseconds; 0 or less: ask once, and do not wait */
    int64_t left;    /* of those, when the clock was last read */
    int64_t seen;    /* CLOCK_MONOTONIC in microseconds at that time; 0: not yet */
    int64_t delay;   /* microseconds that the thread had spent on a run queue; -1: not known */
};

/**
 * Reads the clock, or starts it: the microseconds that are left, 0 or fewer when the time is over.
 */
STUBLAB_EXPORT int64_t stublab_time_left(struct stublab_deadline *deadline);

/**
 * wait4(2) on one thread with a timeout in microseconds: the tid and `*status`, or 0 if nothing
 * happened in time. A timeout of 0 asks once.
 */
STUBLAB_EXPORT int64_t stublab_wait(int32_t tid, uint32_t options, int64_t timeout,
                                    int32_t *status);
/** The same within a deadline that other waits share. */
STUBLAB_EXPORT int64_t stublab_wait_within(int32_t tid, uint32_t options,
                                           struct stublab_deadline *deadline, int32_t *status);

/** Arguments and results of an injection. */
struct stublab_injection {
    uint64_t pass_over; /* signals whose stops are always resumed, without the signal */
    uint64_t rest;      /* where RIP is after the INT3 of the stub code */
    struct stublab_deadline deadline; /* until -ETIMEDOUT; the thread then runs on */
    int32_t step;                     /* enum stublab_inject_step: what was under way at the end */
    int32_t status;                   /* the status word of the last wait */
};

enum stublab_inject_step {
    STUBLAB_INJECT_SETREGS = 0,
    STUBLAB_INJECT_CONT = 1,
    STUBLAB_INJECT_WAIT = 2,
    STUBLAB_INJECT_GETREGS = 3,
};

enum stublab_inject_end {
    STUBLAB_INJECT_RESTS = 0,   /* at the INT3; `block` has the registers */
    STUBLAB_INJECT_STOPPED = 1, /* at another stop, or ended: `status` says which */
    STUBLAB_INJECT_LEFT = 2, /* outside the stub code, as after execve; `block` has the registers */
};

/**
 * Executes one system call in the stopped thread `tid`: sets `block`, resumes, waits for the INT3,
 * and reads the registers back to `block`. The INT3 is known by RIP: a SIGTRAP or another signal
 * that somebody sends is passed over. Returns an enum stublab_inject_end, or the -errno of
 * `injection->step`.
 */
STUBLAB_EXPORT int64_t stublab_inject(int32_t tid, void *block,
                                      struct stublab_injection *injection);

/** Arguments and results of a switch. */
struct stublab_switch {
    struct stublab_deadline deadline; /* until -ETIMEDOUT; the guest then runs on */
    uint64_t xstate_length;           /* bytes of the XSAVE area; 0 to leave floating point alone */
    int32_t request;                  /* PTRACE_SYSEMU or PTRACE_SYSEMU_SINGLESTEP */
    int32_t step;                     /* enum stublab_switch_step: what was under way at the end */
    int32_t status;                   /* the status word of the last wait */
    int32_t padding;
    int32_t siginfo[32]; /* of a stop by a signal */
};

enum stublab_switch_step {
    STUBLAB_SWITCH_SETREGS = 0,
    STUBLAB_SWITCH_SETREGSET = 1,
    STUBLAB_SWITCH_RESUME = 2,
    STUBLAB_SWITCH_WAIT = 3,
    STUBLAB_SWITCH_GETREGS = 4,
    STUBLAB_SWITCH_GETREGSET = 5,
    STUBLAB_SWITCH_GETSIGINFO = 6,
};

/**
 * Runs a guest in the stopped thread `tid` until its next stop: sets `block` and `xstate`, resumes,
 * waits, and reads both back. Returns 0 at a system call stop; 1 at a stop by a signal, with its
 * siginfo; 2 at any other stop or end, with nothing read; -ETIMEDOUT; else the -errno of `step`.
 */
STUBLAB_EXPORT int64_t stublab_switch(int32_t tid, void *block, void *xstate,
                                      struct stublab_switch *exchange);

/** Waits for a guest that missed its deadline and was told to stop, like the second half of a
 * switch. */
STUBLAB_EXPORT int64_t stublab_switch_wait(int32_t tid, void *block, void *xstate,
                                           struct stublab_switch *exchange);

/** The XSAVE area of a stopped thread: the number of bytes, at most `length`. */
STUBLAB_EXPORT int64_t stublab_read_xstate(int32_t tid, void *xstate, uint64_t length);
/**
 * The XSAVE area of a program's start, in the layout of a stopped thread's: every component of XCR0
 * is present, except AMX tiles. The number of bytes.
 */
STUBLAB_EXPORT int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length);

/** The processor that the calling thread runs on. */
STUBLAB_EXPORT int64_t stublab_getcpu(void);
/** Binds a thread to one processor (sched_setaffinity(2)). */
STUBLAB_EXPORT int64_t stublab_bind(int32_t tid, uint32_t processor);

/** process_vm_readv(2) and process_vm_writev(2) of one range; the number of bytes moved, maybe
 * fewer. */
STUBLAB_EXPORT int64_t stublab_read_memory(int32_t pid, uint64_t address, void *bytes,
                                           uint64_t length);
STUBLAB_EXPORT int64_t stublab_write_memory(int32_t pid, uint64_t address, const void *bytes,
                                            uint64_t length);

/** tgkill(2). */
STUBLAB_EXPORT int64_t stublab_tgkill(int32_t tgid, int32_t tid, int32_t signal);

/** Says at which path this library lies, once it is loaded. */
STUBLAB_EXPORT int64_t stublab_name_library(const char *path);

/**
 * A new file descriptor (close-on-exec) of a program that exits with the number of its arguments:
 * a file in memory, or else this library, which is such a program as well. Whatever executes it has
 * SIGCHLD as exit signal from then on.
 */
STUBLAB_EXPORT int64_t stublab_idle_image(void);

/** A RLIMIT_* and its value, soft and hard, unless the hard limit is lower already. */
struct stublab_limit {
    uint64_t resource;
    uint64_t value;
};

/** What a program with foreign code starts with. */
struct stublab_start {
    uint64_t namespaces; /* CLONE_NEW* */
    const char *program;
    const char *const *arguments; /* both end with a null pointer */
    const char *const *environment;
    const int32_t *files; /* become 0, 1, 2, ...; no other file is open in the program */
    const struct stublab_limit *limits;
    uint32_t file_count;
    uint32_t limit_count;
    uint32_t options; /* STUBLAB_START_SHUT: no terminal, no file or device to write to */
};

enum { STUBLAB_START_SHUT = 1, STUBLAB_START_CHANNEL = 3 };

/** The steps of a start, in order. */
enum stublab_start_step {
    STUBLAB_START_FILES = 0,
    STUBLAB_START_GO = 1,
    STUBLAB_START_SESSION = 2,
    STUBLAB_START_PROC = 3,
    STUBLAB_START_MOUNTS = 4,
    STUBLAB_START_CAPABILITIES = 5,
    STUBLAB_START_CLONE = 6,
    STUBLAB_START_LIMITS = 7,
    STUBLAB_START_LANDLOCK = 8,
    STUBLAB_START_PROGRAM = 9,
};

/** What became of a start; it lies in shared memory. */
struct stublab_fate {
    int32_t step;   /* enum stublab_start_step: the last that was begun */
    int32_t error;  /* its errno, if it failed */
    int32_t status; /* the status word of the program's end; -1 before */
};

/**
 * Starts a program in namespaces of its own, with at most the capability to read files, and with a
 * process above it that ends it with the caller's thread, and everything in its pid namespace with
 * it. Returns the pid of that process. It waits for a byte on file STUBLAB_START_CHANNEL: the
 * caller maps the ids of a new user namespace before it writes one.
 */
STUBLAB_EXPORT int64_t stublab_start(const struct stublab_start *start,
                                     volatile struct stublab_fate *fate);

/** socketpair(2) of two streams, close-on-exec. */
STUBLAB_EXPORT int64_t stublab_socket_pair(int32_t *files);

/**
 * From now on the calling process, with all its threads, makes no process, executes no program,
 * opens no socket and touches no other process: such calls fail with EPERM.
 */
STUBLAB_EXPORT int64_t stublab_confine(void);

/** A new file descriptor (close-on-exec) of `length` zero bytes that lie in memory only. */
STUBLAB_EXPORT int64_t stublab_memory_file(uint64_t length);
/** Maps the first `length` bytes of a file, to be read and written; returns their address. */
STUBLAB_EXPORT int64_t stublab_map_file(int32_t file, uint64_t length);

/** Locks a file for this process as long as it has it open (flock(2)). -EAGAIN: another has. */
STUBLAB_EXPORT int64_t stublab_lock_file(int32_t file);

#endif
