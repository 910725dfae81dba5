// The contract between the shim and src/core/shim/: every function that the library exports. The
// shim makes system calls and has no policy. Results are a value (>= 0) or -errno. Addresses and
// 64-bit words are uint64_t. A register block is the kernel's struct of general registers (struct
// user_regs_struct on amd64), in memory of the caller. Nothing here uses libc, thread-local storage
// or a lock, so every function may be called from any thread; ptrace requests must come from the
// thread that attached.
#ifndef STUBLAB_SHIM_H
#define STUBLAB_SHIM_H

#include <stdint.h>

#define STUBLAB_SHIM_ABI 8
#define STUBLAB_EXPORT __attribute__((visibility("default")))

STUBLAB_EXPORT uint32_t stublab_shim_abi(void);

/** The tid of the calling thread: ptrace identifies a tracer by it. */
STUBLAB_EXPORT int32_t stublab_gettid(void);

/**
 * Maps the stub code at `address` (page-aligned), readable and executable, and returns its address.
 * It is mapped once per process: later calls return the address of the first. -EEXIST: the page is
 * mapped already.
 */
STUBLAB_EXPORT int64_t stublab_map_stub(uint64_t address);

/**
 * Tries to map a page at `address`, and unmaps it again. Returns 0 if the kernel can map it,
 * -EEXIST if the page is mapped already, else -ENOMEM or another errno.
 */
STUBLAB_EXPORT int64_t stublab_probe_page(uint64_t address);

/** Offset in the stub code of the system call instruction that executes injected calls. */
STUBLAB_EXPORT uint32_t stublab_stub_syscall_offset(void);
/** Offset in the stub code of the program counter between two injections: after INT3, or at BRK. */
STUBLAB_EXPORT uint32_t stublab_stub_rest_offset(void);

/**
 * The steps of a forked child before the stub code, in order. `omit` of stublab_fork has the bits
 * of the steps to leave out, and `*step` has the bit of the current step.
 */
enum stublab_child_step {
    STUBLAB_CHILD_SETSID = 1 << 0,       /* a new session: no signals from the terminal */
    STUBLAB_CHILD_DISPOSITIONS = 1 << 1, /* the default disposition for every signal */
    STUBLAB_CHILD_RSEQ = 1 << 2,         /* unregister the restartable sequences of glibc */
    STUBLAB_CHILD_UNMASK = 1 << 3,       /* unblock every signal */
    STUBLAB_CHILD_SECCOMP = 1 << 4,      /* no new privileges and the filter, if there is one */
    STUBLAB_CHILD_PARENT = 1 << 5,       /* pass the parent's pid to the stub code (omitted: 0) */
    STUBLAB_CHILD_STUB = 1 << 6,         /* enter the stub code; cannot be left out */
};

enum stublab_fork_option {
    STUBLAB_FORK_TRACED = 1 << 0,
    STUBLAB_FORK_GROUP = 1 << 1, /* the first step is setpgid: a process group, not a session */
};

/**
 * Blocks all signals, clones a child with `clone_word` (flags and exit signal), restores the mask,
 * and returns the child's pid. The child takes the steps above and enters the stub code at `stub`.
 * If a step fails, the child exits with that errno, and with SIGCHLD as its exit signal if it can.
 * `step` must be in shared memory. `filter` is an array of `filter_length` struct sock_filter; a
 * length of 0 means no filter.
 *
 * With STUBLAB_FORK_TRACED the caller becomes the child's tracer before the first step
 * (PTRACE_TRACEME). The child then stops itself twice with SIGSTOP: before its steps, when `*step`
 * still has the caller's value, and after them, when it is STUBLAB_CHILD_STUB. So every instruction
 * of the stub code can be single-stepped.
 */
STUBLAB_EXPORT int64_t stublab_fork(uint64_t clone_word, uint64_t stub, uint32_t omit,
                                    volatile uint32_t *step, const void *filter,
                                    uint32_t filter_length, uint32_t options);

/**
 * Notes that the calling thread has forked a stub that leads this process group, and gives back
 * what threads had taken that have ended: files, memory, and such groups, which it reaps. If a
 * thread is ended from outside, as by worker.terminate(), the kernel kills its stubs, and none of
 * its code is left. Of what exceeds 32768 at a time nothing is given back.
 */
STUBLAB_EXPORT void stublab_note_group(int32_t group);

/** pidfd_open(2). */
STUBLAB_EXPORT int64_t stublab_pidfd(int32_t pid);
/** Whether the process of a pidfd is known to have ended: 1 or 0, never an errno. */
STUBLAB_EXPORT int64_t stublab_has_ended(int32_t pidfd);
/** close(2): in a worker thread, fs.closeSync warns about a descriptor that fs did not open. */
STUBLAB_EXPORT int64_t stublab_close(int32_t file);

