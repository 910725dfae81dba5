// PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_POKETEXT and PTRACE_POKEDATA.
#include "own.h"

static const char group[] = "PEEKDATA, POKEDATA";
#define PEEK "generic_ptrace_peekdata, kernel/ptrace.c"
#define POKES "generic_ptrace_pokedata, kernel/ptrace.c"

enum { WRITTEN_WORD = 0x12345678 };
static const struct {
    const char *name;
    int64_t request;
} peeks[] = {{"PEEKTEXT", PTRACE_PEEKTEXT}, {"PEEKDATA", PTRACE_PEEKDATA}},
  pokes[] = {{"POKETEXT", PTRACE_POKETEXT}, {"POKEDATA", PTRACE_POKEDATA}};

FACT("PEEKTEXT and PEEKDATA read a word at any address", PEEK) {
    for (int i = 0; i < 2; i++) {
        TEST(named("%s, aligned", peeks[i].name),
             read_answer(peeks[i].request, memory.constants + 8), expect_answer(8),
             expect_word("word", 0, memory.constant + 8));
        CHECK(named("%s, unaligned", peeks[i].name)) {
            read_answer(peeks[i].request, memory.constants + 1);
            expect_result(0);
            // The lowest byte of the next word, 8, is the highest.
            expect_word("word", 0, memory.constant >> 8 | 8ULL << 56);
        }
    }
}

FACT("PEEKTEXT and PEEKDATA of memory that is not mapped, in whole or in part, are EIO", PEEK) {
    const uint64_t addresses[] = {0,        memory.hole, memory.hole - 4,
                                  USER_END, 1ULL << 63,  (uint64_t)-4};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 6; k++)
            TEST(named("%s, 0x%lx", peeks[i].name, addresses[k]),
                 read_answer(peeks[i].request, addresses[k]), expect_refusal(-EIO));
}

FACT("PEEKDATA to an address that is not mapped is EFAULT", PEEK) {
    TEST("", ask(PTRACE_PEEKDATA, memory.constants, NOWHERE), expect_result(-EFAULT));
}

FACT("POKETEXT and POKEDATA write memory that the tracee cannot write", POKES) {
    const struct {
        const char *name;
        uint64_t address;
    } parts[] = {{"code", memory.code}, {"constants", memory.constants}, {"stack", memory.scratch}};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++)
            TEST(named("%s, %s", pokes[i].name, parts[k].name),
                 ask(pokes[i].request, parts[k].address, WRITTEN_WORD), keep(),
                 read_answer(PTRACE_PEEKDATA, parts[k].address), expect_kept_result("poked", 0),
                 expect_word("word", 0, WRITTEN_WORD));
}

FACT("POKEDATA to memory that is not mapped, in whole or in part, is EIO", POKES) {
    const uint64_t addresses[] = {0, memory.hole, memory.hole - 4, 1ULL << 63};
    for (int i = 0; i < 4; i++)
        TEST(named("0x%lx", addresses[i]), ask(PTRACE_POKEDATA, addresses[i], WRITTEN_WORD),
             expect_result(-EIO));
}
