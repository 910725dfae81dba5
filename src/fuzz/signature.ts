/*
 * What kind of outcome a case has: a number that two cases share if the kernel did the same things to their registers.
 * It has no addresses, pids or values in it but those that mean something, so it is the same in every run.
 */

import { BASELINE } from "./baseline.ts";
import { MOST_PAIRS } from "./case.ts";
import { placeOf } from "./code.ts";
import {
  type Batch,
  FROMS,
  indexOf,
  ONS,
  OUTCOME,
  outcomeAt,
  REGISTERS,
  SETUP,
  setupAt,
  WANT_WRITTEN,
  WAYS,
} from "./setups.ts";

/** What is said of an outcome beside a prediction; a number from DIFFERS on says how it differs. */
export const AGREES = 0;
export const UNPREDICTED = 1;
export const DIFFERS = 2;

const HALVES = 2 * REGISTERS.length;
const [SETREGS, SETREGSET, POKEUSER] = [
  WAYS.indexOf("SETREGS"),
  WAYS.indexOf("SETREGSET"),
  WAYS.indexOf("POKEUSER"),
];
const [XSTATE, SYSCALL_INFO] = [WAYS.indexOf("XSTATE"), WAYS.indexOf("SYSCALL_INFO")];
const SIGRETURN = WAYS.indexOf("SIGRETURN");
const [SIGNAL, GROUP] = [FROMS.indexOf("signal"), FROMS.indexOf("group")];
const [CONT, SINGLESTEP] = [ONS.indexOf("CONT"), ONS.indexOf("SINGLESTEP")];
const STEPS: ReadonlySet<number> = new Set([SINGLESTEP, ONS.indexOf("SYSEMU_SINGLESTEP")]);
/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STATUS = 5 | 0x80;
const [RIP, RSP, RDI] = [2 * indexOf("rip"), 2 * indexOf("rsp"), 2 * indexOf("rdi")];
const EFLAGS = 2 * indexOf("eflags");
const HANDLER = Number(placeOf("handler"));
const FIRST_DEBUG_REGISTER = 848;

const BASE = new Uint32Array(BigUint64Array.from(BASELINE).buffer);
/** The registers that the case under way asks for. */
const asked = new Uint32Array(HALVES);

/** What became of a word. */
const [SAME, ZERO, LOW_32, LOW_16, ERRNO, OTHER] = [0, 1, 2, 3, 4, 5];
/** TF, NT and RF: of all others it means little. */
const TELLING_FLAGS = 0x0001_4100;

/**
 * Registers whose change until the stop is told of by itself (1), or as that of any selector or base (2). The others
 * follow from these, as RCX does from a SYSCALL, and would double the kinds of outcomes each.
 */
const KINDS: Readonly<Record<string, number>> = {
  ...{ rax: 1, rip: 1, rsp: 1, eflags: 1 },
  ...{ fs_base: 2, gs_base: 2, ds: 2, es: 2, fs: 2, gs: 2 },
};
const [ITSELF, SEGMENTS] = [1, 2];
const KIND_OF = Uint8Array.from(REGISTERS.map((name) => KINDS[name] ?? 0));

let [low, high] = [0, 0];

/** Takes a number in. */
function mix(number: number): void {
  low = Math.imul(low ^ number, 0x9e37_79b1);
  low ^= low >>> 15;
  high = Math.imul(high ^ low, 0x85eb_ca6b) + number;
  high ^= high >>> 13;
}

/** The signature of setup `i` and its outcome: a whole number below 2^53. */
export function signatureOf({ setups, outcomes }: Batch, i: number, agreement: number): number {
  const [setup, outcome] = [setupAt(i), outcomeAt(i)];
  const kinds = (setups[setup + SETUP.kinds] ?? 0) & 0xff_ffff;
  const error = outcomes[outcome + OUTCOME.error] ?? 0;
  low = 0x5157_0b1a;
  high = 0;
  const way = (kinds >>> 8) & 0xff;
  const resumed = outcomes[outcome + OUTCOME.resumed] ?? 0;
  const registers = way <= POKEUSER || way === SYSCALL_INFO || way === SIGRETURN;
  if (error !== 0) mix(kinds & 0xffff);
  else if (resumed !== 0) mix(kinds);
  else mix(resumedKinds(kinds, way, outcomes[outcome + OUTCOME.status] ?? 0));
  mix(agreement);
  mix(error);
  if (registers && resumed !== 0) ask(setups, setup, way);
  if (error !== 0) mix(refusal(setups, setup, outcomes, outcome, way));
  else if (!registers) mixWritten(setups, setup, outcomes, outcome + OUTCOME.written, way);
  // Where the stub goes on, that is what counts: both together would be a product.
  else if (resumed !== 0) mixWrite(outcomes, outcome + OUTCOME.written);
  mix(resumed);
  const sent = setups[setup + SETUP.signal] ?? 0;
  if (resumed === 0 && !registers) mixStop(outcomes, outcome, sent, undefined, 0);
  else if (resumed === 0 && isReadBack(setups, setup, way)) {
    mixStop(outcomes, outcome, sent, outcomes, outcome + OUTCOME.written);
  } else if (resumed === 0) mixStop(outcomes, outcome, sent, setups, setup + SETUP.words);
  // 21 bits and 32.
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}

