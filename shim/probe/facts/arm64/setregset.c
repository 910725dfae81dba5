// SETREGSET: what is no setup.
#include "regsets.h"

static const char group[] = "SETREGSET";
#define COPY "copy_regset_from_user, include/linux/regset.h"

FACT("SETREGSET sets the length of the iovec to what it has written", REGSET) {
    set_lengths(BLOCK_SIZE);
}

FACT("SETREGSET from memory that is not mapped is EFAULT, unless there are no bytes", COPY) {
    TEST("the iovec", ask(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE), expect_result(-EFAULT));
    TEST("its memory", ask_regset(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE, BLOCK_SIZE),
         expect_result(-EFAULT));
    TEST("no bytes", ask_regset(PTRACE_SETREGSET, NT_PRSTATUS, NOWHERE, 0), expect_result(0));
}

FACT("SETREGSET of a note type that cannot be written is EOPNOTSUPP", COPY) {
    ask_regset(PTRACE_GETREGSET, NT_ARM_PAC_MASK, memory.scratch, 0);
    unless(-EINVAL, "the processor does not have this note type");
    TEST("NT_ARM_PAC_MASK", set_regset(NT_ARM_PAC_MASK, 16), expect_result(-EOPNOTSUPP));
}