/** The system call ptrace(2). `data` is a number or an address: it depends on the request. */
STUBLAB_EXPORT int64_t stublab_ptrace(int64_t request, int32_t tid, uint64_t address, void *data);
/** Whether a thread has left its stop for its exit event: 0 or 1; -ESRCH: it is on the way there.
 */
STUBLAB_EXPORT int64_t stublab_is_at_exit(int32_t tid);

/** Reads and writes all general registers of a stopped thread: a register block. */
STUBLAB_EXPORT int64_t stublab_read_registers(int32_t tid, void *block);
STUBLAB_EXPORT int64_t stublab_write_registers(int32_t tid, const void *block);

/** Sets the signal mask of a stopped thread (PTRACE_SETSIGMASK). Returns 0 or -errno. */
STUBLAB_EXPORT int64_t stublab_set_mask(int32_t tid, uint64_t mask);
/** Adds `signals` to the signal mask of a stopped thread, and stores its previous mask. */
STUBLAB_EXPORT int64_t stublab_block(int32_t tid, uint64_t signals, uint64_t *previous);

/**
 * PTRACE_ATTACH. Unless `relative` is 0, the thread must be in the session of `relative`, else the
 * result is -ESRCH: the pid of a child that has ended may have been reused.
 */
STUBLAB_EXPORT int64_t stublab_attach(int32_t tid, int32_t relative);

/**
 * A time limit that several waits share. The caller sets `timeout` and clears `seen`. The clock
 * starts at the first wait that does not return at once, or at the first stop that is passed over.
 * Time in which the calling thread was stopped does not count.
 */
struct stublab_deadline {
    int64_t timeout; /* microseconds; 0 or less: poll once */
    int64_t left;    /* microseconds that were left at the last reading */
    int64_t seen;    /* CLOCK_MONOTONIC at that reading, in microseconds; 0: none yet */
    int64_t delay;   /* microseconds that the thread had spent on a run queue; -1: unknown */
};

/**
 * Starts or reads the clock. Returns the microseconds that are left; 0 or less: the deadline has
 * passed.
 */
STUBLAB_EXPORT int64_t stublab_time_left(struct stublab_deadline *deadline);

/** The processor time of a process, in microseconds. */
STUBLAB_EXPORT int64_t stublab_processor_time(int32_t pid);

/**
 * wait4(2) on one thread with a timeout in microseconds. Returns the tid and sets `*status`, or
 * returns 0 if nothing happened in time. A timeout of 0 polls once.
 */
STUBLAB_EXPORT int64_t stublab_wait(int32_t tid, uint32_t options, int64_t timeout,
                                    int32_t *status);
/** The same, within a deadline that other waits share. */
STUBLAB_EXPORT int64_t stublab_wait_within(int32_t tid, uint32_t options,
                                           struct stublab_deadline *deadline, int32_t *status);

/** How a thread is run, and what came of it: an injection, a turn of a ring, or a switch. */
struct stublab_run {
    struct stublab_deadline deadline; /* when it passes: -ETIMEDOUT, and the thread runs on */
    uint64_t pass_over; /* of an injection: signals that are always suppressed and passed over */
    uint64_t rest;      /* of an injection: the address just past the breakpoint */
    uint64_t xstate_length; /* of a switch: bytes of `xstate`; 0: do not transfer it */
    int32_t request;        /* of a switch: PTRACE_SYSEMU or PTRACE_SYSEMU_SINGLESTEP */
    int32_t step;           /* enum stublab_step: the last one */
    int32_t status;         /* the status word of the last wait */
    int32_t siginfo[32];    /* siginfo_t of a stop by a signal; zeros: a group-stop */
};

enum stublab_step {
    STUBLAB_STEP_SETREGS = 0,
    STUBLAB_STEP_SETREGSET = 1,
    STUBLAB_STEP_RESUME = 2,
    STUBLAB_STEP_WAIT = 3,
    STUBLAB_STEP_GETREGS = 4,
    STUBLAB_STEP_GETREGSET = 5,
    STUBLAB_STEP_GETSIGINFO = 6,
};

/** How a run ends. A negative result is -ETIMEDOUT, or the -errno of the last step. */
enum stublab_end {
    STUBLAB_END_DONE = 0,   /* the call is complete; or the guest is at a system call */
    STUBLAB_END_SIGNAL = 1, /* stopped by a signal: see `siginfo` */
    STUBLAB_END_OTHER = 2,  /* at an event or at its end: see `status` */
    STUBLAB_END_LEFT = 3,   /* of an injection: outside the stub code, as after an execve */
};

