// PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_POKETEXT and PTRACE_POKEDATA.
#include "own.h"

static const char group[] = "PEEKDATA, POKEDATA";
#define PEEK "generic_ptrace_peekdata, kernel/ptrace.c"
#define POKES "generic_ptrace_pokedata, kernel/ptrace.c"

enum { WRITTEN_WORD = 0x12345678 };
#define PEEKS                                                                                      \
    {"PEEKTEXT", PTRACE_PEEKTEXT}, {                                                               \
        "PEEKDATA", PTRACE_PEEKDATA                                                                \
    }

FACT("PEEKTEXT and PEEKDATA read a word at any address", PEEK) {
    // The lowest byte of the next word, 8, is the highest.
    const uint64_t unaligned = memory.constant >> 8 | 8ULL << 56;
    EACH (struct request, it, PEEKS) {
        TEST(named("%s, aligned", it->name), read_answer(it->number, memory.constants + 8),
             expect_answer(8), expect_word("word", 0, memory.constant + 8));
        TEST(named("%s, unaligned", it->name), read_answer(it->number, memory.constants + 1),
             expect_result(0), expect_word("word", 0, unaligned));
    }
}

FACT("PEEKTEXT and PEEKDATA of memory that is not mapped, in whole or in part, are EIO", PEEK) {
    EACH (struct request, it, PEEKS)
        EACH (uint64_t, at, 0, memory.hole, memory.hole - 4, USER_END, 1ULL << 63, (uint64_t)-4)
            TEST(named("%s, 0x%lx", it->name, *at), read_answer(it->number, *at),
                 expect_refusal(-EIO));
}

FACT("PEEKDATA to an address that is not mapped is EFAULT", PEEK) {
    TEST("", ask(PTRACE_PEEKDATA, memory.constants, NOWHERE), expect_result(-EFAULT));
}

FACT("POKETEXT and POKEDATA write memory that the tracee cannot write", POKES) {
    EACH (struct request, it, {"POKETEXT", PTRACE_POKETEXT}, {"POKEDATA", PTRACE_POKEDATA})
        EACH (struct row, at, {"code", memory.code, 0}, {"constants", memory.constants, 0},
              {"stack", memory.scratch, 0})
            TEST(named("%s, %s", it->name, at->name), ask(it->number, at->word, WRITTEN_WORD),
                 keep(), read_answer(PTRACE_PEEKDATA, at->word), expect_kept_result("poked", 0),
                 expect_word("word", 0, WRITTEN_WORD));
}

FACT("POKEDATA to memory that is not mapped, in whole or in part, is EIO", POKES) {
    EACH (uint64_t, it, 0, memory.hole, memory.hole - 4, 1ULL << 63)
        TEST(named("0x%lx", *it), ask(PTRACE_POKEDATA, *it, WRITTEN_WORD), expect_result(-EIO));
}
