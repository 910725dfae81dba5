#include "regsets.h"

static const char group[] = "GETREGSET";
#define XSTATE "xstateregs_get, arch/x86/kernel/fpu/regset.c"
/** Note types that the kernel's headers may lack. */
enum { SHADOW_STACK = 0x204 };

static void require_xsave(void) {
    require("XSAVE");
}

REGSET_FACTS(general, "NT_PRSTATUS", "8", "genregs_get, arch/x86/kernel/ptrace.c", NT_PRSTATUS, 8,
             216, 216, {1, 4, 7, 9, 68, 215, 217, 0xffffffff}, 0)
REGSET_FACTS(fxsave, "NT_PRFPREG", "8", "xfpregs_get, arch/x86/kernel/fpu/regset.c", NT_PRFPREG, 8,
             512, 512, {1, 4, 108, 511, 513}, 0)
REGSET_FACTS(xstate, "NT_X86_XSTATE", "8", XSTATE, NT_X86_XSTATE, 64, 45 * 64, 0,
             {1, 4, 511, 513, 577}, require_xsave)

FACT("The XSAVE area begins with the registers of NT_PRFPREG", XSTATE) {
    /** From there on it differs from struct fxregs_state. */
    enum { REGISTERS_END = 416 };
    require_xsave();
    get_regset(NT_PRFPREG, 512);
    keep();
    TEST("", get_regset(NT_X86_XSTATE, REGISTERS_END), expect_answer(REGISTERS_END),
         expect_same("differs"));
}

FACT("GETREGSET(NT_386_IOPERM) of a task without ports is ENXIO",
     "ioperm_get, arch/x86/kernel/ptrace.c") {
    for (uint32_t length = 8; length <= 8192; length *= 1024)
        TEST(named("%u bytes", length), get_regset(NT_386_IOPERM, length), expect_refusal(-ENXIO),
             expect_length(length));
}

FACT("GETREGSET(NT_X86_SHSTK) of a task without a shadow stack is ENODEV",
     "ssp_get, arch/x86/kernel/fpu/regset.c") {
    get_regset(SHADOW_STACK, 8);
    unless(-EINVAL, "the kernel does not have this note type");
    TEST("8 bytes", get_regset(SHADOW_STACK, 8), expect_refusal(-ENODEV), expect_length(8));
    TEST("4 bytes", get_regset(SHADOW_STACK, 4), expect_refusal(-EINVAL));
}

FACT("GETREGSET of an unknown note type, or of one of 32-bit programs, is EINVAL",
     "find_regset, kernel/ptrace.c") {
    static const struct note notes[] = {NOTE(0),          NOTE(3),          NOTE(4),
                                        NOTE(6),          NOTE(256),        NOTE(515),
                                        NOTE(1024),       NOTE(1179208773), NOTE(4294967295),
                                        NOTE(NT_386_TLS), NOTE(NT_PRXFPREG)};
    refuse_notes(notes, sizeof notes / sizeof *notes);
}
