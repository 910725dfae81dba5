#include "setups.h"
#include "syscall.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <stddef.h>

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

/** orig_rax where no system call is under way. */
static const uint64_t NO_CALL = ~(uint64_t)0;

/** A signal frame: the return address, then uc_flags, uc_link and uc_stack before the registers. */
enum { FRAME_REGISTERS = 8 + 40 };

/** offsetof(struct user, u_debugreg). */
enum { DEBUG_REGISTERS = 848, DEBUG_STATUS = 6 * 8, DEBUG_CONTROL = 7 * 8 };

/** What PTRACE_O_TRACESYSGOOD makes of the stops of system calls. */
enum { SYSCALL_STOP = SIGTRAP | 0x80 };

/**
 * How often a setup is tried, or approached, while signals of others get in its way, and how many
 * of these are passed over in a row.
 */
enum { MOST_TRIES = 16, MOST_STOPS = 1000 };

enum { TRAP_FLAG = 0x100 };

/** The bit of eflags that a program can set by POPF, and no request can clear. */
enum { ID_FLAG = 0x200000 };

/**
 * What a thread is over with: it ended; it is left with what no request undoes; or it missed its
 * deadline, and runs on.
 */
enum { OVER = 1, SPOILED = 2, RUNS_ON = 3 };

static int64_t set_registers_of(int32_t tid, uint64_t type, const void *bytes, uint64_t length) {
    struct iovec vector = {(void *)bytes, length};
    return stublab_ptrace(PTRACE_SETREGSET, tid, type, &vector);
}

/** The beginning of a siginfo_t, which is 128 bytes. */
struct signal_info {
    int32_t signal, error, code, padding;
    uint64_t address;
    uint64_t rest[13];
};

static int64_t get_signal_info(int32_t tid, struct signal_info *info) {
    return stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, info);
}

/** Whether somebody sent a signal: the kernel's own have an si_code above 0. */
static int is_sent(int32_t signal, int32_t code) {
    return signal != 0 && code <= 0;
}

static int is_stop(int32_t status) {
    return (status & 0xff) == 0x7f;
}

/** Resumes, and waits: 0 and a status; OVER or RUNS_ON; or -errno of the request. */
static int64_t resume(int32_t tid, int64_t request, uint64_t signal, const struct watch *watch,
                      int32_t *status) {
    int64_t result = stublab_ptrace(request, tid, 0, (void *)signal);
    if (result < 0)
        return result;
    *status = 0;
    result = wait_watched(tid, __WALL, watch, status);
    if (result <= 0)
        return result < 0 ? result : RUNS_ON;
    if (is_stop(*status) && *status >> 16 != PTRACE_EVENT_EXIT)
        return 0;
    if (is_stop(*status)) {
        uint64_t message = 0;
        stublab_ptrace(PTRACE_GETEVENTMSG, tid, 0, &message);
        *status = (int32_t)message;
    }
    return OVER;
}

/**
 * Brings the thread back to a stop by a signal, with the registers of rest. Signals that are
 * pending come first, a SIGTRAP among them: only one with RIP behind the INT3 is of that.
 */
static int64_t settle(int32_t tid, const struct stublab_trial *trial, const struct watch *watch) {
    int32_t status = 0;
    uint64_t block[STUBLAB_REGISTERS];
    int64_t result = 0;
    int stops = 0;
    do {
        if (stops++ == MOST_STOPS)
            return -EPROTO;
        result = set_registers(tid, trial->rest);
        if (result == 0)
            result = resume(tid, PTRACE_CONT, 0, watch, &status);
        if (result == 0)
            result = get_registers(tid, block);
    } while (result == 0 && (status >> 8 != SIGTRAP || block[REG_RIP] != trial->rest[REG_RIP] + 1));
    return result;
}

