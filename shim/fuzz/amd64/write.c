// Writes register setups with the requests that amd64 has.

#include "attempt.h"
#include "components.h"
#include "registers.h"
#include <asm-generic/errno.h>
#include <asm/sigcontext.h>

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212 /* Linux 6.16 */
#endif

/** PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG (Linux 6.4), and the size of its structure. */
enum { PTRACE_SET_DISPATCH = 0x4210, PTRACE_GET_DISPATCH = 0x4211, DISPATCH_SIZE = 32 };

/** Debug register 6 of a new program: DR6_RESERVED, arch/x86/include/uapi/asm/debugreg.h. */
static const uintptr_t INITIAL_DEBUG_STATUS = 0xffff0ff0;

void reset_debug_status(int32_t tid) {
    stublab_ptrace(PTRACE_POKEUSR, tid, DEBUG_REGISTERS + DEBUG_STATUS,
                   (void *)INITIAL_DEBUG_STATUS);
}

int pokes(const struct stublab_setup *setup, uint64_t from, uint64_t count,
          int (*is_meant)(uint64_t)) {
    for (uint64_t i = 0; setup->way == STUBLAB_WAY_POKEUSER && i < setup->count; i++) {
        const uint64_t offset = setup->words[2 * i], word = setup->words[2 * i + 1];
        if (offset % 8 == 0 && offset - from < 8 * count && (is_meant == 0 || is_meant(word)))
            return 1;
    }
    return 0;
}

/** Reads the debug registers that exist: 0 to 3, 6 and 7. Returns the last result. */
static int64_t peek_debug_registers(int32_t tid, uint64_t *words) {
    int64_t result = 0;
    for (uint64_t offset = 0; offset <= DEBUG_CONTROL && result != -ESRCH; offset += 8)
        if (offset < END_OF_BREAKPOINTS || offset >= DEBUG_STATUS)
            result = stublab_ptrace(PTRACE_PEEKUSR, tid, DEBUG_REGISTERS + offset, words++);
    return result;
}