/**
 * The kinds that count where a stub goes on. What it does then does not depend on how its registers came there, nor on
 * whether it was a group-stop; and which stops of system calls are asked for shows at these alone.
 */
function resumedKinds(kinds: number, way: number, status: number): number {
  const from = (kinds & 0xff) === GROUP ? SIGNAL : kinds & 0xff;
  const on = kinds >>> 16;
  const told = status >>> 8 === SYSCALL_STATUS ? on : STEPS.has(on) ? SINGLESTEP : CONT;
  return from | (way <= POKEUSER ? 0 : way << 8) | (told << 16);
}

/** Whether what was written is known; if not, what was asked for has to do. */
function isReadBack(setups: Uint32Array, setup: number, way: number): boolean {
  if (way === SIGRETURN) return false;
  return way !== SETREGS || ((setups[setup + SETUP.kinds] ?? 0) >>> 24) % 2 === WANT_WRITTEN;
}

/** A signature as files have it in their names. */
export function formatSignature(signature: number): string {
  return signature.toString(16).padStart(14, "0");
}

function ask(setups: Uint32Array, setup: number, way: number): void {
  const words = setup + SETUP.words;
  if (way <= SETREGSET) {
    const length = way === SETREGSET ? (setups[setup + SETUP.length] ?? 0) : 4 * HALVES;
    for (let k = 0; k < HALVES; k++) {
      asked[k] = (4 * k < length ? setups[words + k] : BASE[k]) ?? 0;
    }
    return;
  }
  for (let k = 0; k < HALVES; k++) asked[k] = BASE[k] ?? 0;
  const count = way === POKEUSER ? (setups[setup + SETUP.count] ?? 0) : 0;
  for (let k = 0; k < count; k++) {
    const offset = setups[words + 4 * k] ?? 0;
    if (offset >= 4 * HALVES || setups[words + 4 * k + 1] !== 0) continue;
    asked[offset >>> 2] = setups[words + 4 * k + 2] ?? 0;
    asked[(offset >>> 2) + 1] = setups[words + 4 * k + 3] ?? 0;
  }
}

/** Which word was refused: a register, or what kind of offset. */
function refusal(
  setups: Uint32Array,
  setup: number,
  outcomes: Uint32Array,
  outcome: number,
  way: number,
): number {
  if (way === POKEUSER) {
    const pair = Math.min(outcomes[outcome + OUTCOME.refusedAt] ?? 0, MOST_PAIRS);
    const offset = setups[setup + SETUP.words + 4 * pair] ?? 0;
    const register = offset < 4 * HALVES && offset % 8 === 0;
    return register ? offset : 1000 + (offset & 7) + (offset >= FIRST_DEBUG_REGISTER ? 8 : 0);
  }
  if (way > SETREGSET) return 0;
  // Words before it were written, and the first that was not is as a rule the one.
  const written = outcome + OUTCOME.written;
  for (let k = 0; k < HALVES; k += 2) {
    const change = classOf(outcomes, written + k, asked[k] ?? 0, asked[k + 1] ?? 0);
    if (k !== EFLAGS && (change === ZERO || change >= ERRNO)) return k;
  }
  return HALVES;
}

/** Takes in what a write made of the registers that were asked for: each kind of change that there was. */
function mixWrite(block: Uint32Array, at: number): void {
  let seen = 0;
  for (let k = 0; k < HALVES; k += 2) {
    const change = classOf(block, at + k, asked[k] ?? 0, asked[k + 1] ?? 0);
    if (change !== SAME) seen |= 1 << (k === EFLAGS ? 8 : change);
  }
  mix(seen);
}

/** Takes in what became of the registers between the write and the stop. */
function mixRun(block: Uint32Array, at: number, before: Uint32Array, from: number): void {
  let segments = 0;
  for (let k = 0; k < HALVES; k += 2) {
    const kind = KIND_OF[k >>> 1];
    if (kind === 0) continue;
    const [wasLow, wasHigh] = [before[from + k] ?? 0, before[from + k + 1] ?? 0];
    if (block[at + k] === wasLow && block[at + k + 1] === wasHigh) continue;
    if (kind === SEGMENTS) segments = 1;
    const change = kind === ITSELF ? changeOf(block, at, k, wasLow, wasHigh) : 0;
    if (change === 0) continue;
    mix(k);
    mix(change);
  }
  mix(segments);
}

