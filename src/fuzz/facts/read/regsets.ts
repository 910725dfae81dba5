import { BLOCK_SIZE } from "../../case/case_members.ts";
import type { Machine } from "../../try/machine.ts";
import { pairs } from "../fact.ts";
import type { Need } from "../needs.ts";
import { REGSET } from "../sources.ts";
import { type Answer, answers, differsAt, refused } from "./answer.ts";
import { each, exists, type Requests, type Row, regset, requestFacts, requires } from "./bench.ts";
import { NOWHERE, type NoteName } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const FXSAVE_SIZE = 512;
/** Where the XSAVE area differs from fxregs_state: 0 to 415 are the registers. */
const FX_REGISTERS = 416;
const BIG = [1n << 31n, 1n << 63n, (1n << 64n) - 8n];
const GENREGS_GET = "genregs_get, arch/x86/kernel/ptrace.c";
const XFPREGS_GET = "xfpregs_get, arch/x86/kernel/fpu/regset.c";
const XSTATE = "xstateregs_get, arch/x86/kernel/fpu/regset.c";
const UNKNOWN = [0, 3, 4, 6, 0x100, 0x203, 0x400, 0x4649_4c45, 2 ** 32 - 1];
const COMPAT = ["NT_386_TLS", "NT_PRXFPREG"] as const;

const prefix = (tracee: Tracee, note: NoteName, whole: Answer, length: number) => {
  const answer = tracee.regset(note, length);
  return { ...answer, "differs from the whole": differsAt(answer, whole, length) };
};

/** A set of which lengths up to `size` read a prefix, and longer ones are cut. */
function readsPrefix(tracee: Tracee, note: NoteName, size: number): Row[] {
  const whole = tracee.regset(note, size);
  const unit = size > 1024 ? 64 : 8;
  const shorter = Array.from({ length: Math.ceil(size / unit) }, (_, i) => i * unit);
  const all = answers(size, { length: size });
  return [
    [`${size} bytes`, () => whole, all],
    ...each("% bytes", shorter, (length) => [
      (t) => prefix(t, note, whole, length),
      answers(length, { length, "differs from the whole": "nowhere" }),
    ]),
    ...each("% bytes", [BigInt(size + 8), ...BIG], (length) => [regset(note, length), all]),
  ];
}

/** What is common to the sets of registers. `parts` are lengths that are refused. */
const set = (
  note: NoteName,
  source: string,
  sizeOf: (machine: Machine) => number,
  parts: readonly number[],
  ...needs: readonly Need[]
): Requests => ({
  [`GETREGSET(${note}) writes as many words as the iovec has room for, and sets its length`]: [
    source,
    ...needs.map(requires),
    (tracee, { machine }) => readsPrefix(tracee, note, sizeOf(machine)),
  ],
  [`GETREGSET(${note}) of a length that is not a multiple of 8 is EINVAL, and writes nothing`]: [
    REGSET,
    ...needs.map(requires),
    ...each("% bytes", parts, (length) => [regset(note, length), { ...refused("EINVAL"), length }]),
  ],
});

/** The same registers in both of their sets. */
const legacyOf = (tracee: Tracee): [Answer, Answer] => [
  tracee.regset("NT_PRFPREG", FXSAVE_SIZE),
  tracee.regset("NT_X86_XSTATE", FXSAVE_SIZE),
];

const NO_NOTE = "the kernel does not have this note type";

const get = (tracee: Tracee) => (vector: number) => tracee.request("GETREGSET", 1, vector);
/** GETREGSET with an iovec for an address that is not mapped. */
const badVector = (length: bigint) => (tracee: Tracee) =>
  tracee.memory.vector(NOWHERE, length, get(tracee)).result;

export const regsets = requestFacts("GETREGSET", {
  ...set("NT_PRSTATUS", GENREGS_GET, () => BLOCK_SIZE, [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1]),
  ...set("NT_PRFPREG", XFPREGS_GET, () => FXSAVE_SIZE, [1, 4, 108, 511, 513]),
  ...set("NT_X86_XSTATE", XSTATE, (it) => it.xstateLength, [1, 4, 511, 513, 577], "XSAVE"),
  "The XSAVE area begins with the registers of NT_PRFPREG": [
    XSTATE,
    requires("XSAVE"),
    ["", (t) => ({ differs: differsAt(...legacyOf(t), FX_REGISTERS) }), { differs: "nowhere" }],
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
    exists(regset("NT_X86_SHSTK", 8), "EINVAL", NO_NOTE),
    ["8 bytes", regset("NT_X86_SHSTK", 8), { ...refused("ENODEV"), length: 8 }],
    ["4 bytes", regset("NT_X86_SHSTK", 4), refused("EINVAL")],
  ],
  "GETREGSET of an unknown note type, or of one of 32-bit programs, is EINVAL": [
    "find_regset, kernel/ptrace.c",
    ...each("note %, % bytes", pairs([...UNKNOWN, ...COMPAT], [0, 8, 48]), ([note, length]) => [
      regset(note, length),
      { ...refused("EINVAL"), length },
    ]),
  ],
  "GETREGSET cuts the note type to 32 bits": [
    REGSET,
    ["0x100000001", regset((1n << 32n) + 1n, 8), answers(8, { length: 8 })],
  ],
  "An iovec at, or for, an address that is not mapped is EFAULT": [
    REGSET,
    ["the iovec", (t) => get(t)(NOWHERE), "EFAULT"],
    ["its memory", badVector(8n), "EFAULT"],
    ["no bytes", badVector(0n), 0],
    ["a refused length", badVector(4n), "EINVAL"],
  ],
});