static int64_t poke_pairs(int32_t tid, const struct stublab_setup *setup,
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

static int64_t poke_user(int32_t tid, const struct stublab_setup *setup,
                         struct stublab_outcome *outcome) {
    if (!pokes(setup, DEBUG_REGISTERS, DEBUG_REGISTER_WORDS, 0))
        return poke_pairs(tid, setup, outcome);
    if (!is_further_step(setup))
        reset_debug_status(tid);
    int64_t result = poke_pairs(tid, setup, outcome);
    return written(result, peek_debug_registers(tid, &outcome->written[STUBLAB_REGISTERS]));
}

static int64_t set_floating_point(int32_t tid, const struct stublab_setup *setup,
                                  const struct stublab_trial *trial,
                                  struct stublab_outcome *outcome) {
    _Alignas(64) uint8_t area[STUBLAB_MOST_XSTATE];
    const int is_old = setup->way == STUBLAB_WAY_SETFPREGS;
    const uint64_t length = is_old ? sizeof trial->fpregs : trial->xstate_length;
    put_pairs(setup, is_old ? (const uint8_t *)trial->fpregs : trial->xstate, area, length);
    int64_t result = is_old ? stublab_ptrace(PTRACE_SETFPREGS, tid, 0, area)
                            : set_regset(tid, NT_X86_XSTATE, area, setup->length);
    int64_t read = is_old ? stublab_ptrace(PTRACE_GETFPREGS, tid, 0, area)
                          : get_regset(tid, NT_X86_XSTATE, area, length);
    take_pairs(setup, area, length, outcome->written);
    return written(result, read);
}

static int64_t set_mask(int32_t tid, const struct stublab_setup *setup,
                        struct stublab_outcome *outcome) {
    int64_t result =
        stublab_ptrace(PTRACE_SETSIGMASK, tid, setup->length, (void *)&setup->words[0]);
    return written(result, stublab_ptrace(PTRACE_GETSIGMASK, tid, sizeof outcome->written[0],
                                          &outcome->written[0]));
}

/** Writes the configuration of syscall user dispatch, then RIP and RAX. */
static int64_t set_dispatch(int32_t tid, const struct stublab_setup *setup,
                            struct stublab_outcome *outcome) {
    const uint64_t *registers = &setup->words[DISPATCH_SIZE / sizeof *setup->words];
    __builtin_memset(outcome->written, 0, DISPATCH_SIZE);
    int64_t result = stublab_ptrace(PTRACE_SET_DISPATCH, tid, setup->length, (void *)setup->words);
    result =
        written(result, stublab_ptrace(PTRACE_GET_DISPATCH, tid, DISPATCH_SIZE, outcome->written));
    if (result < 0)
        return result;
    stublab_ptrace(PTRACE_POKEUSR, tid, 8ULL * REG_RIP, (void *)registers[0]);
    return stublab_ptrace(PTRACE_POKEUSR, tid, 8ULL * REG_RAX, (void *)registers[1]);
}

int64_t get_block(int32_t tid, uint64_t *block) {
    return get_registers(tid, block);
}

int writes_registers(unsigned int way) {
    return way <= STUBLAB_WAY_POKEUSER || way == STUBLAB_WAY_SYSCALL_INFO;
}

int64_t write_setup(int32_t tid, const struct stublab_setup *setup,
                    const struct stublab_trial *trial, struct stublab_outcome *outcome) {
    switch (setup->way) {
    case STUBLAB_WAY_SETREGS:
        return set_registers(tid, setup->words);
    case STUBLAB_WAY_SETREGSET:
        return set_regset(tid, NT_PRSTATUS, setup->words, setup->length);
    case STUBLAB_WAY_POKEUSER:
        return poke_user(tid, setup, outcome);
    case STUBLAB_WAY_SYSCALL_INFO:
        return stublab_ptrace(PTRACE_SET_SYSCALL_INFO, tid, setup->length, (void *)setup->words);
    case STUBLAB_WAY_SIGMASK:
        return set_mask(tid, setup, outcome);
    case STUBLAB_WAY_DISPATCH:
        return set_dispatch(tid, setup, outcome);
    default:
        return set_floating_point(tid, setup, trial, outcome);
    }
}

void restore(int32_t tid, const struct stublab_setup *setup, const struct stublab_trial *trial) {
    const uint64_t none = 0;
    if (setup->way == STUBLAB_WAY_SIGMASK)
        stublab_ptrace(PTRACE_SETSIGMASK, tid, sizeof none, (void *)&none);
    const uint64_t off[DISPATCH_SIZE / 8] = {0};
    if (setup->way == STUBLAB_WAY_DISPATCH)
        stublab_ptrace(PTRACE_SET_DISPATCH, tid, sizeof off, (void *)off);
    if (setup->way != STUBLAB_WAY_SETFPREGS && setup->way != STUBLAB_WAY_XSTATE)
        return;
    if (trial->xstate_length > 0)
        set_regset(tid, NT_X86_XSTATE, trial->xstate, trial->xstate_length);
    else
        stublab_ptrace(PTRACE_SETFPREGS, tid, 0, (void *)trial->fpregs);
}

unsigned int obstacle_of_way(unsigned int way, const struct stublab_trial *trial) {
    const unsigned int obstacle = way == STUBLAB_WAY_SETREGSET   ? STUBLAB_OBSTACLE_REGSET
                                  : way == STUBLAB_WAY_XSTATE    ? STUBLAB_OBSTACLE_XSTATE
                                  : way == STUBLAB_WAY_SETFPREGS ? STUBLAB_OBSTACLE_FPREGS
                                  : way == STUBLAB_WAY_SIGMASK   ? STUBLAB_OBSTACLE_SIGMASK
                                                                 : STUBLAB_OBSTACLE_NONE;
    return trial->errors[obstacle] != 0 ? obstacle : STUBLAB_OBSTACLE_NONE;
}

/** Notes whether a request that setups need is refused. */
static void note(struct stublab_trial *trial, unsigned int obstacle, int64_t result) {
    trial->errors[obstacle] = result < 0 ? (int32_t)-result : 0;
}

/** Whether this machine is emulated by QEMU's TCG, as its hypervisor leaf of CPUID says. */
static int is_tcg(void) {
    uint32_t words[4];
    stublab_cpuid(0x40000000, 0, words);
    return __builtin_memcmp(&words[1], "TCGTCGTCGTCG", 12) == 0;
}

/** Writes and reads the floating point of a new program without an XSAVE area. */
static void set_fresh_fpregs(int32_t tid, struct stublab_trial *trial) {
    struct _fpstate_64 *area = (void *)trial->fpregs;
    if (stublab_ptrace(PTRACE_GETFPREGS, tid, 0, area) < 0)
        return;
    const uint32_t mask = area->mxcsr_mask;
    __builtin_memset(trial->fpregs, 0, sizeof trial->fpregs);
    area->cwd = INITIAL_FCW;
    area->mxcsr = INITIAL_MXCSR;
    area->mxcsr_mask = mask;
    stublab_ptrace(PTRACE_SETFPREGS, tid, 0, area);
}

int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial) {
    uint64_t words[STUBLAB_REGISTERS];
    int64_t length =
        stublab_fresh_xstate(tid, trial->xstate, sizeof trial->xstate, EVERY_COMPONENT);
    if (length > 0) {
        // The kernel enters handlers with it, too.
        stublab_put_pkru((struct _xstate *)trial->xstate);
        int64_t result = set_regset(tid, NT_X86_XSTATE, trial->xstate, (uint64_t)length);
        length = result < 0 ? result : length;
    }
    note(trial, STUBLAB_OBSTACLE_XSTATE, length);
    trial->xstate_length = length < 0 ? 0 : (uint32_t)length;
    if (trial->xstate_length == 0)
        set_fresh_fpregs(tid, trial);
    note(trial, STUBLAB_OBSTACLE_FPREGS, stublab_ptrace(PTRACE_GETFPREGS, tid, 0, trial->fpregs));
    int64_t mask = stublab_ptrace(PTRACE_GETSIGMASK, tid, sizeof words[0], words);
    if (mask == 0)
        mask = stublab_ptrace(PTRACE_SETSIGMASK, tid, sizeof words[0], words);
    note(trial, STUBLAB_OBSTACLE_SIGMASK, mask);
    note(trial, STUBLAB_OBSTACLE_REGSET, get_regset(tid, NT_PRSTATUS, words, sizeof words));
    note(trial, STUBLAB_OBSTACLE_EMULATOR, is_tcg() ? -EOPNOTSUPP : 0);
    int64_t result = get_registers(tid, words);
    return result == -ESRCH ? result : 0;
}
