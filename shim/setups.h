// The contract of shim/setups.c with src/fuzz/setups.ts: register setups that are tried in batches,
// so that nothing but system calls lies between two of them.
#ifndef STUBLAB_SETUPS_H
#define STUBLAB_SETUPS_H

#include "registers.h"
#include "shim.h"

/** Where the stub is when its registers are written. */
enum stublab_from {
    STUBLAB_FROM_SIGNAL = 0, /* a stop by a signal that an instruction raised */
    STUBLAB_FROM_ENTRY = 1,  /* on the way into getpid */
    STUBLAB_FROM_EXIT = 2,   /* on the way out of it */
    STUBLAB_FROM_SYSEMU = 3, /* on the way into it, and it will not run */
    STUBLAB_FROM_GROUP = 4,  /* stopped by SIGSTOP */
};

/** The request that writes, and what `words` then has. */
enum stublab_way {
    STUBLAB_WAY_SETREGS = 0,   /* struct user_regs_struct */
    STUBLAB_WAY_SETREGSET = 1, /* the same, of which `length` bytes are given */
    STUBLAB_WAY_POKEUSER = 2,  /* `count` pairs: offset in struct user, word */
    STUBLAB_WAY_SETFPREGS = 3, /* `count` pairs: offset in struct user_fpregs_struct, word */
    STUBLAB_WAY_XSTATE = 4,    /* `count` pairs: offset in the XSAVE area, word; `length` bytes */
    STUBLAB_WAY_SYSCALL_INFO =
        5,                   /* struct ptrace_syscall_info, of which `length` bytes are given */
    STUBLAB_WAY_SIGMASK = 6, /* a signal set, of which `length` bytes are given */
    /* struct user_regs_struct, of which the stub itself takes what a signal frame holds:
     * sigreturn.h
     */
    STUBLAB_WAY_SIGRETURN = 7,
};

/** The request that resumes. */
enum stublab_on {
    STUBLAB_ON_NONE = 0, /* none: what was written is read back, and that is all */
    STUBLAB_ON_CONT = 1,
    STUBLAB_ON_SYSCALL = 2,
    STUBLAB_ON_SINGLESTEP = 3,
    STUBLAB_ON_SYSEMU = 4,
    STUBLAB_ON_SYSEMU_SINGLESTEP = 5,
};

/** What is looked at beyond the registers at the stop. */
enum stublab_wants {
    STUBLAB_WANT_WRITTEN = 1, /* what was written, also where the write succeeded */
    STUBLAB_WANT_INFO = 2,    /* PTRACE_GETSIGINFO of the stop */
    STUBLAB_WANT_FRAME = 4,   /* the registers that a signal frame at rsp has saved */
};

/** One setup, 256 bytes. */
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

/** What came of it, 656 bytes. What was not reached is as it was before. */
struct stublab_outcome {
    int32_t error;      /* errno of the write; 0: it was taken */
    int32_t refused_at; /* index of the pair at which POKEUSER failed; else -1 */
    int32_t resumed;    /* errno of the resume; 0: it was taken; -1: not tried */
    int32_t status;     /* status word of the stop, or of the end; 0 where there was none in time */
    int32_t signal;     /* siginfo: si_signo, si_code, si_addr; signal 0 where there is none */
    int32_t code;
    uint64_t address;
    uint64_t padding;
    /** Registers after the write (other ways: the words that were written, or the mask). */
    uint64_t written[STUBLAB_REGISTERS];
    /** Registers at the stop. */
    uint64_t stopped[STUBLAB_REGISTERS];
    /** struct sigcontext, without floating point; zero where there is none. */
    uint64_t frame[STUBLAB_SIGCONTEXT];
};

/** What a batch is run with. */
struct stublab_trial {
    int64_t timeout;                  /* microseconds for each stop */
    uint32_t xstate_length;           /* bytes of the XSAVE area */
    uint32_t over;                    /* out: not 0 where the thread is of no use any more */
    uint64_t call;                    /* address of a SYSCALL, with an INT3 behind it */
    uint64_t rest[STUBLAB_REGISTERS]; /* registers between two setups: RIP is at an INT3 */
    uint64_t fpregs[64];              /* floating point between two setups */
    uint8_t xstate[STUBLAB_MOST_XSTATE];
};

/**
 * Gives the stopped thread the floating point of a program's start, whatever its parent had, and
 * takes `fpregs`, `xstate` and its length from it.
 */
STUBLAB_EXPORT int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial);

/**
 * Tries setups in the thread `tid`, which is at a stop by a signal, one after the other, each from
 * the same state. Returns how many are done. Where one ended the thread it is the last, and
 * `trial->over` is 1: the thread is to be resumed from its exit stop and reaped. Where the thread
 * missed its deadline, be it on the way to a setup or from it, `over` is 3: it runs on. Where one
 * left behind what no request undoes it is the last, too, and `trial->over` is 2: the thread is at
 * a stop, but others would not begin from the same state there. -errno where a request failed that
 * cannot.
 */
STUBLAB_EXPORT int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                                   struct stublab_outcome *outcomes, uint32_t count,
                                   struct stublab_trial *trial);

#endif
