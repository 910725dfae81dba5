import { BLOCK_SIZE } from "../../case/amd64/kinds.ts";
import { pairs } from "../fact.ts";
import type { Need } from "../needs.ts";
import { REGSET } from "../sources.ts";
import { answers, refused } from "./answer.ts";
import { each, type Requests, type Row, requestFacts } from "./bench.ts";
import { NOWHERE, type NoteName } from "./numbers.ts";
import { DIFFERS } from "./places.ts";
import {
  ASIDE,
  KEEP,
  regset,
  request,
  requires,
  TID,
  unless,
  type Word,
  xstateLength,
} from "./verbs.ts";

const FXSAVE_SIZE = 512;
/** Where the XSAVE area differs from fxregs_state: 0 to 415 are the registers. */
const FX_REGISTERS = 416;
/** More bytes than any set has. */
const MOST = 16 << 10;
const BIG = [1n << 31n, 1n << 63n, (1n << 64n) - 8n];
const GENREGS_GET = "genregs_get, arch/x86/kernel/ptrace.c";
const XFPREGS_GET = "xfpregs_get, arch/x86/kernel/fpu/regset.c";
const XSTATE = "xstateregs_get, arch/x86/kernel/fpu/regset.c";
const UNKNOWN = [0, 3, 4, 6, 0x100, 0x203, 0x400, 0x4649_4c45, 2 ** 32 - 1];
const COMPAT = ["NT_386_TLS", "NT_PRXFPREG"] as const;

/** How many bytes there are of so many that are asked for. */
type Size = (length: Word) => Word;
const cutTo =
  (size: number): Size =>
  (length) =>
    Math.min(Number(length), size);
const xstate: Size = (length) => xstateLength(Math.min(Number(length), MOST));

/** Lengths up to that of the set read a prefix, and longer ones are cut. */
const readsPrefix = (note: NoteName, lengths: readonly Word[], size: Size): Row[] =>
  each("% bytes", lengths, (length) => [
    regset(note, length),
    { result: 0, written: size(length), length: size(length), "differs from the whole": "nowhere" },
  ]);

/** What is common to the sets of registers. `parts` are lengths that are refused. */
const set = (
  note: NoteName,
  source: string,
  [unit, most, size]: readonly [unit: number, most: number, size: Size],
  parts: readonly number[],
  ...needs: readonly Need[]
): Requests => ({
  [`GETREGSET(${note}) writes as many words as the iovec has room for, and sets its length`]: [
    source,
    ...needs.map(requires),
    [regset(note, MOST), KEEP],
    ...readsPrefix(note, [...multiples(unit, most), BigInt(most + 8), ...BIG], size),
  ],
  [`GETREGSET(${note}) of a length that is not a multiple of 8 is EINVAL, and writes nothing`]: [
    REGSET,
    ...needs.map(requires),
    ...each("% bytes", parts, (length) => [regset(note, length), { ...refused("EINVAL"), length }]),
  ],
});
const multiples = (unit: number, most: number) =>
  Array.from({ length: most / unit + 1 }, (_, i) => unit * i);

const NO_NOTE = "the kernel does not have this note type";

/** GETREGSET with an iovec for an address that is not mapped. */
const badVector = (length: bigint) => request("GETREGSET", 1, ASIDE, TID, NOWHERE, length);

export const regsets = requestFacts(
  "GETREGSET",
  {
    ...set(
      "NT_PRSTATUS",
      GENREGS_GET,
      [8, BLOCK_SIZE, cutTo(BLOCK_SIZE)],
      [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1],
    ),
    ...set("NT_PRFPREG", XFPREGS_GET, [8, FXSAVE_SIZE, cutTo(FXSAVE_SIZE)], [1, 4, 108, 511, 513]),
    ...set("NT_X86_XSTATE", XSTATE, [64, 45 * 64, xstate], [1, 4, 511, 513, 577], "XSAVE"),
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
      ["the iovec", request("GETREGSET", 1, NOWHERE), "EFAULT"],
      ["its memory", badVector(8n), "EFAULT"],
      ["no bytes", badVector(0n), 0],
      ["a refused length", badVector(4n), "EINVAL"],
    ],
  },
  { "differs from the whole": DIFFERS },
);