function changeOf(
  block: Uint32Array,
  at: number,
  k: number,
  wasLow: number,
  wasHigh: number,
): number {
  const [isLow, isHigh] = [block[at + k] ?? 0, block[at + k + 1] ?? 0];
  if (k === EFLAGS) {
    return (isLow ^ wasLow) & TELLING_FLAGS;
  }
  const distance = isHigh === wasHigh ? isLow - wasLow : FAR;
  if (k === RIP) {
    if (isLow === HANDLER && isHigh === 0) return FAR + 1;
    return Math.abs(distance) > NEAR ? FAR : Math.max(-1, Math.min(distance, SOME));
  }
  if (k === RSP) return Math.abs(distance) > NEAR ? FAR : Math.sign(distance);
  const change = classOf(block, at + k, wasLow, wasHigh);
  return change === ERRNO && TELLING_ERRNOS.has(isLow) ? isLow : change;
}

/** EINTR, EINVAL and ENOSYS, and what the kernel keeps for itself. */
const TELLING_ERRNOS: ReadonlySet<number> = new Set(
  [4, 22, 38, 512, 513, 514, 515, 516].map((errno) => -errno >>> 0),
);

/** Bytes that RIP or RSP may go in an instruction or two. */
const NEAR = 16;
/** More than the instructions that are told apart by their lengths. */
const SOME = 4;
const FAR = 100;

function classOf(block: Uint32Array, at: number, wasLow: number, wasHigh: number): number {
  const [isLow, isHigh] = [block[at] ?? 0, block[at + 1] ?? 0];
  if (isLow === wasLow && isHigh === wasHigh) return SAME;
  if (isHigh === 0xffff_ffff && isLow > 0xffff_f000) return ERRNO;
  if (isHigh !== 0) return OTHER;
  if (isLow === 0) return ZERO;
  if (isLow === wasLow) return LOW_32;
  return isLow === (wasLow & 0xffff) ? LOW_16 : OTHER;
}

/** What became of words that are no registers: the kinds of change that there were. */
function mixWritten(
  setups: Uint32Array,
  setup: number,
  outcomes: Uint32Array,
  written: number,
  way: number,
): void {
  const words = setup + SETUP.words;
  if (way > XSTATE) {
    mix(classOf(outcomes, written, setups[words] ?? 0, setups[words + 1] ?? 0));
    return;
  }
  const count = setups[setup + SETUP.count] ?? 0;
  let seen = 0;
  for (let k = 0; k < count; k++) {
    const pair = words + 4 * k;
    seen |= 1 << classOf(outcomes, written + 2 * k, setups[pair + 2] ?? 0, setups[pair + 3] ?? 0);
  }
  mix(seen);
}

/** @param before the registers that the stub went on with, from `from` on; none where the way has none */
function mixStop(
  outcomes: Uint32Array,
  outcome: number,
  sent: number,
  before: Uint32Array | undefined,
  from: number,
): void {
  const status = outcomes[outcome + OUTCOME.status] ?? 0;
  const stops = (status & 0xff) === 0x7f;
  // A signal that does what it was sent for is like another that does.
  const own = (stops ? status >>> 8 : status & 0x7f) === sent && !isTold(sent);
  mix(own ? (stops ? -1 : -2) : status);
  if (!stops) return;
  const stopped = outcome + OUTCOME.stopped;
  // After the other ways the registers are those that the stop before had.
  if (before !== undefined) mixRun(outcomes, stopped, before, from);
  const signal = outcomes[outcome + OUTCOME.signal] ?? 0;
  if (signal === 0 || own) return;
  const code = outcomes[outcome + OUTCOME.code] ?? 0;
  mix(code);
  if (isFault(signal, code)) mix(addressKind(outcomes, outcome + OUTCOME.address, stopped));
}

/** SIGKILL, SIGSTOP and those that instructions raise are told apart whoever sent them. */
const TOLD: ReadonlySet<number> = new Set([4, 5, 7, 8, 9, 11, 19]);
const isTold = (signal: number): boolean => TOLD.has(signal);

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE and SIGSEGV that an instruction raised; at system calls the place has a pid. */
function isFault(signal: number, code: number): boolean {
  const raised = signal === 4 || signal === 5 || signal === 7 || signal === 8 || signal === 11;
  return raised && code > 0 && code < SYSCALL_STOP;
}

const SYSCALL_STOP = 0x80;

/** Which register the address of a fault is near. */
function addressKind(outcomes: Uint32Array, address: number, stopped: number): number {
  const [isLow, isHigh] = [outcomes[address] ?? 0, outcomes[address + 1] ?? 0];
  if (isLow === 0 && isHigh === 0) return 1;
  if (isNear(outcomes, stopped + RIP, isLow, isHigh)) return 2;
  if (isNear(outcomes, stopped + RDI, isLow, isHigh)) return 3;
  return isNear(outcomes, stopped + RSP, isLow, isHigh) ? 4 : 5;
}

function isNear(outcomes: Uint32Array, word: number, isLow: number, isHigh: number): boolean {
  return outcomes[word + 1] === isHigh && Math.abs(isLow - (outcomes[word] ?? 0)) <= 16;
}
