import { BLOCK_SIZE } from "../../case/amd64/kinds.ts";
import { answers, each, refused } from "../read/bench.ts";
import { cutTo, multiples, registerSet, regsetFacts } from "../read/regsets.ts";
import { KEEP, regset, requires, unless, xstateLength } from "../read/verbs.ts";

const FXSAVE_SIZE = 512;
/** Where the XSAVE area differs from fxregs_state: 0 to 415 are the registers. */
const FX_REGISTERS = 416;
/** More bytes than the area has. */
const MOST = 16 << 10;
const XSTATE = "xstateregs_get, arch/x86/kernel/fpu/regset.c";
const UNKNOWN = [0, 3, 4, 6, 0x100, 0x203, 0x400, 0x4649_4c45, 2 ** 32 - 1];
const COMPAT = ["NT_386_TLS", "NT_PRXFPREG"] as const;
const NO_NOTE = "the kernel does not have this note type";

export const regsets = regsetFacts([...UNKNOWN, ...COMPAT], {
  ...registerSet("NT_PRSTATUS", {
    source: "genregs_get, arch/x86/kernel/ptrace.c",
    lengths: multiples(8, BLOCK_SIZE),
    size: cutTo(BLOCK_SIZE),
    parts: [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1],
  }),
  ...registerSet("NT_PRFPREG", {
    source: "xfpregs_get, arch/x86/kernel/fpu/regset.c",
    lengths: multiples(8, FXSAVE_SIZE),
    size: cutTo(FXSAVE_SIZE),
    parts: [1, 4, 108, 511, 513],
  }),
  ...registerSet("NT_X86_XSTATE", {
    source: XSTATE,
    lengths: multiples(64, 45 * 64),
    size: (length) => xstateLength(Math.min(Number(length), MOST)),
    parts: [1, 4, 511, 513, 577],
    needs: [requires("XSAVE")],
  }),
  "The XSAVE area begins with the registers of NT_PRFPREG": [
    XSTATE,
    requires("XSAVE"),
    [regset("NT_PRFPREG", FXSAVE_SIZE), KEEP],
    ["", regset("NT_X86_XSTATE", FX_REGISTERS), answers(FX_REGISTERS, { differs: "nowhere" })],
  ],
  "GETREGSET(NT_386_IOPERM) of a task without ports is ENXIO": [
    "ioperm_get, arch/x86/kernel/ptrace.c",
    ...each("% bytes", [8, 8192], (length) => [
      regset("NT_386_IOPERM", length),
      { ...refused("ENXIO"), length },
    ]),
  ],
  "GETREGSET(NT_X86_SHSTK) of a task without a shadow stack is ENODEV": [
    "ssp_get, arch/x86/kernel/fpu/regset.c",
    [regset("NT_X86_SHSTK", 8), unless("EINVAL", NO_NOTE)],
    ["8 bytes", regset("NT_X86_SHSTK", 8), { ...refused("ENODEV"), length: 8 }],
    ["4 bytes", regset("NT_X86_SHSTK", 4), refused("EINVAL")],
  ],
});
