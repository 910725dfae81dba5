import { REGISTERS } from "../../case/amd64/registers.ts";
import { answers, each, type Row, refused, requestFacts } from "../read/bench.ts";
import { NOWHERE } from "../read/numbers.ts";
import { word } from "../read/places.ts";
import { KEEP, kept, read, request, to, unless } from "../read/verbs.ts";
import { ARCH_PTRACE, SET_DEBUGREG } from "./sources.ts";

/** struct user: registers, a hole for the old floating point, debug registers, two words more. */
const [REGISTERS_END, DEBUGREG, DEBUGREG_END, END] = [8 * REGISTERS.length, 848, 912, 928];
const PAST = [928n, 936n, 4096n, 1n << 31n, 1n << 32n, 1n << 63n, (1n << 64n) - 8n];
/** DR6 with no condition detected. */
const DR6_RESERVED = 0xffff_0ff0n;

const words = (start: number, end: number) =>
  Array.from({ length: (end - start) / 8 }, (_, i) => start + 8 * i);

/** An offset that reads a word. */
const reads = (offset: number, value: bigint, name = ""): Row => [
  `offset ${offset}${name && ` (${name})`}`,
  read("PEEKUSER", offset),
  answers(8, { word: value }),
];

const refuses = (offset: number | bigint): Row => {
  return [`offset ${BigInt.asIntN(64, BigInt(offset))}`, read("PEEKUSER", offset), refused("EIO")];
};

/** A debug register that reads as it was written. Virtual machines may have no breakpoints. */
const writes = (n: number, word: number): Row => {
  const [name, look, expected] = reads(DEBUGREG + 8 * n, BigInt(word), `DR${n}`);
  const skips = (["ENOSPC", "EOPNOTSUPP"] as const).map((errno) => unless(errno, `it is ${errno}`));
  return [name, [request("POKEUSER", DEBUGREG + 8 * n, word), skips, look], expected];
};

export const peekuser = requestFacts(
  "PEEKUSER",
  {
    "PEEKUSER reads the registers that GETREGS has, each at 8 times its index": [
      ARCH_PTRACE,
      [to("entry"), read("GETREGS"), KEEP],
      ...REGISTERS.map((name, i) => reads(8 * i, kept(name), name)),
    ],
    "PEEKUSER reads 0 between the registers and the debug registers, and after these": [
      ARCH_PTRACE,
      ...words(REGISTERS_END, DEBUGREG).map((offset) => reads(offset, 0n)),
      ...words(DEBUGREG_END, END).map((offset) => reads(offset, 0n)),
    ],
    "PEEKUSER of debug registers that were never written reads 0, of DR6 0xffff0ff0": [
      "ptrace_get_debugreg, arch/x86/kernel/ptrace.c",
      ...words(DEBUGREG, DEBUGREG_END).map((offset, n) =>
        reads(offset, n === 6 ? DR6_RESERVED : 0n, `DR${n}`),
      ),
    ],
    "PEEKUSER reads a debug register as POKEUSER wrote it": [
      SET_DEBUGREG,
      writes(6, 0),
      writes(6, 0x1234),
      writes(0, 0x1000_0000),
      writes(3, 0x1000_2000),
      writes(7, 0),
    ],
    "PEEKUSER at an offset that is not a multiple of 8 is EIO": [
      ARCH_PTRACE,
      ...[1, 2, 3, 4, 5, 6, 7, 215, 220, 849, 929].map(refuses),
    ],
    "PEEKUSER from sizeof(struct user) on, and at a negative offset, is EIO": [
      ARCH_PTRACE,
      ...PAST.map(refuses),
    ],
    "PEEKUSER to an address that is not mapped is EFAULT, but a bad offset is EIO first": [
      ARCH_PTRACE,
      ...each("offset %", [0, 216], (at) => [request("PEEKUSER", at, NOWHERE), "EFAULT"]),
      ...each("offset %", [4, 928], (at) => [request("PEEKUSER", at, NOWHERE), "EIO"]),
    ],
  },
  { word: word(0) },
);
