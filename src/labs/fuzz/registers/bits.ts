/* The bits of registers by their names. */

import { HOST_ARCH, HOST_MACHINE } from "../../../core/machine/index.ts";
import { constantsOf, errorName, signalName, syscallName } from "../../../lib/names.ts";
import { CALL, CALL_CODE, indexOf, PC, placeOf, REGISTERS } from "../case/arch.ts";
import { instructionAt } from "./listing.ts";
import { encoder, type Words } from "./words.ts";

/** The flags in a register. */
export interface FlagSet {
  readonly title: string;
  /** The call that takes them; undefined if the processor does. */
  readonly call?: string;
  /** The index of the register. */
  readonly at: number;
  readonly names: readonly (readonly [name: string, bit: bigint])[];
  /** The bits that are the number of a signal. */
  readonly signal?: bigint;
  /** Whether the encoder refuses them with -EINVAL, as the kernel does; else it makes the same word. */
  refuses?(word: bigint): boolean;
}

const { constants, encodeClone, encodeWaitOptions } = encoder;
const { number: NUMBER, arguments: ARGUMENTS } = HOST_MACHINE.callRegisters;

/** Intel SDM volume 1, 3.4.3; Arm ARM, C5.2.18 (SPSR_EL1). */
const STATUS_BITS = {
  amd64: "eflags ID21 VIP20 VIF19 AC18 VM17 RF16 NT14 OF11 DF10 IF9 TF8 SF7 ZF6 AF4 PF2 CF0",
  arm64: "pstate N31 Z30 C29 V28 TCO25 DIT24 UAO23 PAN22 SS21 IL20 SSBS12 D9 A8 I7 F6 nRW4",
};
const [STATUS = "", ...BITS] = STATUS_BITS[HOST_ARCH].split(" ");

export const FLAG_SETS: readonly FlagSet[] = [
  {
    ...{ title: "Flags of clone", call: "clone", at: indexOf(ARGUMENTS[0] ?? ""), signal: 0xffn },
    // The others are those of clone3.
    names: distinct(constantsOf("clone", constants)).filter(([, bit]) => bit >> 32n === 0n),
    refuses: (word) => encodeClone(word & ~0xffn, Number(word & 0xffn)) < 0n,
  },
  {
    ...{ title: "Options of wait4", call: "wait4", at: indexOf(ARGUMENTS[2] ?? "") },
    names: distinct([...constants].filter(([name]) => /^(__)?W[A-Z]+$/.test(name))),
    refuses: (word) => encodeWaitOptions(word) < 0n,
  },
  {
    ...{ title: `Bits of ${STATUS}`, at: indexOf(STATUS) },
    names: BITS.map((text) => [text.replace(/\d+/, ""), 1n << BigInt(text.replace(/\D+/, ""))]),
  },
];

/** Names with a bit of their own, without second names of the same. */
function distinct(named: readonly (readonly [string, bigint])[]): FlagSet["names"] {
  return named.filter(([, bit], i) => named.findIndex(([, other]) => other === bit) === i);
}

/** The name of the call that words make; undefined if they make none. */
export function callOf(words: Words): string | undefined {
  if (words[PC] !== placeOf(CALL_CODE)) return undefined;
  return syscallName(words[indexOf(NUMBER)] ?? 0n, constants);
}

/** Whether words hold these flags: those of the call that they make, and those of the processor. */
export const holds = ({ call }: FlagSet, words: Words) =>
  call === undefined || call === callOf(words);

/** What word `i` means, in a few words. */
export function meaningOf(words: Words, i: number): string {
  const [name = "", word = 0n, call] = [REGISTERS[i], words[i], callOf(words)];
  const set = FLAG_SETS.find((each) => each.at === i && holds(each, words));
  if (set !== undefined) {
    const terms = set.names.flatMap(([name, bit]) => ((word & bit) === 0n ? [] : [name]));
    const signal = Number(word & (set.signal ?? 0n));
    return [...terms, ...(signal === 0 ? [] : [signalName(signal, constants)])].join(" ");
  }
  if (i === PC) return instructionAt(word)?.text ?? "";
  if (name === NUMBER && call !== undefined) return call;
  if (i === CALL && BigInt.asIntN(32, word) === -1n) return "no call";
  // A call that is restarted has its number in both.
  if (i === CALL || (name === NUMBER && word !== 0n && word === words[CALL]))
    return syscallName(word, constants) ?? "";
  if (/^[c-gs]s$/.test(name) && word !== 0n) return `segment ${word >> 3n}, level ${word & 3n}`;
  const signed = BigInt.asIntN(64, word);
  if (signed >= 0n || signed < -4095n) return word < 10n || word > 9999n ? "" : `${word}`;
  const errno = errorName(Number(-signed), constants);
  return errno.includes(" ") ? `${signed}` : `${signed}, -${errno}`;
}
