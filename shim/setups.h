// The contract of shim/setups.c with src/fuzz/case/setups.ts: register setups are tried in batches,
// so that there are only system calls between two of them.
#ifndef STUBLAB_SETUPS_H
#define STUBLAB_SETUPS_H

#include "registers.h"
#include "shim.h"

/** The stop at which the registers are written. */
enum stublab_from {
    STUBLAB_FROM_SIGNAL = 0, /* a stop by a signal that an instruction raised */
    STUBLAB_FROM_ENTRY = 1,  /* on the way into getpid */
    STUBLAB_FROM_EXIT = 2,   /* on the way out of it */
    STUBLAB_FROM_SYSEMU = 3, /* on the way into it; it will not be executed */
    STUBLAB_FROM_GROUP = 4,  /* stopped by SIGSTOP */
};

/** The request that writes, and the content of `words`. */
enum stublab_way {
    STUBLAB_WAY_SETREGS = 0,   /* struct user_regs_struct */
    STUBLAB_WAY_SETREGSET = 1, /* its first `length` bytes */
    STUBLAB_WAY_POKEUSER = 2,  /* `count` pairs: offset in struct user, word */
    STUBLAB_WAY_SETFPREGS = 3, /* `count` pairs: offset in struct user_fpregs_struct, word */
    STUBLAB_WAY_XSTATE = 4,    /* `count` pairs: offset in the XSAVE area, word; `length` bytes */
    STUBLAB_WAY_SYSCALL_INFO = 5, /* the first `length` bytes of struct ptrace_syscall_info */
    STUBLAB_WAY_SIGMASK = 6,      /* the first `length` bytes of a signal set */
    /* struct user_regs_struct; the stub itself takes the registers that a signal frame has
     * (sigreturn.h)
     */
    STUBLAB_WAY_SIGRETURN = 7,
};

/** The request that resumes. */
enum stublab_on {
    STUBLAB_ON_NONE = 0, /* no request: the setup is only written and read back */
    STUBLAB_ON_CONT = 1,
    STUBLAB_ON_SYSCALL = 2,
    STUBLAB_ON_SINGLESTEP = 3,
    STUBLAB_ON_SYSEMU = 4,
    STUBLAB_ON_SYSEMU_SINGLESTEP = 5,
};

/** What is read in addition to the registers at the stop. */
enum stublab_wants {
    STUBLAB_WANT_WRITTEN = 1, /* the registers after the write, even if it succeeded */
    STUBLAB_WANT_INFO = 2,    /* PTRACE_GETSIGINFO of the stop */
    STUBLAB_WANT_FRAME = 4,   /* the registers in the signal frame on the stack */
};

/** One setup: 256 bytes on amd64. */
struct stublab_setup {
    uint8_t from;
    uint8_t way;
    uint8_t on;
    uint8_t wants;
    uint32_t length;
    uint32_t count;
    uint32_t signal;   /* to resume with */
    uint32_t uc_flags; /* rt_sigreturn: of the frame */
    uint32_t
        fpstate; /* rt_sigreturn: 0: the frame has no floating point; 1: that of the last stop */
    uint64_t padding[2];
    uint64_t words[STUBLAB_REGISTERS];
};

/** The outcome of a setup: 656 bytes on amd64. Members after a failed step stay unchanged. */
struct stublab_outcome {
    int32_t error;      /* errno of the write; 0: it succeeded */
    int32_t refused_at; /* index of the pair at which POKEUSER failed; else -1 */
    int32_t resumed;    /* errno of the resume; 0: it succeeded; -1: not tried */
    int32_t status;     /* status word of the stop or end; 0: none in time */
    int32_t signal;     /* si_signo, si_code and si_addr; signal 0: no siginfo */
    int32_t code;
    uint64_t address;
    uint64_t padding;
    /** Registers after the write; for ways that write others, the written words or the mask. */
    uint64_t written[STUBLAB_REGISTERS];
    /** Registers at the stop. */
    uint64_t stopped[STUBLAB_REGISTERS];
    /** struct sigcontext without floating point; zeros if there is no frame. */
    uint64_t frame[STUBLAB_SIGCONTEXT];
};

/** The parameters of a batch. */
struct stublab_trial {
    int64_t timeout;                  /* microseconds for each stop */
    uint32_t xstate_length;           /* bytes of the XSAVE area */
    uint32_t over;                    /* result: why the batch ended early, else 0 */
    uint64_t call;                    /* address of a system call instruction before a breakpoint */
    uint64_t rest[STUBLAB_REGISTERS]; /* registers between two setups: at a breakpoint */
    uint64_t fpregs[64];              /* floating point between two setups */
    uint8_t xstate[STUBLAB_MOST_XSTATE];
};

/**
 * Gives the stopped thread the floating-point state of a new program, and reads `fpregs`, `xstate`
 * and `xstate_length`. Returns 0 or -errno.
 */
STUBLAB_EXPORT int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial);

/**
 * Tries setups one after the other in the thread `tid`, which is at a stop by a signal, each from
 * the same state. Returns the number of setups that were tried. The batch ends early, and
 * `trial->over` says why: 1: the setup ended the thread, which must be resumed from its exit stop
 * and reaped; 2: the setup left something that no request can undo: the thread is at a stop, but
 * another setup would start from another state; 3: the thread missed its deadline before or after
 * the setup, and still runs. Returns -errno if another request fails.
 */
STUBLAB_EXPORT int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                                   struct stublab_outcome *outcomes, uint32_t count,
                                   struct stublab_trial *trial);

#endif