/** Brings the thread from a stop by a signal towards where a setup begins. */
static int64_t approach(int32_t tid, unsigned int from, const struct stublab_trial *trial,
                        const struct watch *watch, int32_t *status) {
    uint64_t block[STUBLAB_REGISTERS];
    for (int i = 0; i < STUBLAB_REGISTERS; i++)
        block[i] = trial->rest[i];
    if (from != STUBLAB_FROM_GROUP) {
        block[REG_RAX] = __NR_getpid;
        block[REG_RIP] = trial->call;
    }
    int64_t result = set_registers(tid, block);
    if (result < 0)
        return result;
    if (from == STUBLAB_FROM_GROUP)
        return resume(tid, PTRACE_CONT, SIGSTOP, watch, status);
    if (from == STUBLAB_FROM_SYSEMU)
        return resume(tid, PTRACE_SYSEMU, 0, watch, status);
    result = resume(tid, PTRACE_SYSCALL, 0, watch, status);
    if (result != 0 || from == STUBLAB_FROM_ENTRY || *status >> 8 != SYSCALL_STOP)
        return result;
    return resume(tid, PTRACE_SYSCALL, 0, watch, status);
}

/** Whether a stop is where a setup begins. A SIGSTOP that somebody sent is not a group-stop. */
static int has_arrived(int32_t tid, unsigned int from, int32_t status) {
    if (from != STUBLAB_FROM_GROUP)
        return status >> 8 == SYSCALL_STOP;
    struct signal_info info = {0};
    return status >> 8 == SIGSTOP &&
           (get_signal_info(tid, &info) < 0 || !is_sent(info.signal, info.code));
}

/** The same until it is there, whatever signals others send meanwhile. */
static int64_t arrive(int32_t tid, unsigned int from, const struct stublab_trial *trial,
                      const struct watch *watch) {
    int32_t status = 0;
    if (from == STUBLAB_FROM_SIGNAL)
        return 0;
    int64_t result = approach(tid, from, trial, watch, &status);
    for (int tries = 1; result == 0 && !has_arrived(tid, from, status); tries++) {
        if (tries == MOST_TRIES)
            return -EPROTO;
        result = settle(tid, trial, watch);
        if (result == 0)
            result = approach(tid, from, trial, watch, &status);
    }
    return result;
}

/** Puts pairs into a copy of an area; a pair that does not lie in it is passed over. */
static void put_pairs(const struct stublab_setup *setup, const uint8_t *area, uint8_t *copy,
                      uint64_t length) {
    for (uint64_t i = 0; i < length; i++)
        copy[i] = area[i];
    for (uint64_t i = 0; i < setup->count; i++) {
        uint64_t offset = setup->words[2 * i];
        const uint8_t *word = (const uint8_t *)&setup->words[2 * i + 1];
        for (uint64_t j = 0; j < 8 && offset < length && offset + j < length; j++)
            copy[offset + j] = word[j];
    }
}

/** Takes the words at the pairs' offsets. */
static void take_pairs(const struct stublab_setup *setup, const uint8_t *area, uint64_t length,
                       uint64_t *words) {
    for (uint64_t i = 0; i < setup->count; i++) {
        uint64_t offset = setup->words[2 * i];
        uint8_t *word = (uint8_t *)&words[i];
        for (uint64_t j = 0; j < 8; j++)
            word[j] = offset < length && offset + j < length ? area[offset + j] : 0;
    }
}

static int64_t poke_user(int32_t tid, const struct stublab_setup *setup,
                         struct stublab_outcome *outcome) {
    for (uint64_t i = 0; i < setup->count; i++) {
        int64_t result = stublab_ptrace(PTRACE_POKEUSR, tid, setup->words[2 * i],
                                        (void *)setup->words[2 * i + 1]);
        if (result < 0) {
            outcome->refused_at = (int32_t)i;
            return result;
        }
    }
    return 0;
}

static int64_t set_floating_point(int32_t tid, const struct stublab_setup *setup,
                                  const struct stublab_trial *trial,
                                  struct stublab_outcome *outcome) {
    _Alignas(64) uint8_t area[STUBLAB_MOST_XSTATE];
    if (setup->way == STUBLAB_WAY_SETFPREGS) {
        put_pairs(setup, (const uint8_t *)trial->fpregs, area, sizeof trial->fpregs);
        int64_t result = stublab_ptrace(PTRACE_SETFPREGS, tid, 0, area);
        stublab_ptrace(PTRACE_GETFPREGS, tid, 0, area);
        take_pairs(setup, area, sizeof trial->fpregs, outcome->written);
        return result;
    }
    put_pairs(setup, trial->xstate, area, trial->xstate_length);
    int64_t result = set_registers_of(tid, EXTENDED_STATE, area, setup->length);
    struct iovec vector = {area, trial->xstate_length};
    stublab_ptrace(PTRACE_GETREGSET, tid, EXTENDED_STATE, &vector);
    take_pairs(setup, area, trial->xstate_length, outcome->written);
    return result;
}

