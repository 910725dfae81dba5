// Detects what a register setup leaves in a thread on amd64.

#include "attempt.h"
#include "registers.h"

/** orig_rax outside of system calls. */
static const uint64_t NO_CALL = ~(uint64_t)0;

/** Flags of eflags. A program can set ID by POPF, but no request can clear it. */
enum { TRAP_FLAG = 0x100, ID_FLAG = 0x200000 };

/**
 * The stop must be a signal-delivery-stop that leaves nothing behind. A stop signal may have
 * stopped the process instead. If the stop has another reason, a signal given with the resume may
 * still be pending, or its handler may just have been entered. Whether the kernel attributes the
 * trap flag of a stepped thread to itself or to the thread depends on the previous step.
 */
int is_clean(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const int signal = outcome->status >> 8;
    const int steps =
        setup->on == STUBLAB_ON_SINGLESTEP || setup->on == STUBLAB_ON_SYSEMU_SINGLESTEP;
    if (signal < 1 || signal > 64 || (signal >= SIGSTOP && signal <= SIGTTOU))
        return 0;
    if (setup->way == STUBLAB_WAY_SIGMASK)
        return 0;
    if (setup->signal != 0 && (steps || setup->from != STUBLAB_FROM_SIGNAL))
        return 0;
    // A step may end on the way out of a system call, even one with the number -1: SYSCALL has
    // copied RIP to RCX. From there the kernel may return with a different instruction than from a
    // trap.
    const int from_call = setup->from != STUBLAB_FROM_SIGNAL && setup->from != STUBLAB_FROM_GROUP;
    if (steps && (from_call || outcome->stopped[REG_RCX] == outcome->stopped[REG_RIP]))
        return 0;
    // A step over a POPF, which only the stub code has, ends without the trap flag, but the kernel
    // has recorded that the flag is the thread's own.
    if (steps && outcome->stopped[REG_RIP] >> 32 != 0)
        return 0;
    // In a system call, restarts depend on how the kernel was entered.
    return outcome->stopped[REG_ORIG_RAX] == NO_CALL &&
           !(steps && (outcome->stopped[REG_EFLAGS] & TRAP_FLAG));
}

int left_trap_flag(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const int was_read = outcome->error != 0 || (setup->wants & STUBLAB_WANT_WRITTEN);
    if (!writes_registers(setup->way))
        return 0;
    return ((was_read ? outcome->written : setup->words)[REG_EFLAGS] & TRAP_FLAG) != 0;
}

static int has_trap_flag(uint64_t flags) {
    return (flags & TRAP_FLAG) != 0;
}

static int pokes_trap_flag(const struct stublab_setup *setup) {
    return pokes(setup, 8ULL * REG_EFLAGS, 1, has_trap_flag);
}

int begins_at_rest(const struct stublab_setup *setup) {
    // A signal that stays pending keeps the siginfo of the stop if that was by the same signal.
    if (setup->way == STUBLAB_WAY_SIGMASK && setup->signal != 0)
        return 1;
    return pokes_trap_flag(setup);
}

/**
 * Whether pokes may have set a hardware breakpoint. Once a thread has had one, the kernel checks
 * writes to its debug registers differently, even after it is removed.
 */
static int pokes_breakpoint(const struct stublab_setup *setup) {
    return pokes(setup, DEBUG_REGISTERS, END_OF_BREAKPOINTS / 8, 0) ||
           pokes(setup, DEBUG_REGISTERS + DEBUG_CONTROL, 1, 0);
}

static int single_steps(const struct stublab_setup *setup) {
    if (setup->on == STUBLAB_ON_SINGLESTEP || setup->on == STUBLAB_ON_SYSEMU_SINGLESTEP)
        return 1;
    if (setup->way != STUBLAB_WAY_POKEUSER)
        return writes_registers(setup->way) && (setup->words[REG_EFLAGS] & TRAP_FLAG);
    return pokes_trap_flag(setup);
}

/** Whether a word of debug register 7 enables a breakpoint on data: two bits each, and four. */
static int watches_data(uint64_t control) {
    for (int i = 0; i < 4; i++)
        if ((control >> 2 * i & 3) && (control >> (16 + 4 * i) & 1))
            return 1;
    return 0;
}

int hangs_emulator(const struct stublab_setup *steps, uint32_t count) {
    int watches = 0, moves = 0;
    for (uint32_t i = 0; i < count; i++) {
        watches |= pokes(&steps[i], DEBUG_REGISTERS + DEBUG_CONTROL, 1, watches_data);
        moves |= single_steps(&steps[i]);
    }
    return watches && moves;
}

int is_spoiled(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    return pokes_breakpoint(setup) ||
           (outcome->resumed == 0 && (outcome->stopped[REG_EFLAGS] & ID_FLAG));
}
