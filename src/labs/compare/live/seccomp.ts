import { constants } from "node:os";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import * as bpf from "../../../core/stub/filter.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import { DeathError } from "../../../lib/errors.ts";
import { NO_PROGRAM, readProgram, rulesOf } from "../filter.ts";
import { ANSWER } from "../record.ts";
import { HOST } from "./arch.ts";
import { at, slot } from "./code.ts";
import { FAILING_CALL, GUARD, installFilter, requireFilter, STOPPED_BY_GUARD } from "./filters.ts";
import { expect, type Fields, type Judge, undecided } from "./judge.ts";
import { callRegisters, Tracee, TraceeSlot } from "./tracee.ts";
import { USER_SPACE } from "./vsyscalls.ts";

const { SIGSYS, SIGTRAP } = constants.signals;
const [ALLOW, TRAP] = [BigInt(bpf.SECCOMP_RET_ALLOW), BigInt(bpf.SECCOMP_RET_TRAP)];
const [KILL, ERRNO] = [BigInt(bpf.SECCOMP_RET_KILL_PROCESS), BigInt(bpf.SECCOMP_RET_ERRNO)];
const HALF = 0xffff_ffffn;
const ARGUMENTS = Array.from({ length: 6 }, (_, i) => `arg${i}`);
/** The kernel skips a call with the number -1. */
const NO_NUMBER = HALF;
const MOST_INSTRUCTIONS = 128;

/** The number and the architecture of the call that a filter is asked about. */
function callOf(input: Fields): readonly [number: bigint, arch: bigint] {
  return [input.word("call") & HALF, input.word("call") >> 32n];
}

/** Stubs with installed programs. Calls are tried in them, and never executed. */
export class Filtered {
  readonly #parent: TraceeSlot;

  constructor(tracer: Tracer) {
    this.#parent = new TraceeSlot(() => requireFilter(Tracee.prepare(tracer.createStub()), GUARD));
  }

  /**
   * Whether a call reaches a filter at all: without a program, the guard stops it. An unused number is tried, because the
   * guard stops nothing where the kernel does not give it the address of the call, as User Mode Linux.
   */
  reaches(input: Fields): boolean {
    return tryCall(this.#parent.get(), input, FAILING_CALL) === ALLOW;
  }

  /** The action of a program for a call, in a stub of its own. */
  ask(program: Uint8Array, input: Fields): bigint {
    const tracee = new Tracee(this.#parent.get().stub.createStub());
    try {
      if (installFilter(tracee, program) !== 0n) return NO_PROGRAM;
      const action = tryCall(tracee, input);
      return typeof action === "bigint" ? action : undecided(action);
    } finally {
      tracee.close();
    }
  }

  close(): void {
    this.#parent.close();
  }
}

/** Makes a stub try a call; returns the action of its filters without the guard, or what happened instead. */
function tryCall(tracee: Tracee, input: Fields, unused?: bigint): bigint | string {
  const [number, arch] = callOf(input);
  const args = ARGUMENTS.map((name) => input.word(name));
  // Of another architecture, into the vsyscall page, or an ordinary one.
  const ip = input.word("instruction_pointer");
  const [address] = HOST.vsyscalls.find(([known]) => known === ip) ?? [];
  const own = address === undefined ? "ask" : "askVsyscall";
  tracee.load({
    ...callRegisters(address ?? unused ?? number, args),
    ...(address !== undefined && { rsp: slot("stackEnd") }),
    [HOST_MACHINE.instructionPointer]: at(arch === HOST.foreign ? "askInt80" : own),
  });
  try {
    const { signal, code } = tracee.run("PTRACE_CONT");
    if (signal === SIGSYS && code === 1) return TRAP;
    if (signal !== SIGTRAP) return `it ended with ${tracee.tracer.signalName(signal)}`;
    const errno = -BigInt.asIntN(32, tracee.block.get(HOST_MACHINE.callRegisters.result));
    // Actions other than SECCOMP_RET_ALLOW may look like SECCOMP_RET_ERRNO.
    return errno === BigInt(STOPPED_BY_GUARD) ? ALLOW : ERRNO | BigInt.asUintN(16, errno);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    const { end } = error;
    return end.kind === "signaled" && end.signal === "SIGSYS" ? KILL : error.message;
  }
}

/** @param filtered stubs with installed programs */
export function seccompJudge(filtered: Filtered, flag: (name: string) => bigint): Judge {
  const arch = flag(HOST_MACHINE.auditArch);
  return {
    asked: "installed the program in a stub, which tried the call: returned, SIGSYS, killed",
    fit: (input) => fitCall(input, arch),
    ask(input) {
      if (callOf(input)[0] === NO_NUMBER) undecided("the kernel skips a call with the number -1");
      if (!filtered.reaches(input)) undecided("such a call does not reach a filter here");
      const meant = policy(flag, input);
      return (given) => {
        const count = Number(BigInt.asIntN(32, given.result));
        const area = new Uint8Array(given.words("at").slice().buffer);
        const isProgram = count >= 1 && count <= MOST_INSTRUCTIONS;
        const seen = isProgram ? filtered.ask(area.subarray(0, 8 * count), input) : NO_PROGRAM;
        if (seen !== NO_PROGRAM) return expect(ANSWER, meant, seen);
        const read = readProgram(area, count);
        const why = typeof read === "string" ? `: ${read}` : "";
        const how = isProgram ? "the kernel refused the program" : "no program to install";
        expect(ANSWER, meant, seen, how + why);
      };
    },
  };
}

/**
 * Changes a drawn call into one that a stub can make: with an architecture that it has, and an instruction pointer in its
 * code or at a function of the vsyscall page.
 */
function fitCall(input: Fields, own: bigint): void {
  const [number, given] = callOf(input);
  const arch = given === own ? own : (HOST.foreign ?? own);
  const { length } = HOST.vsyscalls;
  const inPage = arch === own && input.word("instruction_pointer") >> 32n === HALF;
  const [address, called] = (inPage && HOST.vsyscalls[Number(number) % length]) || [];
  input.put("call", (arch << 32n) | (called ?? number));
  input.put("instruction_pointer", address ?? at("ask"));
  if (address !== undefined) for (const name of ARGUMENTS) input.mask(name, USER_SPACE);
}

/** The action of the filter of guests' stubs. */
function policy(flag: (name: string) => bigint, input: Fields): bigint {
  const [number, arch] = callOf(input);
  if (arch !== flag(HOST_MACHINE.auditArch)) return KILL;
  if (input.word("instruction_pointer") >> 32n === HALF) return TRAP;
  const allowed = rulesOf(flag, BigInt.asUintN(32, input.word("exitSignal"))).some(
    (rule) =>
      rule.number === number &&
      rule.args.every((word, i) => word === undefined || word === input.word(`arg${i}`)),
  );
  return allowed ? ALLOW : KILL;
}
