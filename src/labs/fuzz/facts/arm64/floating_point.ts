import { answers, each, requestFacts } from "../read/bench.ts";
import { byte, half, KEPT_RESULT, register, word } from "../read/places.ts";
import {
  go,
  KEEP,
  put,
  registers,
  regset,
  type Script,
  setRegset,
  unless,
  type Word,
} from "../read/verbs.ts";
import { PTRACE } from "./sources.ts";

const FPR_SET = `fpr_set, ${PTRACE}`;
const TLS_SET = `tls_set, ${PTRACE}`;
const SVE_SET = `sve_set_common, ${PTRACE}`;
const NO_SVE = "the processor or the kernel has no SVE";
/** sizeof(struct user_fpsimd_state): V0 to V31, fpsr, fpcr, and two reserved halves. */
const [SIZE, FPSR] = [528, 512];
const WORDS = SIZE / 8;
const FILL = 0x0123_4567_89ab_cdefn;

const filled = (fpsr = 0n, fpcr = 0n): readonly Word[] => [
  ...Array.from({ length: FPSR / 8 }, () => FILL),
  ...[fpsr | (fpcr << 32n), 0n],
];
/** Writes floating point, and reads it. */
const writes = (words: readonly Word[], length = SIZE): Script => [
  ...[put(...words), setRegset("NT_PRFPREG", length), KEEP],
  regset("NT_PRFPREG", SIZE),
];
const writesTls = (base: bigint): Script => [put(base), setRegset("NT_ARM_TLS", 8), KEEP];
const sve: Script = [regset("NT_ARM_SVE", 16), unless("EINVAL", NO_SVE)];
/** A header of SVE: size, maximal size, then vl, maximal vl and flags of 16 bits. */
const header = (vl: number): readonly Word[] => [0, vl];
const setSve = (words: readonly Word[], length: number): Script => [
  put(...words),
  setRegset("NT_ARM_SVE", length),
];

export const floatingPoint = requestFacts(
  "floating point and TLS",
  {
    "SETREGSET(NT_PRFPREG) writes V0 to V31, fpsr and fpcr": [
      FPR_SET,
      [
        "",
        writes(filled(0x1fn, 0x40_0000n)),
        {
          ...{ set: 0, written: SIZE, v0: FILL, v31: FILL },
          ...{ fpsr: 0x1fn, fpcr: 0x40_0000n },
        },
      ],
    ],
    "SETREGSET(NT_PRFPREG) writes as many bytes as the iovec has, and keeps the others": [
      FPR_SET,
      ...each("% bytes", [0, 4, 8, 16], (length) => [
        [writes(Array.from({ length: WORDS }, () => 0n)), writes(filled(), length)],
        { set: 0, v0: FILL & ((1n << BigInt(8 * Math.min(length, 8))) - 1n), v31: 0n },
      ]),
    ],
    "SETREGSET(NT_PRFPREG) of a length that is not a multiple of 4 is EINVAL": [
      FPR_SET,
      ...each("% bytes", [1, 2, 3, 5, 527, 529], (length) => [
        [put(...filled()), setRegset("NT_PRFPREG", length)],
        "EINVAL",
      ]),
    ],
    "A resumed program keeps the floating point that was written": [
      "fpsimd_restore_current_state, arch/arm64/kernel/fpsimd.c",
      [
        "",
        [writes(filled(0x1fn)), KEEP, go({}, "nops"), regset("NT_PRFPREG", SIZE)],
        answers(SIZE, { differs: "nowhere" }),
      ],
    ],
    "SETREGSET(NT_ARM_TLS) writes TPIDR_EL0, any word": [
      TLS_SET,
      ...each("0x%", [0n, 0x1234n, 1n << 47n, 1n << 63n, (1n << 64n) - 1n], (base) => [
        [writesTls(base), regset("NT_ARM_TLS", 8)],
        { set: 0, base },
      ]),
      ["in the program", [writesTls(FILL), go({}, "pointer"), registers], { x0: FILL }],
    ],
    "SETREGSET(NT_ARM_TLS) of no bytes keeps it; a length that is not a multiple of 8 is EINVAL": [
      TLS_SET,
      [
        "0 bytes",
        [writesTls(FILL), put(0n), setRegset("NT_ARM_TLS", 0), KEEP, regset("NT_ARM_TLS", 8)],
        { set: 0, base: FILL },
      ],
      ...each("% bytes", [1, 4, 7, 9], (length) => [setRegset("NT_ARM_TLS", length), "EINVAL"]),
    ],
    "NT_ARM_SVE begins with a header, which has vl and the size of the set": [
      `sve_get_common, ${PTRACE}`,
      sve,
      ["lengths", regset("NT_ARM_SVE", 16), { result: 0, written: 16, length: 16 }],
    ],
    "SETREGSET(NT_ARM_SVE) without a whole header is EINVAL": [
      SVE_SET,
      sve,
      ...each("% bytes", [0, 8, 15, 17], (length) => [setSve(header(16), length), "EINVAL"]),
    ],
    "SETREGSET(NT_ARM_SVE) with a vl that no vector has is EINVAL": [
      SVE_SET,
      sve,
      ...each("vl = %", [0, 1, 15, 17, 24, 8208], (vl) => [setSve(header(vl), 16), "EINVAL"]),
    ],
    "SETREGSET(NT_ARM_SVE) of a header alone sets vl": [
      SVE_SET,
      sve,
      ["vl = 16", [setSve(header(16), 16), KEEP, regset("NT_ARM_SVE", 16)], { set: 0, vl: 16 }],
    ],
  },
  {
    ...{
      set: KEPT_RESULT,
      v0: word(0),
      v31: word(31 * 16),
      fpsr: half(FPSR),
      fpcr: half(FPSR + 4),
    },
    ...{ base: word(0), x0: register("x0"), vl: byte(8) },
  },
);
