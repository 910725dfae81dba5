// Writes register setups with the regsets that arm64 has.

#include "attempt.h"
#include "registers.h"
#include <asm-generic/errno.h>

enum { FPSIMD_SIZE = 528, CALL_WORD = BLOCK_WORDS, TLS_WORD };

int64_t get_block(int32_t tid, uint64_t *block) {
    uint32_t number = 0;
    int64_t result = get_registers(tid, block);
    if (result == 0)
        result = get_regset(tid, NT_ARM_SYSTEM_CALL, &number, sizeof number);
    block[CALL_WORD] = number;
    return result == 0 ? get_regset(tid, NT_ARM_TLS, &block[TLS_WORD], sizeof *block) : result;
}

static int64_t set_block(int32_t tid, const uint64_t *block) {
    const uint32_t number = (uint32_t)block[CALL_WORD];
    int64_t result = set_registers(tid, block);
    if (result == 0)
        result = set_regset(tid, NT_ARM_SYSTEM_CALL, &number, sizeof number);
    return result == 0 ? set_regset(tid, NT_ARM_TLS, &block[TLS_WORD], sizeof *block) : result;
}

/** Writes the pairs to zeros, of which `length` bytes are written, and reads back their words. */
static int64_t set_floating_point(int32_t tid, const struct stublab_setup *setup,
                                  const struct stublab_trial *trial,
                                  struct stublab_outcome *outcome) {
    uint8_t area[FPSIMD_SIZE];
    put_pairs(setup, (const uint8_t *)trial->fpregs, area, sizeof area);
    int64_t result = set_regset(tid, NT_PRFPREG, area, setup->length);
    const int64_t read = get_regset(tid, NT_PRFPREG, area, sizeof area);
    take_pairs(setup, area, sizeof area, outcome->written);
    return written(result, read);
}

int64_t write_setup(int32_t tid, const struct stublab_setup *setup,
                    const struct stublab_trial *trial, struct stublab_outcome *outcome) {
    switch (setup->way) {
    case STUBLAB_WAY_REGSETS:
        return set_block(tid, setup->words);
    case STUBLAB_WAY_PRSTATUS:
        return set_regset(tid, NT_PRSTATUS, setup->words, setup->length);
    case STUBLAB_WAY_SYSTEM_CALL:
        return set_regset(tid, NT_ARM_SYSTEM_CALL, setup->words, setup->length);
    case STUBLAB_WAY_TLS:
        return set_regset(tid, NT_ARM_TLS, setup->words, setup->length);
    default:
        return set_floating_point(tid, setup, trial, outcome);
    }
}

void reset_debug_status(int32_t tid) {
    (void)tid;
}

int writes_registers(unsigned int way) {
    return way != STUBLAB_WAY_PRFPREG;
}

/** Sets TPIDR_EL0 to 0, and TPIDR2_EL0 where there is one. */
static void clear_pointers(int32_t tid) {
    const uint64_t none[2] = {0};
    set_regset(tid, NT_ARM_TLS, none, sizeof none);
}

void restore(int32_t tid, const struct stublab_setup *setup, const struct stublab_trial *trial) {
    if (setup->way == STUBLAB_WAY_REGSETS || setup->way == STUBLAB_WAY_TLS)
        clear_pointers(tid);
    if (setup->way == STUBLAB_WAY_PRFPREG)
        set_regset(tid, NT_PRFPREG, trial->fpregs, FPSIMD_SIZE);
}

unsigned int obstacle_of_way(unsigned int way, const struct stublab_trial *trial) {
    (void)way, (void)trial;
    return STUBLAB_OBSTACLE_NONE;
}

int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial) {
    uint64_t words[STUBLAB_REGISTERS];
    __builtin_memset(trial->fpregs, 0, sizeof trial->fpregs);
    set_regset(tid, NT_PRFPREG, trial->fpregs, FPSIMD_SIZE);
    trial->xstate_length = 0;
    clear_pointers(tid);
    int64_t result = get_block(tid, words);
    return result == -ESRCH ? result : 0;
}