static int64_t set_mask(int32_t tid, const struct stublab_setup *setup,
                        struct stublab_outcome *outcome) {
    int64_t result =
        stublab_ptrace(PTRACE_SETSIGMASK, tid, setup->length, (void *)&setup->words[0]);
    stublab_ptrace(PTRACE_GETSIGMASK, tid, sizeof outcome->written[0], &outcome->written[0]);
    return result;
}

/** Whether a way writes general registers, which are then read back as a whole. */
static int writes_registers(unsigned int way) {
    return way <= STUBLAB_WAY_POKEUSER || way == STUBLAB_WAY_SYSCALL_INFO;
}

static int64_t write(int32_t tid, const struct stublab_setup *setup,
                     const struct stublab_trial *trial, struct stublab_outcome *outcome) {
    switch (setup->way) {
    case STUBLAB_WAY_SETREGS:
        return set_registers(tid, setup->words);
    case STUBLAB_WAY_SETREGSET:
        return set_registers_of(tid, NT_PRSTATUS, setup->words, setup->length);
    case STUBLAB_WAY_POKEUSER:
        return poke_user(tid, setup, outcome);
    case STUBLAB_WAY_SYSCALL_INFO:
        return stublab_ptrace(PTRACE_SET_SYSCALL_INFO, tid, setup->length, (void *)setup->words);
    case STUBLAB_WAY_SIGMASK:
        return set_mask(tid, setup, outcome);
    default:
        return set_floating_point(tid, setup, trial, outcome);
    }
}

/**
 * Writes, and reads back. What a refused write leaves depends on what was there before, so that is
 * made to be the registers of rest; where a stop is made for each setup, they are there already. A
 * thread that is lost has refused nothing: -ESRCH is no errno of a setup.
 */
static int64_t write_and_read(int32_t tid, const struct stublab_setup *setup,
                              const struct stublab_trial *trial, struct stublab_outcome *outcome) {
    // Whatever does not give all words builds on those that are there.
    const int whole = setup->way == STUBLAB_WAY_SETREGS;
    if (!whole && setup->from == STUBLAB_FROM_SIGNAL)
        set_registers(tid, trial->rest);
    int64_t result = write(tid, setup, trial, outcome);
    if (result < 0 && whole && setup->from == STUBLAB_FROM_SIGNAL) {
        set_registers(tid, trial->rest);
        result = write(tid, setup, trial, outcome);
    }
    if (result == -ESRCH)
        return result;
    outcome->error = (int32_t)-result;
    if (!writes_registers(setup->way) || (result == 0 && !(setup->wants & STUBLAB_WANT_WRITTEN)))
        return 0;
    return get_registers(tid, outcome->written);
}

/** Undoes what no SETREGS undoes. */
static void restore(int32_t tid, const struct stublab_setup *setup,
                    const struct stublab_trial *trial) {
    const uint64_t none = 0;
    if (setup->way == STUBLAB_WAY_SIGMASK)
        stublab_ptrace(PTRACE_SETSIGMASK, tid, sizeof none, (void *)&none);
    if (setup->way == STUBLAB_WAY_SETFPREGS || setup->way == STUBLAB_WAY_XSTATE)
        set_registers_of(tid, EXTENDED_STATE, trial->xstate, trial->xstate_length);
}

/**
 * Reads the registers that a signal frame at RSP has saved; 0 each if no frame can be read there.
 * Some containers forbid process_vm_readv, but no tracer is refused PTRACE_PEEKDATA.
 */
static int64_t read_frame(int32_t tid, struct stublab_outcome *outcome) {
    const uint64_t at = outcome->stopped[REG_RSP] + FRAME_REGISTERS;
    int64_t result = stublab_read_memory(tid, at, outcome->frame, sizeof outcome->frame);
    if (result == sizeof outcome->frame)
        return 0;
    const int forbidden = result == -EPERM || result == -ENOSYS;
    for (uint64_t i = 0; forbidden && i < STUBLAB_SIGCONTEXT; i++) {
        result = stublab_ptrace(PTRACE_PEEKDATA, tid, at + 8 * i, &outcome->frame[i]);
        if (result == -ESRCH)
            return result;
        if (result < 0)
            break;
    }
    if (!forbidden || result < 0)
        for (int i = 0; i < STUBLAB_SIGCONTEXT; i++)
            outcome->frame[i] = 0;
    return 0;
}

