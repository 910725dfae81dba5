import { by, type Need, type Row, setupFacts } from "../fact.ts";
import { setfpregs, show, xstate } from "../setups.ts";
import { REGSET } from "../sources.ts";

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

/** Registers by their offsets, each with a word that they accept. */
const LEGACY = [
  ...([
    ["fcw", FCW, 0x37fn],
    ["the instruction pointer", FIP, WORD],
  ] as const),
  ...([
    ["the data pointer", FDP, WORD],
    ["st0", ST0, WORD],
    ["st7", ST0 + 7 * 16, WORD],
  ] as const),
  ...([
    ["xmm0's low word", XMM0, WORD],
    ["xmm0's high word", XMM0 + 8, WORD],
  ] as const),
  ["xmm15's high word", XMM0 + 15 * 16 + 8, WORD],
] as const;

const XFPREGS_SET = "xfpregs_set, arch/x86/kernel/fpu/regset.c";
const XSTATEREGS_SET = "xstateregs_set, arch/x86/kernel/fpu/regset.c";
const FROM_UABI = "copy_uabi_to_xstate, arch/x86/kernel/fpu/xstate.c";
const TO_UABI = "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c";
const HEADER = "validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c";
const EINVAL = { error: "EINVAL" } as const;

/** A check of an XSAVE area, which AVX's component needs to have. */
function area(name: string, it: Row[1], expected: Row[2], need: Need = "XSAVE"): Row {
  return [name, it, expected, need];
}

export const floatingPoint = setupFacts("floating point", (fact) => {
  fact(
    "SETFPREGS writes the x87 and SSE registers",
    XFPREGS_SET,
    ...LEGACY.map(([name, at, word]): Row => [name, setfpregs([at, word]), { reads: [word] }]),
  );
  fact(
    "SETFPREGS accepts every bit of mxcsr_mask",
    XFPREGS_SET,
    ...[0n, 0x9fc0n, 0xffffn].map((mxcsr): Row => {
      return [show(mxcsr), setfpregs([MXCSR, mxcsr], [XMM0, WORD]), {}];
    }),
  );
  fact(
    "SETFPREGS refuses a reserved bit of mxcsr with EINVAL",
    by(XFPREGS_SET, "W27"),
    ...[18n, 20n, 31n].map((bit): Row => {
      return [`bit ${bit}`, setfpregs([MXCSR, MXCSR_DEFAULT | (1n << bit)], [XMM0, WORD]), EINVAL];
    }),
  );
  fact(
    "From offset 416 on SETFPREGS is accepted, and reads 0",
    by(TO_UABI, "W28"),
    ...[RESERVED, 464, 504].map((at): Row => {
      return [`offset ${at}`, setfpregs([at, WORD]), { reads: [0n] }];
    }),
  );
  fact(
    "SETREGSET(NT_X86_XSTATE) writes the components that xstate_bv names",
    FROM_UABI,
    ...LEGACY.map(([name, at, word]) => area(name, xstate([[at, word]]), { reads: [word] })),
    area("the high half of ymm0", xstate([[YMM0, WORD]]), { reads: [WORD] }, "AVX"),
    area("xstate_bv", xstate([[BV, 3n]]), { reads: [3n] }),
  );
  fact(
    "A component whose bit in xstate_bv is 0 reads as in a new program",
    by(TO_UABI, "W35"),
    area(
      "xmm0",
      xstate([
        [XMM0, WORD],
        [BV, 1n],
      ]),
      { reads: [0n, 1n] },
    ),
    area(
      "st0",
      xstate([
        [ST0, WORD],
        [BV, 2n],
      ]),
      { reads: [0n, 2n] },
    ),
    area(
      "the high half of ymm0",
      xstate([
        [YMM0, WORD],
        [BV, 3n],
      ]),
      { reads: [0n, 3n] },
      "AVX",
    ),
  );
  fact(
    "xstate_bv must not name a component that the machine lacks, else EINVAL",
    by(HEADER, "W31"),
    ...[8n, 40n, 62n, 63n].map((bit) => area(`bit ${bit}`, xstate([[BV, 1n << bit]]), EINVAL)),
  );
  fact(
    "xcomp_bv and the reserved words of the header must be 0, else EINVAL",
    by(HEADER, "W32"),
    ...[XCOMP, XCOMP + 8, HEADER_END].map((at) => area(`offset ${at}`, xstate([[at, 1n]]), EINVAL)),
  );
  const reserved: readonly [number, bigint] = [MXCSR, MXCSR_DEFAULT | (1n << 31n)];
  fact(
    "SETREGSET(NT_X86_XSTATE) refuses a reserved bit of mxcsr with EINVAL",
    by(FROM_UABI, "W33"),
    area("", xstate([reserved]), EINVAL),
  );
  fact(
    "Without a component that has it, mxcsr is not checked",
    FROM_UABI,
    area("", xstate([[BV, 0n], reserved]), { reads: [0n] }),
  );
  fact(
    "The kernel's words at offset 464 are not written",
    by(TO_UABI, "W34"),
    area("", xstate([[SW_RESERVED + 8, WORD]]), { reads: [0n] }),
  );
  fact(
    "SETREGSET(NT_X86_XSTATE) of fewer bytes than the area has is EFAULT",
    by(XSTATEREGS_SET, "W30"),
    ...[0, 8, 512, 576].map((length) =>
      area(`${length} bytes`, xstate([[XMM0, WORD]], length), { error: "EFAULT" }),
    ),
  );
  fact(
    "SETREGSET(NT_X86_XSTATE) of a length that is not a multiple of 8 is EINVAL",
    by(REGSET, "W29"),
    ...[1, 513, 577].map((length) =>
      area(`${length} bytes`, xstate([[XMM0, WORD]], length), EINVAL),
    ),
  );
  fact(
    "SETREGSET(NT_X86_XSTATE) of more bytes ignores the rest",
    REGSET,
    area("", xstate([[XMM0, WORD]], 1 << 20), { reads: [WORD] }),
  );
});