/**
 * Executes one system call in the stopped thread `tid`: writes its registers from `block`, resumes
 * it, waits for the breakpoint, and reads the registers back into `block`. The breakpoint is
 * identified by the program counter; signals from other processes are passed over.
 */
STUBLAB_EXPORT int64_t stublab_inject(int32_t tid, void *block, struct stublab_run *run);

/** Offsets in the stub code of the loop over a ring, and just past its system call instructions:
 * those of the entries, of the wake-up of the host, and of its own sleep. */
STUBLAB_EXPORT uint32_t stublab_stub_serve_offset(void);
STUBLAB_EXPORT uint32_t stublab_stub_wake_offset(void);
STUBLAB_EXPORT uint32_t stublab_stub_sleep_offset(void);

/**
 * Runs a guest in the stopped thread `tid` until its next stop: writes its general registers from
 * `block` and the rest of its state from `xstate` (see `stublab_read_xstate`), resumes it, waits,
 * and reads both back, except at STUBLAB_END_OTHER.
 */
STUBLAB_EXPORT int64_t stublab_switch(int32_t tid, void *block, void *xstate,
                                      struct stublab_run *run);

/** The second half of a switch: waits for a guest that was late and has been signaled. */
STUBLAB_EXPORT int64_t stublab_switch_wait(int32_t tid, void *block, void *xstate,
                                           struct stublab_run *run);

/**
 * Reads the state of a stopped thread beside its register block: the XSAVE area on amd64; the
 * floating-point registers and the thread pointers on arm64. Returns the number of bytes.
 */
STUBLAB_EXPORT int64_t stublab_read_xstate(int32_t tid, void *xstate, uint64_t length);
/** Writes them. Returns the number of bytes. */
STUBLAB_EXPORT int64_t stublab_write_xstate(int32_t tid, void *xstate, uint64_t length);

/**
 * Writes the XSAVE area of a new program, in the layout of a stopped thread's area. Of the
 * components of XCR0, those in `components` are marked as present (XSTATE_BV): PTRACE_SETREGSET
 * writes no others. Returns the number of bytes.
 */
STUBLAB_EXPORT int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length,
                                            uint64_t components);
/** The number of the processor on which the calling thread runs. */
STUBLAB_EXPORT int64_t stublab_getcpu(void);
/** Binds a thread to one processor. */
STUBLAB_EXPORT int64_t stublab_bind(int32_t tid, uint32_t processor);
/** sched_getaffinity(2): reads the set of processors of a thread. Returns its number of bytes. */
STUBLAB_EXPORT int64_t stublab_get_affinity(int32_t tid, void *set, uint64_t length);
/** sched_setaffinity(2). */
STUBLAB_EXPORT int64_t stublab_set_affinity(int32_t tid, const void *set, uint64_t length);

/** process_vm_readv(2) and process_vm_writev(2) of one range. They return the number of bytes that
 * were transferred, which may be fewer than `length`. */
STUBLAB_EXPORT int64_t stublab_read_memory(int32_t pid, uint64_t address, void *bytes,
                                           uint64_t length);
STUBLAB_EXPORT int64_t stublab_write_memory(int32_t pid, uint64_t address, const void *bytes,
                                            uint64_t length);

/** kill(2). */
STUBLAB_EXPORT int64_t stublab_kill(int32_t pid, int32_t signal);

/** tgkill(2). */
STUBLAB_EXPORT int64_t stublab_tgkill(int32_t tgid, int32_t tid, int32_t signal);

/** Sets the path of this library, for stublab_idle_image. Returns 0, or -ENAMETOOLONG. */
STUBLAB_EXPORT int64_t stublab_name_library(const char *path);

/**
 * Opens a program that exits with the number of its arguments, and returns its file descriptor
 * (close-on-exec). The program is a file in memory, or this library if such a file is refused.
 * Executing it resets the exit signal of a process to SIGCHLD.
 */
STUBLAB_EXPORT int64_t stublab_idle_image(void);

/** Creates a file of `length` zero bytes in memory. Returns its file descriptor (close-on-exec). */
STUBLAB_EXPORT int64_t stublab_memory_file(uint64_t length);
/**
 * Maps the first `length` bytes of a file, shared, for reading and writing; for -1 as many zero
 * bytes that forked children share. Returns the address.
 */
STUBLAB_EXPORT int64_t stublab_map_shared(int32_t file, uint64_t length);
/** Unmaps memory of the host, of which no view may be used any more. */
STUBLAB_EXPORT int64_t stublab_unmap(uint64_t address, uint64_t length);

#endif