/** What the stop has to tell. */
static int64_t look(int32_t tid, const struct stublab_setup *setup,
                    struct stublab_outcome *outcome) {
    int64_t result = get_registers(tid, outcome->stopped);
    if (result < 0)
        return result;
    struct signal_info info = {0};
    if ((setup->wants & STUBLAB_WANT_INFO) && get_signal_info(tid, &info) == 0) {
        outcome->signal = info.signal;
        outcome->code = info.code;
        outcome->address = info.address;
    }
    return setup->wants & STUBLAB_WANT_FRAME ? read_frame(tid, outcome) : 0;
}

static const int64_t REQUESTS[] = {
    [STUBLAB_ON_CONT] = PTRACE_CONT,
    [STUBLAB_ON_SYSCALL] = PTRACE_SYSCALL,
    [STUBLAB_ON_SINGLESTEP] = PTRACE_SINGLESTEP,
    [STUBLAB_ON_SYSEMU] = PTRACE_SYSEMU,
    [STUBLAB_ON_SYSEMU_SINGLESTEP] = PTRACE_SYSEMU_SINGLESTEP,
};

/**
 * Whether the stop after a setup is one that the next can begin at: by a signal that is about to be
 * delivered, with nothing left behind. A stop signal may have stopped the process instead. A signal
 * that came with the resume may be pending, or its handler just be entered, if the stop has another
 * reason; and the kernel takes the trap flag of a thread that is stepped for its own or for the
 * thread's, as it was in the step before.
 */
static int is_clean(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const int signal = outcome->status >> 8;
    const int steps =
        setup->on == STUBLAB_ON_SINGLESTEP || setup->on == STUBLAB_ON_SYSEMU_SINGLESTEP;
    if (signal < 1 || signal > 64 || (signal >= SIGSTOP && signal <= SIGTTOU))
        return 0;
    if (setup->way == STUBLAB_WAY_SIGMASK)
        return 0;
    if (setup->signal != 0 && (steps || setup->from != STUBLAB_FROM_SIGNAL))
        return 0;
    // A step may end on the way out of a system call, also one whose number was -1: SYSCALL has put
    // RIP into RCX. From there the thread may return by another instruction than from a trap.
    const int from_call = setup->from == STUBLAB_FROM_ENTRY || setup->from == STUBLAB_FROM_EXIT ||
                          setup->from == STUBLAB_FROM_SYSEMU;
    if (steps && (from_call || outcome->stopped[REG_RCX] == outcome->stopped[REG_RIP]))
        return 0;
    // A step over a POPF, which only the stub code has, ends without the trap flag, and yet with
    // the kernel's note that it is the thread's own.
    if (steps && outcome->stopped[REG_RIP] >> 32 != 0)
        return 0;
    // Within a system call the kernel still has its kind in mind, of which restarts depend.
    return outcome->stopped[REG_ORIG_RAX] == NO_CALL &&
           !(steps && (outcome->stopped[REG_EFLAGS] & TRAP_FLAG));
}

/** Whether a write that nothing came after has left the trap flag: is_clean() says why that
 * matters. */
static int left_trap_flag(const struct stublab_setup *setup,
                          const struct stublab_outcome *outcome) {
    const int was_read = outcome->error != 0 || (setup->wants & STUBLAB_WANT_WRITTEN);
    if (!writes_registers(setup->way))
        return 0;
    return ((was_read ? outcome->written : setup->words)[REG_EFLAGS] & TRAP_FLAG) != 0;
}

/**
 * Whether pokes set the trap flag, which the last of them need not leave: then it counts whether
 * the thread has been stepped to where it is.
 */
static int pokes_trap_flag(const struct stublab_setup *setup) {
    for (uint64_t i = 0; setup->way == STUBLAB_WAY_POKEUSER && i < setup->count; i++) {
        if (setup->words[2 * i] == 8ULL * REG_EFLAGS && (setup->words[2 * i + 1] & TRAP_FLAG))
            return 1;
    }
    return 0;
}

/**
 * Whether pokes may have made a breakpoint. Once a thread has had one, the kernel looks at what is
 * poked to its debug registers otherwise, though it be taken away.
 */
