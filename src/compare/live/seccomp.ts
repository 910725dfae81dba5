import {
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
} from "../../bpf/program.ts";
import { DeathError } from "../../errors.ts";
import type { Tracer } from "../../stub/tracer.ts";
import { NO_PROGRAM, rulesOf } from "../filter.ts";
import { ANSWER } from "../record.ts";
import { addressOf, PLACES, SLOTS } from "./code.ts";
import { NO_CORE, setCoreLimit } from "./cores.ts";
import { GUARD, installFilter, requireFilter, STOPPED_BY_GUARD } from "./filters.ts";
import { ARGUMENTS } from "./frames.ts";
import { expect, type Judge, undecided } from "./judge.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";
import { USER_SPACE } from "./vsyscall.ts";

const HALF = 0xffff_ffffn;
const [X86_64, I386] = [0xc000_003en, 0x4000_0003n];
/** The functions of the vsyscall page (uapi/asm/vsyscall.h), and the numbers that a filter sees for them. */
const VSYSCALLS: readonly (readonly [address: bigint, number: bigint])[] = [
  [0xffff_ffff_ff60_0000n, 96n],
  [0xffff_ffff_ff60_0400n, 201n],
  [0xffff_ffff_ff60_0800n, 309n],
];
/** The kernel skips a call with the number -1. */
const NO_NUMBER = HALF;
const MOST_INSTRUCTIONS = 128n;
/** How many programs have a stub at the same time. */
const PROGRAMS = 8;

/** A call that a filter is asked about: struct seccomp_data. */
interface Question {
  readonly number: bigint;
  readonly arch: bigint;
  readonly ip: bigint;
  readonly args: readonly bigint[];
}

/** Stubs with installed programs. Calls are tried in them, and never executed. */
export class Filtered {
  readonly #parent: TraceeSlot;
  readonly #stubs = new Map<string, Tracee>();
  readonly #reached = new Map<bigint, boolean>();

  constructor(tracer: Tracer) {
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
    const action = tracee === undefined ? NO_PROGRAM : tryCall(tracee, question);
    return typeof action === "bigint" ? action : undecided(action);
  }

  close(): void {
    for (const tracee of this.#stubs.values()) tracee.close();
    this.#stubs.clear();
    this.#parent.close();
  }

  /** Whether calls of this kind reach a filter at all: without a program, the guard stops them. */
  #reaches(question: Question): boolean {
    const site = siteOf(question);
    const known = this.#reached.get(site);
    if (known !== undefined) return known;
    const reaches = tryCall(this.#parent.get(), question) === BigInt(SECCOMP_RET_ALLOW);
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

function vsyscallOf({ ip }: Question): bigint | undefined {
  return VSYSCALLS.find(([address]) => address === ip)?.[0];
}

/** The address of the instruction that makes the call. */
function siteOf(question: Question): bigint {
  const { syscall, int80, callRax } = PLACES.questions;
  if (question.arch === I386) return int80;
  return vsyscallOf(question) === undefined ? syscall : callRax;
}

/** Makes a stub try a call; returns the action of its filters without the guard, or what happened instead. */
function tryCall(tracee: Tracee, question: Question): bigint | string {
  const { block, tracer } = tracee;
  tracee.load({
    ...Object.fromEntries(ARGUMENTS.map((name, i) => [name, question.args[i] ?? 0n])),
    rsp: addressOf(SLOTS.stackEnd),
    rax: vsyscallOf(question) ?? question.number,
    rip: siteOf(question),
  });
  try {
    const { signal, code } = tracee.run("PTRACE_CONT");
    if (signal === tracer.constant("SIGSYS") && code === 1) return BigInt(SECCOMP_RET_TRAP);
    if (signal !== tracer.constant("SIGTRAP")) return `it ended with ${tracer.signalName(signal)}`;
    return actionOf(block.get("rax"));
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    const { end } = error;
    if (end.kind === "signaled" && end.signal === "SIGSYS") return BigInt(SECCOMP_RET_KILL_PROCESS);
    return error.message;
  }
}

/** The action after which a call returns like this. Actions other than SECCOMP_RET_ALLOW may look the same. */
function actionOf(rax: bigint): bigint {
  const errno = -BigInt.asIntN(32, rax);
  if (errno === BigInt(STOPPED_BY_GUARD)) return BigInt(SECCOMP_RET_ALLOW);
  return BigInt(SECCOMP_RET_ERRNO) | BigInt.asUintN(16, errno);
}

/** @param filtered stubs with installed programs */
export function seccompJudge(filtered: Filtered, flag: (name: string) => bigint): Judge {
  return {
    name: "encodeSeccomp",
    asked: "installed the program in a stub, which tried the call: returned, SIGSYS, killed",
    /** Replaces other architectures by i386, and instruction pointers by one of the vsyscall page or of the stub. */
    fit(input) {
      const number = input.word("call") & HALF;
      const arch = input.word("call") >> 32n === X86_64 ? X86_64 : I386;
      const [address, own] = VSYSCALLS[Number(number % 3n)] ?? [0n, 0n];
      const vsyscall = arch === X86_64 && input.word("instruction_pointer") >> 32n === HALF;
      input.put("call", (arch << 32n) | (vsyscall ? own : number));
      input.put("instruction_pointer", vsyscall ? address : PLACES.questions.syscall);
      if (!vsyscall) return;
      // The kernel checks that these point to user space before it runs a filter.
      for (const i of ARGUMENTS.keys()) input.mask(`arg${i}`, USER_SPACE);
    },
    judge(input, answered) {
      const question = {
        number: input.word("call") & HALF,
        arch: input.word("call") >> 32n,
        ip: input.word("instruction_pointer"),
        args: ARGUMENTS.map((_, i) => input.word(`arg${i}`)),
      };
      if (question.number === NO_NUMBER) undecided("the kernel skips a call with the number -1");
      const meant = policy(flag, question, BigInt.asUintN(32, input.word("exitSignal")));
      const count = BigInt.asIntN(32, answered.result);
      const isProgram = count >= 1n && count <= MOST_INSTRUCTIONS;
      const words = answered.block("at").slice(0, isProgram ? Number(count) : 0);
      const program = new Uint8Array(words.buffer);
      expect(ANSWER, meant, isProgram ? filtered.ask(program, question) : NO_PROGRAM);
    },
  };
}

/** The action of the filter of guests' stubs. */
function policy(
  flag: (name: string) => bigint,
  { number, arch, ip, args }: Question,
  exitSignal: bigint,
): bigint {
  if (arch !== X86_64) return BigInt(SECCOMP_RET_KILL_PROCESS);
  if (ip >> 32n === HALF) return BigInt(SECCOMP_RET_TRAP);
  const allowed = rulesOf(flag, exitSignal).some(
    (rule) =>
      rule.number === number &&
      rule.args.every((word, i) => word === undefined || word === args[i]),
  );
  return BigInt(allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
}
