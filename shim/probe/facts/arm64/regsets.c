#include "regsets.h"

static const char group[] = "GETREGSET";
/** struct user_hwdebug_state */
enum { DEBUG_SIZE = 264 };

static void require_note(uint64_t note) {
    get_regset(note, 16);
    unless(-EINVAL, "the kernel or the processor does not have this note type");
}

static void require_masks(void) {
    require_note(NT_ARM_PAC_MASK);
}

static void require_keys(void) {
    require_note(NT_ARM_PAC_ENABLED_KEYS);
}

static void require_tags(void) {
    require_note(NT_ARM_TAGGED_ADDR_CTRL);
}

REGSET_FACTS(general, "NT_PRSTATUS", "8", "gpr_get, " PTRACE_C, NT_PRSTATUS, 8, 272, 272,
             {1, 4, 7, 9, 68, 271, 273, 0xffffffff}, 0)
REGSET_FACTS(floating, "NT_PRFPREG", "4", "fpr_get, " PTRACE_C, NT_PRFPREG, 4, 528, 528,
             {1, 2, 3, 5, 527, 529}, 0)
REGSET_FACTS(system_call, "NT_ARM_SYSTEM_CALL", "4", "system_call_get, " PTRACE_C,
             NT_ARM_SYSTEM_CALL, 4, 4, 4, {1, 3, 5}, 0)
REGSET_FACTS(breakpoints, "NT_ARM_HW_BREAK", "4", "hw_break_get, " PTRACE_C, NT_ARM_HW_BREAK, 4,
             DEBUG_SIZE, DEBUG_SIZE, {1, 2, 3, 5, 263, 265}, 0)
REGSET_FACTS(watchpoints, "NT_ARM_HW_WATCH", "4", "hw_break_get, " PTRACE_C, NT_ARM_HW_WATCH, 4,
             DEBUG_SIZE, DEBUG_SIZE, {1, 2, 3, 5, 263, 265}, 0)
REGSET_FACTS(masks, "NT_ARM_PAC_MASK", "8", "pac_mask_get, " PTRACE_C, NT_ARM_PAC_MASK, 8, 16, 16,
             {1, 7, 9}, require_masks)
REGSET_FACTS(enabled_keys, "NT_ARM_PAC_ENABLED_KEYS", "8", "pac_enabled_keys_get, " PTRACE_C,
             NT_ARM_PAC_ENABLED_KEYS, 8, 8, 8, {1, 7, 9}, require_keys)
REGSET_FACTS(tags, "NT_ARM_TAGGED_ADDR_CTRL", "8", "tagged_addr_ctrl_get, " PTRACE_C,
             NT_ARM_TAGGED_ADDR_CTRL, 8, 8, 8, {1, 7, 9}, require_tags)

FACT("GETREGSET of an unknown note type, or of one of 32-bit programs, is EINVAL",
     "find_regset, kernel/ptrace.c") {
    static const struct note notes[] = {
        NOTE(0),   NOTE(3),    NOTE(4),          NOTE(6),          NOTE(256),       NOTE(512),
        NOTE(514), NOTE(1279), NOTE(1179208773), NOTE(4294967295), NOTE(NT_ARM_VFP)};
    refuse_notes(notes, sizeof notes / sizeof *notes);
}
