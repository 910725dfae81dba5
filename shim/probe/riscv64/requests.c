// Only facts about requests are checked on riscv64: there is no model of it. What the build writes
// for the other machines is here, as far as these facts need it, and nothing of setups.
#include "facilities.h"
#include "facts.h"
#include "target.h"
#include <linux/utsname.h>

enum { PART = 0x1000, CODE = 0x10000000, CONSTANTS = CODE + 2 * PART, SCRATCH = CODE + 4 * PART };
#define CONSTANT 0xc0de000000000000ULL

const struct memory memory = {CODE, CODE + PART, CONSTANTS, CONSTANT, SCRATCH, 4UL * PART, 0};
/** The stack ends below the last part of the scratch memory. */
const uint64_t baseline[BLOCK_WORDS] = {[REG_PC] = CODE, [REG_SP] = SCRATCH + 3 * PART};

enum { EBREAK = 0x00100073, ECALL = 0x00000073, UNIMP = 0, LOAD = 0x0005b503, JUMP = 0x0000006f };
static const uint32_t code[PART / 4] = {EBREAK, ECALL, EBREAK, UNIMP, LOAD /* ld a0, 0(a1) */,
                                        EBREAK, JUMP /* to itself */};
const struct piece pieces[] = {{"ebreak", CODE},    {"ecall", CODE + 4}, {"unimp", CODE + 12},
                               {"load", CODE + 16}, {"spin", CODE + 24}, {0, 0}};

const void *code_part(void) {
    return code;
}

const void *constants_part(void) {
    static uint64_t words[PART / 8];
    for (uint32_t i = 0; i < PART / 8; i++)
        words[i] = CONSTANT + 8ULL * i;
    return words;
}

/** Without setups most lists are empty. */
const char *const path_names[] = {"ptrace", 0}, *const feature_names[] = {0},
                  *const rule_ids[] = {0}, *const register_names[] = {0};
const struct need needs[] = {{0}};
const struct known_list known_lists[] = {{0}};
const int32_t harmless_calls[] = {0};
const struct section section_feature_code = {0};
const uint8_t *data;
struct machine machine;

void start_trying(void) {
    create_master();
    try_facilities();
}

void say_machine(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("# kernel: Linux %s\n# machine: %s\n", name.release, name.machine);
}
