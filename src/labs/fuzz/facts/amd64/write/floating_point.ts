import { by, each, type Row, setupFacts } from "../../fact.ts";
import type { Need } from "../../needs.ts";
import { REGSET } from "../../sources.ts";
import { setfpregs, xstate, xstateOf } from "../setups.ts";

/*
 * Offsets in struct user_fpregs_struct, and in the XSAVE area, which begins with it:
 *
 *     0 fcw … 24 mxcsr … 32 st0 … 160 xmm0 … 416 reserved … 464 the kernel's words
 *     512 xstate_bv   520 xcomp_bv   528 reserved   576 ymm0's high half
 */
const [FCW, FIP, FDP, MXCSR, ST0, XMM0, RESERVED] = [0, 8, 16, 24, 32, 160, 416];
const [SW_RESERVED, BV, XCOMP, HEADER_END, YMM0] = [464, 512, 520, 568, 576];
const WORD = 0x0123_4567_89ab_cdefn;
const MXCSR_DEFAULT = 0x1f80n;

/** Registers by their offsets. They accept any word, except for fcw. */
const LEGACY = Object.entries({
  ...{ fcw: FCW, "the instruction pointer": FIP, "the data pointer": FDP },
  ...{ st0: ST0, st7: ST0 + 7 * 16, "xmm0's low word": XMM0, "xmm0's high word": XMM0 + 8 },
  "xmm15's high word": XMM0 + 15 * 16 + 8,
});
const wordOf = (offset: number) => (offset === FCW ? 0x37fn : WORD);

const XFPREGS_SET = "xfpregs_set, arch/x86/kernel/fpu/regset.c";
const XSTATEREGS_SET = "xstateregs_set, arch/x86/kernel/fpu/regset.c";
const FROM_UABI = "copy_uabi_to_xstate, arch/x86/kernel/fpu/xstate.c";
const TO_UABI = "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c";
const HEADER = "validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c";
const EINVAL = { error: "EINVAL" } as const;
const reservedBit = (bit: number) => [MXCSR, MXCSR_DEFAULT | (1n << BigInt(bit))] as const;

/** A check of an XSAVE area, which AVX's component needs to have. */
const area = (name: string, it: Row[1], expected: Row[2], need: Need = "XSAVE"): Row => {
  return [name, it, expected, need];
};

export const floatingPoint = setupFacts("floating point", {
  "SETFPREGS writes the x87 and SSE registers": [
    XFPREGS_SET,
    ...each("%", LEGACY, ([, at]) => [setfpregs([at, wordOf(at)]), { reads: [wordOf(at)] }]),
  ],
  "SETFPREGS accepts every bit of mxcsr_mask": [
    XFPREGS_SET,
    ...each("%", [0n, 0x9fc0n, 0xffffn], (mxcsr) => [setfpregs([MXCSR, mxcsr], [XMM0, WORD]), {}]),
  ],
  "SETFPREGS refuses a reserved bit of mxcsr with EINVAL": [
    by(XFPREGS_SET, "W27"),
    ...each("bit %", [18, 20, 31], (bit) => [
      setfpregs(reservedBit(bit), [XMM0, WORD]),
      EINVAL,
      "mxcsr check",
    ]),
  ],
  "Before Linux 5.14 SETFPREGS and NT_X86_XSTATE clear reserved bits of mxcsr without an error": [
    by("xfpregs_set, xstateregs_set, arch/x86/kernel/fpu/regset.c, 5.10", "W72"),
    ...each("SETFPREGS: bit %", [18, 20, 31], (bit) => [
      setfpregs(reservedBit(bit)),
      { reads: [MXCSR_DEFAULT] },
      "no mxcsr check",
    ]),
    [
      "NT_X86_XSTATE",
      xstate(reservedBit(31)),
      { reads: [MXCSR_DEFAULT] },
      ...(["XSAVE", "no mxcsr check"] as const),
    ],
  ],
  "From offset 416 on SETFPREGS is accepted, and reads 0": [
    by(TO_UABI, "W28"),
    ...each("offset %", [RESERVED, 464, 504], (at) => [
      setfpregs([at, WORD]),
      { reads: [0n] },
      ...(["XSAVE", "mxcsr check"] as const),
    ]),
  ],
  "Before Linux 5.14 what SETFPREGS writes from offset 416 on is kept": [
    by("xfpregs_get, arch/x86/kernel/fpu/regset.c, 5.10", "W72"),
    ...each("offset %", [RESERVED, 464, 504], (at) => [
      setfpregs([at, WORD]),
      { reads: [WORD] },
      "no mxcsr check",
    ]),
  ],
  "SETREGSET(NT_X86_XSTATE) writes the components that xstate_bv names": [
    FROM_UABI,
    ...LEGACY.map(([name, at]) => area(name, xstate([at, wordOf(at)]), { reads: [wordOf(at)] })),
    area("the high half of ymm0", xstate([YMM0, WORD]), { reads: [WORD] }, "AVX"),
    area("xstate_bv", xstate([BV, 3n]), { reads: [3n] }),
  ],
  "A component whose bit in xstate_bv is 0 reads as in a new program": [
    by(TO_UABI, "W35"),
    area("xmm0", xstate([XMM0, WORD], [BV, 1n]), { reads: [0n, 1n] }),
    area("st0", xstate([ST0, WORD], [BV, 2n]), { reads: [0n, 2n] }),
    area("the high half of ymm0", xstate([YMM0, WORD], [BV, 3n]), { reads: [0n, 3n] }, "AVX"),
  ],
  "xstate_bv must not name a component that the machine lacks, else EINVAL": [
    by(HEADER, "W31"),
    ...each("bit %", [8, 40, 62, 63], (bit) => [xstate([BV, 1n << BigInt(bit)]), EINVAL, "XSAVE"]),
  ],
  "xcomp_bv and the reserved words of the header must be 0, else EINVAL": [
    by(HEADER, "W32"),
    ...each("offset %", [XCOMP, XCOMP + 8, HEADER_END], (at) => [
      xstate([at, 1n]),
      EINVAL,
      "XSAVE",
    ]),
  ],
  "SETREGSET(NT_X86_XSTATE) refuses a reserved bit of mxcsr with EINVAL": [
    by(FROM_UABI, "W33"),
    ["", xstate(reservedBit(31)), EINVAL, ...(["XSAVE", "mxcsr check"] as const)],
  ],
  "Without a component that has it, mxcsr is not checked": [
    FROM_UABI,
    area("", xstate([BV, 0n], reservedBit(31)), { reads: [0n] }),
  ],
  "The kernel's words at offset 464 are not written": [
    by(TO_UABI, "W34"),
    area("", xstate([SW_RESERVED + 8, WORD]), { reads: [0n] }),
  ],
  "SETREGSET(NT_X86_XSTATE) of fewer bytes than the area has is EFAULT": [
    by(XSTATEREGS_SET, "W30"),
    ...each("% bytes", [0, 8, 512, 576], (n) => [
      xstateOf(n, [XMM0, WORD]),
      { error: "EFAULT" },
      "XSAVE",
    ]),
  ],
  "SETREGSET(NT_X86_XSTATE) of a length that is not a multiple of 8 is EINVAL": [
    by(REGSET, "W29"),
    ...each("% bytes", [1, 513, 577], (n) => [xstateOf(n, [XMM0, WORD]), EINVAL, "XSAVE"]),
  ],
  "SETREGSET(NT_X86_XSTATE) of more bytes ignores the rest": [
    REGSET,
    area("", xstateOf(1 << 20, [XMM0, WORD]), { reads: [WORD] }),
  ],
});
