import {
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
} from "../../../core/bpf/program.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import { DeathError } from "../../../lib/errors.ts";
import { NO_PROGRAM, readProgram, rulesOf } from "../filter.ts";
import { ANSWER } from "../record.ts";
import { NO_CORE, setCoreLimit } from "./cores.ts";
import { GUARD, installFilter, requireFilter, STOPPED_BY_GUARD } from "./filters.ts";
import { Ended, expect, type Fields, type Judge, undecided } from "./judge.ts";
import { callRegisters } from "./processes.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";

const HALF = 0xffff_ffffn;
const ARGUMENTS = Array.from({ length: 6 }, (_, i) => `arg${i}`);
/** The kernel skips a call with the number -1. */
const NO_NUMBER = HALF;
const MOST_INSTRUCTIONS = 128n;
/** How many programs have a stub at the same time. */
const PROGRAMS = 8;

/** A call that a filter is asked about: struct seccomp_data. */
export interface Question {
  readonly number: bigint;
  readonly arch: bigint;
  readonly ip: bigint;
  readonly args: readonly bigint[];
}

/** How a stub makes calls. */
export interface Sites {
  /** The architecture of its own calls, as AUDIT_ARCH has it. */
  readonly arch: bigint;
  /** The address of the instruction that makes a call, and further registers that it needs. */
  siteOf(question: Question): bigint;
  registersOf(question: Question): Readonly<Record<string, bigint>>;
  /** Changes a drawn call into one that a stub can make; `number` is the low half of its call. */
  fit(input: Fields, number: bigint): void;
  /** Whether the filter of guests' stubs traps a call. */
  isTrapped(question: Question): boolean;
}

/** Stubs with installed programs. Calls are tried in them, and never executed. */
export class Filtered {
  readonly #parent: TraceeSlot;
  readonly #sites: Sites;
  readonly #stubs = new Map<string, Tracee>();
  readonly #reached = new Map<bigint, boolean>();

  constructor(tracer: Tracer, sites: Sites) {
    this.#sites = sites;
    this.#parent = new TraceeSlot(() => {
      const tracee = Tracee.prepare(tracer.createStub());
      setCoreLimit(tracee, NO_CORE);
      requireFilter(tracee, GUARD);
      return tracee;
    });
  }

  /** The action of a program for a call. */
  ask(program: Uint8Array, question: Question): bigint {
    if (!this.#reaches(question)) undecided("such a call does not reach a filter here");
    const tracee = this.#stubOf(program);
    const action = tracee === undefined ? NO_PROGRAM : tryCall(tracee, question, this.#sites);
    return typeof action === "bigint" ? action : undecided(action);
  }

  close(): void {
    for (const tracee of this.#stubs.values()) tracee.close();
    this.#stubs.clear();
    this.#parent.close();
  }

  /** Whether calls of this kind reach a filter at all: without a program, the guard stops them. */
  #reaches(question: Question): boolean {
    const site = this.#sites.siteOf(question);
    const known = this.#reached.get(site);
    if (known !== undefined) return known;
    const action = tryCall(this.#parent.get(), question, this.#sites);
    const reaches = action === BigInt(SECCOMP_RET_ALLOW);
    this.#reached.set(site, reaches);
    return reaches;
  }

  /** A stub under a program; undefined if the kernel refuses the program. */
  #stubOf(program: Uint8Array): Tracee | undefined {
    const key = Buffer.from(program).toString("latin1");
    const known = this.#stubs.get(key);
    if (known?.alive) return known;
    this.#drop(key);
    const [oldest] = this.#stubs.keys();
    if (oldest !== undefined && this.#stubs.size >= PROGRAMS) this.#drop(oldest);
    const tracee = new Tracee(this.#parent.get().stub.createStub());
    this.#stubs.set(key, tracee);
    if (installFilter(tracee, program) === 0n) return tracee;
    this.#drop(key);
    return undefined;
  }

  #drop(key: string): void {
    this.#stubs.get(key)?.close();
    this.#stubs.delete(key);
  }
}

/** Makes a stub try a call; returns the action of its filters without the guard, or what happened instead. */
function tryCall(tracee: Tracee, question: Question, sites: Sites): bigint | string {
  const { block, tracer } = tracee;
  tracee.load({
    ...callRegisters(question.number, question.args),
    [HOST_MACHINE.instructionPointer]: sites.siteOf(question),
    ...sites.registersOf(question),
  });
  try {
    const { signal, code } = tracee.run("PTRACE_CONT");
    if (signal === tracer.constant("SIGSYS") && code === 1) return BigInt(SECCOMP_RET_TRAP);
    if (signal !== tracer.constant("SIGTRAP")) return `it ended with ${tracer.signalName(signal)}`;
    return actionOf(block.get(HOST_MACHINE.callRegisters.result));
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    const { end } = error;
    if (end.kind === "signaled" && end.signal === "SIGSYS") return BigInt(SECCOMP_RET_KILL_PROCESS);
    return error.message;
  }
}

/** The action after which a call returns like this. Actions other than SECCOMP_RET_ALLOW may look the same. */
function actionOf(result: bigint): bigint {
  const errno = -BigInt.asIntN(32, result);
  if (errno === BigInt(STOPPED_BY_GUARD)) return BigInt(SECCOMP_RET_ALLOW);
  return BigInt(SECCOMP_RET_ERRNO) | BigInt.asUintN(16, errno);
}

/** @param filtered stubs with installed programs */
export function seccompJudge(
  filtered: Filtered,
  sites: Sites,
  flag: (name: string) => bigint,
): Judge {
  return {
    name: "encodeSeccomp",
    asked: "installed the program in a stub, which tried the call: returned, SIGSYS, killed",
    fit: (input) => sites.fit(input, input.word("call") & HALF),
    judge(input, answered) {
      const question = {
        number: input.word("call") & HALF,
        arch: input.word("call") >> 32n,
        ip: input.word("instruction_pointer"),
        args: ARGUMENTS.map((name) => input.word(name)),
      };
      if (question.number === NO_NUMBER) undecided("the kernel skips a call with the number -1");
      const meant = policy(flag, sites, question, BigInt.asUintN(32, input.word("exitSignal")));
      const count = BigInt.asIntN(32, answered.result);
      const isProgram = count >= 1n && count <= MOST_INSTRUCTIONS;
      const words = answered.block("at").slice(0, isProgram ? Number(count) : 0);
      const program = new Uint8Array(words.buffer);
      const seen = isProgram ? filtered.ask(program, question) : NO_PROGRAM;
      if (seen === NO_PROGRAM) {
        const read = readProgram(
          new Uint8Array(answered.block("at").slice().buffer),
          Number(count),
        );
        const why = typeof read === "string" ? `: ${read}` : "";
        const done = `${isProgram ? "the kernel refused the program" : "no program to install"}${why}`;
        throw new Ended({ verdict: "failed", field: ANSWER, meant, seen, done });
      }
      expect(ANSWER, meant, seen);
    },
  };
}

/** The action of the filter of guests' stubs. */
function policy(
  flag: (name: string) => bigint,
  sites: Sites,
  question: Question,
  exitSignal: bigint,
): bigint {
  const { number, arch, args } = question;
  if (arch !== sites.arch) return BigInt(SECCOMP_RET_KILL_PROCESS);
  if (sites.isTrapped(question)) return BigInt(SECCOMP_RET_TRAP);
  const allowed = rulesOf(flag, exitSignal).some(
    (rule) =>
      rule.number === number &&
      rule.args.every((word, i) => word === undefined || word === args[i]),
  );
  return BigInt(allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
}
