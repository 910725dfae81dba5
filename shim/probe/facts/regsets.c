#include "regsets.h"

static const char group[] = "GETREGSET";

static void read_length(const struct regset *set, uint64_t length) {
    const uint64_t whole = set->size != 0 ? set->size : machine.xstate_length;
    TEST(named(length > set->last ? "0x%lx bytes" : "%lu bytes", length),
         get_regset(set->note, length), expect_result(0),
         expect_written(length < whole ? length : whole),
         expect_length(length < whole ? length : whole), expect_same("differs from the whole"));
}

void read_lengths(const struct regset *set) {
    if (set->require != 0)
        set->require();
    get_regset(set->note, MOST_REGSET);
    keep();
    for (uint32_t length = 0; length <= set->last; length += set->step)
        read_length(set, length);
    EACH (uint64_t, it, set->last + 8, 1ULL << 31, 1ULL << 63, (uint64_t)-8)
        read_length(set, *it);
}

void refuse_parts(const struct regset *set) {
    if (set->require != 0)
        set->require();
    for (const uint64_t *length = set->parts; *length != 0; length++)
        TEST(named("%lu bytes", *length), get_regset(set->note, *length), expect_refusal(-EINVAL),
             expect_length(*length));
}

void refuse_notes(const struct note *notes, uint32_t count) {
    static const uint32_t lengths[] = {0, 8, 48};
    for (uint32_t i = 0; i < 3 * count; i++) {
        const struct note *note = &notes[i / 3];
        TEST(named("note %s, %u bytes", note->name, lengths[i % 3]),
             get_regset(note->note, lengths[i % 3]), expect_refusal(-EINVAL),
             expect_length(lengths[i % 3]));
    }
}

void set_lengths(uint64_t size) {
    EACH (uint64_t, it, 0, 16, size, size + 64, 12)
        CHECK (named("%lu bytes", *it)) {
            const bool whole = *it % 8 == 0;
            read_registers();
            set_regset(NT_PRSTATUS, *it);
            expect_result(whole ? 0 : -EINVAL);
            expect_length(whole && *it > size ? size : *it);
        }
}

FACT("GETREGSET cuts the note type to 32 bits", REGSET) {
    TEST("0x100000001", get_regset((1ULL << 32) + NT_PRSTATUS, 8), expect_answer(8),
         expect_length(8));
}

/** GETREGSET with an iovec for an address that is not mapped. */
static void check_nowhere(const char *name, uint64_t length, int64_t result) {
    TEST(name, ask_regset(PTRACE_GETREGSET, NT_PRSTATUS, NOWHERE, length), expect_result(result));
}

FACT("An iovec at, or for, an address that is not mapped is EFAULT", REGSET) {
    TEST("the iovec", ask(PTRACE_GETREGSET, NT_PRSTATUS, NOWHERE), expect_result(-EFAULT));
    check_nowhere("its memory", 8, -EFAULT);
    check_nowhere("no bytes", 0, 0);
    check_nowhere("a refused length", 4, -EINVAL);
}
