import type { NoteName } from "../read/numbers.ts";
import { cutTo, multiples, registerSet, regsetFacts } from "../read/regsets.ts";
import { regset, type Script, unless } from "../read/verbs.ts";

/** sizeof(struct user_pt_regs), struct user_fpsimd_state and struct user_hwdebug_state. */
export const GPR_SIZE = 272;
export const FPR_SIZE = 528;
const HW_SIZE = 264;
const PTRACE = "arch/arm64/kernel/ptrace.c";
const UNKNOWN = [0, 3, 4, 6, 0x100, 0x200, 0x202, 0x4ff, 0x4649_4c45, 2 ** 32 - 1];
const NO_NOTE = "the kernel or the processor does not have this note type";

/** A set that some kernels and processors do not have. */
const optional = (note: NoteName): Script => [regset(note, 16), unless("EINVAL", NO_NOTE)];

/** A small set of so many words of a size. */
const small = (
  note: NoteName,
  source: string,
  word: number,
  size = word,
  needs: readonly Script[] = [],
) =>
  registerSet(note, {
    source: `${source}, ${PTRACE}`,
    ...{ word, needs },
    lengths: multiples(word, size),
    size: cutTo(size),
    parts: [1, word - 1, word + 1],
  });

const debug = (note: "NT_ARM_HW_BREAK" | "NT_ARM_HW_WATCH") =>
  registerSet(note, {
    source: `hw_break_get, ${PTRACE}`,
    word: 4,
    lengths: multiples(4, HW_SIZE),
    size: cutTo(HW_SIZE),
    parts: [1, 2, 3, 5, 263, 265],
  });

export const regsets = regsetFacts([...UNKNOWN, "NT_ARM_VFP"], {
  ...registerSet("NT_PRSTATUS", {
    source: `gpr_get, ${PTRACE}`,
    lengths: multiples(8, GPR_SIZE),
    size: cutTo(GPR_SIZE),
    parts: [1, 4, 7, 9, 68, 271, 273, 2 ** 32 - 1],
  }),
  ...registerSet("NT_PRFPREG", {
    source: `fpr_get, ${PTRACE}`,
    word: 4,
    lengths: multiples(4, FPR_SIZE),
    size: cutTo(FPR_SIZE),
    parts: [1, 2, 3, 5, 527, 529],
  }),
  ...small("NT_ARM_SYSTEM_CALL", "system_call_get", 4),
  ...debug("NT_ARM_HW_BREAK"),
  ...debug("NT_ARM_HW_WATCH"),
  ...small("NT_ARM_PAC_MASK", "pac_mask_get", 8, 16, [optional("NT_ARM_PAC_MASK")]),
  ...small("NT_ARM_PAC_ENABLED_KEYS", "pac_enabled_keys_get", 8, 8, [
    optional("NT_ARM_PAC_ENABLED_KEYS"),
  ]),
  ...small("NT_ARM_TAGGED_ADDR_CTRL", "tagged_addr_ctrl_get", 8, 8, [
    optional("NT_ARM_TAGGED_ADDR_CTRL"),
  ]),
});
