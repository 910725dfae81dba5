/*
 * What facts do with a tracee, as data: verbs with words, which shim/fuzz/requests.c carries out for the host (look.ts) and
 * the probe.
 */

import { constants } from "node:os";
import {
  assembleBpf,
  DATA_NUMBER,
  FPROG_SIZE,
  LOAD_WORD,
  RETURN,
  SECCOMP_RET_TRACE,
  sockFprog,
} from "../../../../core/bpf/program.ts";
import { HOST_MACHINE } from "../../../../core/machine/index.ts";
import { BLOCK_SIZE, baselineWith, CALL_CODE, indexOf, SCRATCH } from "../../case/arch.ts";
import { numbersOf } from "../../case/layout.ts";
import { LATER, LATER_MARK, VERB } from "../../case/requests.ts";
import { NEED_NAMES, type Need } from "../needs.ts";
import { BREAKPOINT, READS, SYS, WRITES } from "./arch.ts";
import {
  type ErrnoName,
  type Note,
  noteOf,
  numberOf,
  OPTIONS,
  type Request,
  statusOf,
} from "./numbers.ts";

/** Words by their register. */
export type Words = Readonly<Record<string, bigint>>;

/** The verbs, with their numbers. */
export const VERBS = numbersOf(VERB);
export type VerbName = keyof typeof VERBS;

export interface Verb {
  readonly verb: VerbName;
  readonly words: readonly bigint[];
  readonly text?: string;
}
export type Script = Verb | readonly Script[];
export function verbsOf(script: Script): readonly Verb[] {
  return "verb" in script ? [script] : script.flatMap(verbsOf);
}
export type Word = number | bigint;

const KINDS = numbersOf(LATER);
const REGISTERS = HOST_MACHINE.callRegisters;
/** A word that stands for what is known when it is used. */
const later = (kind: keyof typeof KINDS, number = 0) =>
  (BigInt(LATER_MARK) << 40n) | (BigInt(KINDS[kind]) << 32n) | BigInt(number);
/** The addresses of an answer, and of an iovec or arguments before it. */
export const [ANSWER, ASIDE] = [later("ANSWER"), later("ASIDE")];
/** The tracee, its tracer, and the user of both. */
export const [TID, TRACER, UID] = [later("TID"), later("TRACER"), later("UID")];
/** A register in the answer that was kept, if it has registers. */
export const kept = (register: string) => later("KEPT", 8 * indexOf(register));
/** The message of an event that was kept. */
export const KEPT_MESSAGE = later("KEPT");
/** The length of the XSAVE area, if it is not more than that. */
export const xstateLength = (most: number) => later("XSTATE", most);

const verb = (verb: VerbName, ...words: readonly Word[]): Verb => {
  return { verb, words: words.map((word) => BigInt.asUintN(64, BigInt(word))) };
};

/** In microseconds. */
const PATIENCE = 2_000_000;

export const MUST = verb("MUST");
export const KEEP = verb("KEEP");
export const ZOMBIE = verb("ZOMBIE");
export const CHILD = verb("CHILD");
export const REAP = verb("REAP");
/** Waits for a stop; and for a moment in which none is expected. */
export const WAIT = verb("WAIT", PATIENCE);
export const waitFor = (task: Word) => verb("WAIT", PATIENCE, task);
export const GLANCE = verb("WAIT", 20_000);
export const put = (...words: readonly Word[]) => verb("PUT", ...words);
export const signal = (signal: number) => verb("SIGNAL", signal);
export const kill = (signal: number) => verb("KILL", signal);
export const arrive = (stop: string) => verb("ARRIVE", statusOf(stop));
export const call = (number: number, ...args: readonly Word[]) =>
  verb("CALL", number, ...Array.from({ length: 6 }, (_, i) => args[i] ?? 0));

export function request(
  it: Request,
  address: Word = 0,
  data: Word = 0,
  task: Word = TID,
  ...aside: readonly Word[]
): Verb {
  return verb("REQUEST", numberOf(it), address, data, task, ...aside);
}
export function read(
  it: Request,
  address: Word = 0,
  data: Word = ANSWER,
  ...aside: readonly Word[]
): Verb {
  return verb("READ", numberOf(it), address, data, TID, ...aside);
}
/** GETREGSET with an iovec of so many bytes. */
export const regset = (note: Note, length: Word) =>
  read("GETREGSET", noteOf(note), ASIDE, ANSWER, length);
/** SETREGSET of as many bytes of the answer. */
export const setRegset = (note: Note, length: Word, task: Word = TID) =>
  request("SETREGSET", noteOf(note), ASIDE, task, ANSWER, length);

/** Reads all registers. */
export const registers = READS === "GETREGS" ? read(READS) : regset("NT_PRSTATUS", BLOCK_SIZE);

/** Requires something of the machine for the rest of a fact. */
export const requires = (need: Need) => verb("NEED", NEED_NAMES.indexOf(need));
/** Skips what follows if the last result is an errno. */
export const unless = (errno: ErrnoName, reason: string): Verb => {
  return { ...verb("UNLESS", constants.errno[errno]), text: reason };
};

/** A request that takes bytes, and one on the way to a check. */
export const write = (it: Request, words: readonly Word[], address: Word = 0): Script => {
  return [put(...words), request(it, address, ANSWER)];
};
export const must = (it: Request, data: Word = 0): Script => [request(it, 0, data), MUST];

