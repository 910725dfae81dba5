// PTRACE_GETREGS and PTRACE_GETFPREGS.
#include "regsets.h"

static const char group[] = "GETREGS, GETFPREGS";
#define COPY "copy_regset_to_user, kernel/regset.c"
enum { COMPAT_CS = 0x23, COMPAT_STACK = 0x10007000 };
#define MARK 0xb0b0000000000001ULL

/** Checks that a request reads the same as GETREGSET, at each stop. */
static void check_whole(int64_t request, uint64_t note, uint32_t size) {
    for (enum where where = 0; where < WHERES; where++)
        TEST(wheres[where], new_stub_at(where), get_regset(note, size), keep(),
             read_answer(request, 0), expect_answer(size), expect_same("differs"));
}

static void check_nowhere(int64_t request) {
    TEST("", ask(request, 0, NOWHERE), expect_result(-EFAULT));
}

FACT("GETREGS writes what GETREGSET(NT_PRSTATUS) does, at each stop", COPY) {
    check_whole(PTRACE_GETREGS, NT_PRSTATUS, BLOCK_SIZE);
}
FACT("GETREGS to an address that is not mapped is EFAULT", COPY) {
    check_nowhere(PTRACE_GETREGS);
}
FACT("GETFPREGS writes what GETREGSET(NT_PRFPREG) does, at each stop", COPY) {
    check_whole(PTRACE_GETFPREGS, NT_PRFPREG, 512);
}
FACT("GETFPREGS to an address that is not mapped is EFAULT", COPY) {
    check_nowhere(PTRACE_GETFPREGS);
}

FACT("SETREGSET sets the length of the iovec to what it has written", REGSET) {
    set_lengths(BLOCK_SIZE);
}

/** Leads the stub to 32-bit code. */
static void lead_to_compat(void) {
    require("32-bit calls");
    GO(PTRACE_CONT, "int3", {REG_CS, COMPAT_CS}, {REG_RBX, MARK}, {REG_RAX, 7},
       {REG_RSP, COMPAT_STACK});
}

FACT("With cs = 0x23 GETREGSET has the note types and sizes of 32-bit programs",
     "task_user_regset_view, arch/x86/kernel/ptrace.c") {
    lead_to_compat();
    EACH (struct row, it, {"NT_PRSTATUS", NT_PRSTATUS, 68}, {"NT_PRFPREG", NT_PRFPREG, 108},
          {"NT_PRXFPREG", NT_PRXFPREG, 512}, {"NT_386_TLS", NT_386_TLS, 48})
        TEST(named("%s, 4080 bytes", it->name), get_regset(it->word, 4080),
             expect_answer((uint64_t)it->expected), expect_length((uint64_t)it->expected));
    TEST("NT_PRSTATUS, 4 bytes", get_regset(NT_PRSTATUS, 4), expect_answer(4), expect_length(4),
         expect_int("ebx", 0, 1));
    TEST("NT_PRSTATUS, 6 bytes", get_regset(NT_PRSTATUS, 6), expect_refusal(-EINVAL));
}

FACT("With cs = 0x23 GETREGS keeps its 64-bit form", ARCH_PTRACE) {
    lead_to_compat();
    TEST("", read_answer(PTRACE_GETREGS, 0), expect_answer(BLOCK_SIZE),
         expect_register(REG_RBX, MARK));
}