static int pokes_breakpoint(const struct stublab_setup *setup) {
    for (uint64_t i = 0; setup->way == STUBLAB_WAY_POKEUSER && i < setup->count; i++) {
        const uint64_t offset = setup->words[2 * i] - DEBUG_REGISTERS;
        if (offset < DEBUG_STATUS && offset / 8 != 4 && offset / 8 != 5)
            return 1;
        if (offset >= DEBUG_CONTROL && offset < DEBUG_CONTROL + 8)
            return 1;
    }
    return 0;
}

/** Whether a stub is left with what no request undoes. */
static int is_spoiled(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return pokes_breakpoint(setup) ||
           (outcome->resumed == 0 && (outcome->stopped[REG_EFLAGS] & ID_FLAG));
}

/**
 * Whether somebody else sent the signal of the stop. A signal that the tracer resumes with is sent
 * anew if it is blocked, which only a mask does.
 */
static int is_disturbed(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const int own = setup->way == STUBLAB_WAY_SIGMASK && (uint32_t)outcome->signal == setup->signal;
    return is_sent(outcome->signal, outcome->code) && !own;
}

/** One attempt, from a stop by a signal to where the thread stops, or stays. */
static int64_t attempt(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, const struct stublab_trial *trial,
                       const struct watch *watch) {
    outcome->error = 0;
    outcome->refused_at = -1;
    outcome->resumed = -1;
    outcome->status = 0;
    outcome->signal = 0;
    int64_t result = pokes_trap_flag(setup) ? settle(tid, trial, watch) : 0;
    if (result == 0)
        result = arrive(tid, setup->from, trial, watch);
    if (result == 0)
        result = write_and_read(tid, setup, trial, outcome);
    if (result != 0 || outcome->error != 0 || setup->on == STUBLAB_ON_NONE)
        return result;
    result = resume(tid, REQUESTS[setup->on], setup->signal, watch, &outcome->status);
    if (result == -ESRCH)
        return result;
    outcome->resumed = result < 0 ? (int32_t)-result : 0;
    if (result < 0)
        return 0;
    return result > 0 ? result : look(tid, setup, outcome);
}

/** Whether the next setup can begin at once. */
static int is_ready(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return outcome->resumed == 0
               ? is_clean(setup, outcome)
               : setup->from == STUBLAB_FROM_SIGNAL && !left_trap_flag(setup, outcome);
}

/**
 * One setup, from a stop by a signal to the next; again if somebody's signal came between. What
 * comes of every attempt is believed in the end: not every kernel has the same idea of si_code.
 */
static int64_t try_one(int32_t tid, const struct stublab_setup *setup,
                       struct stublab_outcome *outcome, const struct stublab_trial *trial,
                       const struct watch *watch) {
    for (int tries = 1;; tries++) {
        int64_t result = attempt(tid, setup, outcome, trial, watch);
        if (result != 0)
            return result;
        restore(tid, setup, trial);
        if (is_spoiled(setup, outcome))
            return SPOILED;
        const int disturbed = tries < MOST_TRIES && is_disturbed(setup, outcome);
        if (!disturbed && is_ready(setup, outcome))
            return 0;
        result = settle(tid, trial, watch);
        if (result != 0 || !disturbed)
            return result;
    }
}

int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                    struct stublab_outcome *outcomes, uint32_t count, struct stublab_trial *trial) {
    struct stublab_deadline deadline = {.timeout = trial->timeout};
    struct watch watch = {0};
    uint32_t done = 0;
    int64_t result = 0;
    start_watch(&watch, &deadline);
    for (; result == 0 && done < count; done++) {
        deadline.seen = 0;
        result = try_one(tid, &setups[done], &outcomes[done], trial, &watch);
    }
    end_watch(&watch);
    trial->over = result > 0 ? (uint32_t)result : 0;
    return result < 0 ? result : done;
}

int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial) {
    int64_t length =
        stublab_fresh_xstate(tid, trial->xstate, sizeof trial->xstate, EVERY_COMPONENT);
    if (length < 0)
        return length;
    trial->xstate_length = (uint32_t)length;
    int64_t result = set_registers_of(tid, EXTENDED_STATE, trial->xstate, (uint64_t)length);
    if (result < 0)
        return result;
    return stublab_ptrace(PTRACE_GETFPREGS, tid, 0, trial->fpregs);
}