/** Writes the baseline with other words, and with the address of a piece of code. */
export const set = (words: Words, code?: string, task: Word = TID): Script => {
  const block = put(...baselineWith(words, code).slice(0, BLOCK_SIZE / 8));
  if (WRITES === "SETREGS") return [block, request(WRITES, 0, ANSWER, task), MUST];
  return [block, setRegset("NT_PRSTATUS", BLOCK_SIZE, task), MUST];
};
/** Writes the register with a call's result. */
export const setResult = (word: bigint): Script => {
  if (WRITES === "SETREGS") return request("POKEUSER", 8 * indexOf(REGISTERS.result), word);
  return [put(word), setRegset("NT_PRSTATUS", 8)];
};
/** Resumes it, to the next stop. */
export const next = (it: Request = "CONT", signal = 0): Script => [must(it, signal), WAIT];
export const go = (words: Words, code: string, it: Request = "CONT"): Script => {
  return [set(words, code), next(it)];
};
/** A new tracee, at its stop by a breakpoint. */
export const TRACEE: Script = [verb("TRACEE"), go({}, BREAKPOINT.code), arrive("SIGTRAP")];
/** Makes a request that leads to a stop. */
export const stopBy = (it: Request): Script => [request(it), WAIT];
/** Sets its options, those that the kernel has. */
export const options = (options: number) => request("SETOPTIONS", 0, options);

/** Where a tracee can be when a request is made. */
export type Where = "signal" | "entry" | "exit" | "sysemu" | "group" | "event";
export const WHERES: readonly Where[] = ["signal", "entry", "exit", "sysemu", "group", "event"];

const [SIGKILL, SIGCONT, SIGSTOP] = [9, 18, 19];
/** The registers of a call. */
export const callOf = (number: number, ...args: readonly bigint[]): Words => ({
  [REGISTERS.number]: BigInt(number),
  ...Object.fromEntries(args.map((word, i) => [REGISTERS.arguments[i] ?? "", word])),
});
/** A call of getpid, with arguments. */
export const CALL = callOf(SYS.getpid, 11n, 12n, 13n, 14n, 15n, 16n);
const USUAL = OPTIONS.TRACESYSGOOD | OPTIONS.TRACEEXIT;

/** Makes a call, to the stop at its entry. */
export const enter = go(CALL, CALL_CODE, "SYSCALL");
const AT_CALL = arrive("system call");
const WAYS: Readonly<Record<Where, Script>> = {
  signal: [],
  entry: [enter, AT_CALL],
  exit: [enter, next("SYSCALL"), AT_CALL],
  sysemu: [go(CALL, CALL_CODE, "SYSEMU"), AT_CALL],
  group: [signal(SIGSTOP), next(), next("CONT", SIGSTOP), arrive("SIGSTOP")],
  event: [options(USUAL), signal(SIGKILL), WAIT, arrive("PTRACE_EVENT_EXIT, SIGTRAP")],
};
/** Leads it from its stop by a signal to another one. */
export const to = (where: Where): Script => WAYS[where];
/** A new tracee, at a stop. */
export const at = (where: Where): Script => [TRACEE, to(where)];

/** Lets it run code that does not end. */
export const spin: Script = [set({}, "spin"), must("CONT")];
/** Ends it without a wait for it: a zombie. */
export const die: Script = [to("event"), must("CONT"), ZOMBIE];
/** Detaches from it; it stops. */
export const detach: Script = must("DETACH", SIGSTOP);
/** Traces it by PTRACE_SEIZE, at the stop of the SIGSTOP with which it was detached. */
export const seize = (options: number = USUAL): Script => {
  return [detach, must("SEIZE", options), WAIT, arrive("PTRACE_EVENT_STOP, SIGSTOP")];
};
/** Detaches from it, and lets it run. Its stop at birth is still in effect: without SIGCONT it would stop again. */
export const release: Script = [
  ...[set({}, "spin"), signal(SIGCONT), next(), arrive("SIGCONT")],
  must("DETACH", 0),
];
/** Traces it by PTRACE_SEIZE while it runs. */
export const seizeRunning: Script = [release, must("SEIZE", USUAL)];

const wordsOf = (bytes: Uint8Array) => [...new BigUint64Array(bytes.slice().buffer)];
/** Writes words to SCRATCH in its memory. */
export const poke = (words: readonly bigint[]): Script =>
  words.map((word, i) => [request("POKEDATA", SCRATCH + BigInt(8 * i), word), MUST]);
/** Writes a text there, and a 0 after it. */
export const pokeText = (text: string): Script =>
  poke(wordsOf(new TextEncoder().encode(text.padEnd(8 + 8 * Math.floor(text.length / 8), "\0"))));
// linux/prctl.h, linux/seccomp.h
const [NO_NEW_PRIVS, SET_MODE_FILTER] = [38, 1];

/** Leads it to the stop of a filter that returns SECCOMP_RET_TRACE with some data. */
export function toSeccomp(data: number): Script {
  const program = assembleBpf([LOAD_WORD, DATA_NUMBER], [RETURN, SECCOMP_RET_TRACE | data]);
  const memory = [
    ...wordsOf(sockFprog(program, SCRATCH + BigInt(FPROG_SIZE))),
    ...wordsOf(program),
  ];
  return [
    poke(memory),
    ...[call(SYS.prctl, NO_NEW_PRIVS, 1), MUST],
    ...[call(SYS.seccomp, SET_MODE_FILTER, 0, SCRATCH), MUST],
    options(OPTIONS.TRACESECCOMP | OPTIONS.TRACESYSGOOD),
    go(CALL, CALL_CODE),
  ];
}
