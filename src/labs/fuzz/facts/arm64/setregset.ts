import { placeOf, SCRATCH } from "../../case/arm64/code.ts";
import { answers, each, requestFacts } from "../read/bench.ts";
import { NOWHERE } from "../read/numbers.ts";
import { KEPT_RESULT, register } from "../read/places.ts";
import { setsLength } from "../read/set_length.ts";
import {
  ASIDE,
  KEEP,
  put,
  registers,
  request,
  type Script,
  setRegset,
  TID,
  unless,
  type Word,
} from "../read/verbs.ts";
import { PTRACE } from "./sources.ts";

const GPR_SET = `gpr_set, ${PTRACE}`;
const VALID = `valid_native_regs, ${PTRACE}`;
/** Words of struct user_pt_regs, and its size. */
const [WORDS, SIZE] = [34, 272];
const NOTE = "NT_PRSTATUS";
const FILL = 0x7777n;

/** All registers but pstate with one word. */
const filled = (word: bigint, pstate = 0n): readonly Word[] => [
  ...Array.from({ length: WORDS - 1 }, () => word),
  pstate,
];
/** Writes as many bytes of words, and reads all. */
const writes = (words: readonly Word[], length: Word = SIZE): Script => [
  ...[put(...words), setRegset(NOTE, length), KEEP],
  registers,
];
const withPstate = (pstate: bigint) => writes(filled(FILL, pstate));

const bit = (n: number) => 1n << BigInt(n);
const bits = (...numbers: readonly number[]) => numbers.map(bit);
/** PSR_F_BIT, PSR_I_BIT, PSR_A_BIT, PSR_D_BIT. */
const DAIF = bits(6, 7, 8, 9);
/** EL1 and EL2 with either stack pointer, EL3, and AArch32: PSR_MODE32_BIT. */
const MODES = [1n, 4n, 5n, 8n, 9n, 0xdn, 0x10n, 0x13n, 0x1fn];
/** SSBS, BTYPE, DIT, TCO, and the flags. */
const KEPT = [...bits(12, 10, 11, 24, 25, 28, 29, 30, 31), 0xf000_0c00n];
/** SPSR_EL1_AARCH64_RES0_BITS, among them IL (20), PAN (22) and UAO (23), and SS (21). */
const CLEARED = bits(5, 13, 19, 20, 21, 22, 23, 26, 27, 32, 63);

/** The indices of some registers, those at the ends among them. */
const INDICES = Object.entries({ x0: 0, x1: 1, x7: 7, x29: 29, x30: 30, sp: 31, pc: 32 });
/** What a write of so many bytes leaves where all registers were 0. */
const remains = (length: number) =>
  Object.fromEntries(INDICES.map(([name, i]) => [name, 8 * i < length ? FILL : 0n]));
/** A refused write to a new tracee. */
const UNCHANGED = { set: "EINVAL", x0: 0n, pc: placeOf("brk") };

const NO_NOTE = "the processor does not have this note type";

export const setregset = requestFacts(
  "SETREGSET",
  {
    "SETREGSET writes any word to x0 to x30, sp and pc": [
      GPR_SET,
      ...each("0x%", [0n, 1n, bit(47), bit(55), bit(63), bit(64) - 1n], (word) => [
        writes(filled(word)),
        { set: 0, written: SIZE, x0: word, x7: word, x30: word, sp: word, pc: word, pstate: 0n },
      ]),
    ],
    "SETREGSET writes as many words as the iovec has, and keeps the others": [
      GPR_SET,
      ...each("% bytes", [0, 8, 16, 240, 248, 256, 264], (length) => [
        [writes(filled(0n)), writes(filled(FILL), length)],
        { set: 0, ...remains(length) },
      ]),
    ],
    ...setsLength(SIZE),
    "SETREGSET of a length that is not a multiple of 8 is EINVAL, and writes nothing": [
      GPR_SET,
      [registers, KEEP],
      ...each("% bytes", [1, 4, 7, 12, 271, 273], (length) => [
        [put(...filled(FILL)), setRegset(NOTE, length)],
        "EINVAL",
      ]),
      ["registers", registers, answers(SIZE, { differs: "nowhere" })],
    ],
    "SETREGSET with a mode of the kernel, or of AArch32, is EINVAL, and writes nothing": [
      VALID,
      ...each("pstate = 0x%", MODES, (mode) => [withPstate(mode), UNCHANGED]),
    ],
    "SETREGSET with a bit of DAIF is EINVAL, and writes nothing": [
      VALID,
      ...each("pstate = 0x%", DAIF, (mask) => [withPstate(mask), UNCHANGED]),
    ],
    "SETREGSET keeps the flags, SSBS, BTYPE, DIT and TCO of pstate": [
      VALID,
      ...each("pstate = 0x%", KEPT, (word) => [withPstate(word), { set: 0, pstate: word }]),
    ],
    "SETREGSET clears the other bits of pstate, among them SS, IL, PAN and UAO": [
      VALID,
      ...each("pstate = 0x%", CLEARED, (word) => [
        withPstate(word | bit(31)),
        { set: 0, pstate: bit(31) },
      ]),
    ],
    "A SETREGSET that ends before pstate checks the one that is there": [
      VALID,
      ["264 bytes", [withPstate(bit(28)), writes(filled(1n), 264)], { set: 0, pstate: bit(28) }],
    ],
    "SETREGSET from memory that is not mapped is EFAULT, unless there are no bytes": [
      "copy_regset_from_user, include/linux/regset.h",
      ["the iovec", request("SETREGSET", 1, NOWHERE), "EFAULT"],
      ["its memory", request("SETREGSET", 1, ASIDE, TID, NOWHERE, SIZE), "EFAULT"],
      ["no bytes", request("SETREGSET", 1, ASIDE, TID, NOWHERE, 0), 0],
    ],
    "SETREGSET of a note type that cannot be written is EOPNOTSUPP": [
      "copy_regset_from_user, include/linux/regset.h",
      [request("GETREGSET", 0x406, ASIDE, TID, SCRATCH, 0), unless("EINVAL", NO_NOTE)],
      ["NT_ARM_PAC_MASK", setRegset("NT_ARM_PAC_MASK", 16), "EOPNOTSUPP"],
    ],
  },
  {
    set: KEPT_RESULT,
    ...Object.fromEntries(INDICES.map(([name]) => [name, register(name)])),
    pstate: register("pstate"),
  },
);
