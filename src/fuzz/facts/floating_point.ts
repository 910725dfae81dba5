import { type Fact, setfpregs, show, tellOf, xstate } from "./fact.ts";

const tell = tellOf("floating point");

// struct user_fpregs_struct, and the header behind it in the XSAVE area.
const [FCW, MXCSR, ST0, XMM0, XMM15, RESERVED, BV, XCOMP, HEADER_END, YMM0] = [
  0, 24, 32, 160, 400, 416, 512, 520, 568, 576,
];
const WORD = 0x0123_4567_89ab_cdefn;
const USUAL = 0x1f80n;

function* facts(): Generator<Fact> {
  const kept = "xfpregs_set, arch/x86/kernel/fpu/regset.c";
  for (const [name, at, word] of [
    ["fcw, fsw, ftw and fop", FCW, 0x0000_0000_0000_037fn],
    ["the instruction pointer", 8, WORD],
    ["the data pointer", 16, WORD],
    ["st0's low word", ST0, WORD],
    ["st7's low word", ST0 + 7 * 16, WORD],
    ["xmm0's low word", XMM0, WORD],
    ["xmm0's high word", XMM0 + 8, WORD],
    ["xmm15's high word", XMM15 + 8, WORD],
  ] as const) {
    yield tell(`SETFPREGS: ${name} reads as written`, kept, setfpregs([[at, word]]), {
      reads: [word],
    });
  }
  for (const bit of [18, 20, 31]) {
    const word = USUAL | (1n << BigInt(bit));
    const name = `SETFPREGS: mxcsr ${show(word)} has a reserved bit: EINVAL, and nothing is written`;
    yield tell(
      name,
      "W27",
      setfpregs([
        [MXCSR, word],
        [XMM0, WORD],
      ]),
      { error: "EINVAL" },
    );
  }
  for (const mxcsr of [0n, 0x9fc0n, 0xffffn]) {
    yield tell(
      `SETFPREGS: mxcsr ${show(mxcsr)} is taken`,
      kept,
      setfpregs([
        [MXCSR, mxcsr],
        [XMM0, WORD],
      ]),
      {},
    );
  }
  for (const at of [RESERVED, 464, 504]) {
    yield tell(
      `SETFPREGS: what is written at offset ${at} reads 0`,
      "W28",
      setfpregs([[at, WORD]]),
      {
        reads: [0n],
      },
    );
  }
  const area = "xstateregs_set, arch/x86/kernel/fpu/regset.c";
  for (const [name, at] of [
    ["xmm0's low word", XMM0],
    ["xmm15's high word", XMM15 + 8],
    ["st0's low word", ST0],
    ["the high half of ymm0", YMM0],
  ] as const) {
    yield tell(
      `NT_X86_XSTATE: ${name} reads as written`,
      area,
      xstate([[at, WORD]]),
      { reads: [WORD] },
      at === YMM0 ? "AVX" : "XSAVE",
    );
  }
  yield tell(
    "NT_X86_XSTATE: xstate_bv reads as written",
    area,
    xstate([[BV, 3n]]),
    { reads: [3n] },
    "XSAVE",
  );
  for (const [name, bits, at] of [
    ["xmm0", 1n, XMM0],
    ["st0", 2n, ST0],
    ["the high half of ymm0", 3n, YMM0],
  ] as const) {
    yield tell(
      `NT_X86_XSTATE: with its bit clear in xstate_bv, ${name} reads 0`,
      "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c",
      xstate([
        [at, WORD],
        [BV, bits],
      ]),
      { reads: [0n, bits] },
      at === YMM0 ? "AVX" : "XSAVE",
    );
  }
  for (const bit of [8, 62, 63]) {
    const name = `NT_X86_XSTATE: bit ${bit} of xstate_bv is EINVAL`;
    yield tell(name, "W31", xstate([[BV, 1n << BigInt(bit)]]), { error: "EINVAL" }, "XSAVE");
  }
  for (const [name, at] of [
    ["xcomp_bv", XCOMP],
    ["the first reserved word of the header", XCOMP + 8],
    ["the last reserved word of the header", HEADER_END],
  ] as const) {
    yield tell(
      `NT_X86_XSTATE: ${name} must be 0, else EINVAL`,
      "W32",
      xstate([[at, 1n]]),
      { error: "EINVAL" },
      "XSAVE",
    );
  }
  const reserved = xstate([[MXCSR, USUAL | (1n << 31n)]]);
  yield tell(
    "NT_X86_XSTATE: a reserved bit of mxcsr is EINVAL",
    "W33",
    reserved,
    { error: "EINVAL" },
    "XSAVE",
  );
  for (const length of [0, 8, 512, 576]) {
    const name = `NT_X86_XSTATE: ${length} bytes are EFAULT: it is written as a whole`;
    yield tell(name, "W30", xstate([[XMM0, WORD]], length), { error: "EFAULT" }, "XSAVE");
  }
  for (const length of [1, 577]) {
    const name = `NT_X86_XSTATE: ${length} bytes, no multiple of 8, are EINVAL`;
    yield tell(name, "W29", xstate([[XMM0, WORD]], length), { error: "EINVAL" }, "XSAVE");
  }
  const long = xstate([[XMM0, WORD]], 1 << 20);
  yield tell(
    "NT_X86_XSTATE: more bytes than it has are cut",
    area,
    long,
    { reads: [WORD] },
    "XSAVE",
  );
}

export const floatingPoint: readonly Fact[] = [...facts()];
