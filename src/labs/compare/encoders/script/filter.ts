import type { EncoderFunctions } from "../../../../core/encoder/abi.ts";
import type { Machine } from "./arch.ts";
import { constant, number } from "./constants.ts";
import type { Memory } from "./memory.ts";
import { numberIn } from "./tables.ts";

/** Bytes of an instruction. */
const INSTRUCTION_SIZE = 8;

/** One instruction of classic BPF, struct sock_filter (linux/filter.h). */
interface Instruction {
  readonly code: number;
  /** How many instructions a jump skips if its test holds, and if it does not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

// linux/bpf_common.h
const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

/*
 * The input of the filter, struct seccomp_data (linux/seccomp.h). BPF has words of 32 bits; of a word of 64 bits, the
 * low half comes first.
 *
 *     0 nr    4 arch    8 instruction_pointer    16 args[0]   ...   56 args[5]    64 (end)
 */
const NUMBER = 0;
const ARCHITECTURE = 4;
const INSTRUCTION_POINTER = 8;
const ARGUMENTS = 16;
const HIGH = 4;

/** The upper half of every address in the vsyscall page, 0xffffffffff600000. */
const VSYSCALL_HALF = 0xffff_ffff;

/** The flags of a clone in a stub: a process with an exit signal, or a thread without. */
const PROCESS = constant("CLONE_FILES");
const THREAD = constant("STUB_THREAD_FLAGS");

/** The calls that are allowed with any arguments. */
const FREE_CALLS = [
  "mmap",
  "munmap",
  "mprotect",
  "getpid",
  "getppid",
  "wait4",
  "exit",
  "restart_syscall",
];

/** The values that arguments must have in all 64 bits, by index. */
type Demand = Readonly<Record<number, bigint>>;

/** The calls that are allowed if their arguments meet one of the demands. */
function boundCalls(exitSignal: number): Record<string, readonly Demand[]> {
  return {
    clone: [{ 0: PROCESS | BigInt(exitSignal >>> 0) }, { 0: THREAD }],
    kill: [{ 1: constant("SIGSTOP") }],
    execveat: [{ 4: constant("AT_EMPTY_PATH") }],
    prctl: [{ 0: constant("PR_SET_PDEATHSIG"), 1: constant("SIGKILL") }],
  };
}

/** The index of an instruction, counted from the end of its program. */
type Place = number;

/**
 * A program that is written from its end to its start. Classic BPF jumps forward only, so the index of every target is
 * already known, and jumps need no labels.
 */
class Program {
  readonly #backwards: Instruction[] = [];

  /** The instructions in the order of execution. */
  get instructions(): Instruction[] {
    return this.#backwards.toReversed();
  }

  /** Ends the filter with the action of this name. */
  answer(action: string): Place {
    return this.#put(RETURN, number(action));
  }

  /** Goes to `same` if the accumulator is `value`, else to `other`. */
  fork(value: number, same: Place, other: Place): Place {
    const distance = (to: Place) => this.#backwards.length - to - 1;
    return this.#put(JUMP_EQUAL, value, distance(same), distance(other));
  }

  /** Loads the word at `offset` for the instruction that was written last. */
  load(offset: number): Place {
    return this.#put(LOAD_WORD, offset);
  }

  /** The same for the word of 32 bits at `offset` of struct seccomp_data, which it loads first. */
  compare(offset: number, value: number, same: Place, other: Place): Place {
    this.fork(value, same, other);
    return this.load(offset);
  }

  /** Goes to `met` if all arguments are as demanded, else to `unmet`. */
  check(demand: Demand, met: Place, unmet: Place): Place {
    let next = met;
    for (const [index, value] of Object.entries(demand)) {
      const offset = ARGUMENTS + 8 * Number(index);
      next = this.compare(offset, Number(BigInt.asUintN(32, value)), next, unmet);
      next = this.compare(offset + HIGH, Number(value >> 32n), next, unmet);
    }
    return next;
  }

  #put(code: number, k: number, jt = 0, jf = 0): Place {
    return this.#backwards.push({ code, jt, jf, k }) - 1;
  }
}

/**
 * The seccomp filter of guests' stubs:
 *
 *     architecture  ->  vsyscall page?  ->  table of calls  ->  demands of a call  ->  actions
 *
 * Every call that a stub makes for its tracer is allowed. The calls of a guest do not reach the filter, because SYSEMU
 * intercepts them, except those into the vsyscall page, which become a signal.
 */
function guestFilter(machine: Machine, exitSignal: number): Instruction[] {
  const program = new Program();
  const trap = program.answer("SECCOMP_RET_TRAP");
  const allow = program.answer("SECCOMP_RET_ALLOW");
  const kill = program.answer("SECCOMP_RET_KILL_PROCESS");

  const targets = FREE_CALLS.map((call): [string, Place] => [call, allow]);
  for (const [call, demands] of Object.entries(boundCalls(exitSignal))) {
    const entry = demands.reduce((unmet, demand) => program.check(demand, allow, unmet), kill);
    targets.push([call, entry]);
  }

  let next = kill;
  for (const [call, target] of targets) {
    next = program.fork(numberIn(machine.constants, `SYS_${call}`), target, next);
  }
  next = program.load(NUMBER);
  if (machine.hasVsyscalls) {
    next = program.compare(INSTRUCTION_POINTER + HIGH, VSYSCALL_HALF, trap, next);
  }
  program.compare(ARCHITECTURE, machine.audit, next, kill);
  return program.instructions;
}

/** The function that writes the filter to a memory as struct sock_filter: code (16 bits), jt and jf (8 each), k (32). */
export function filterEncoder(memory: Memory, machine: Machine): EncoderFunctions["encodeSeccomp"] {
  return (at, exitSignal) => {
    const program = guestFilter(machine, exitSignal);
    const first = memory.indexOf(at, INSTRUCTION_SIZE * program.length);
    for (const [i, { code, jt, jf, k }] of program.entries()) {
      memory.setHalves(first + i, code | (jt << 16) | (jf << 24), k);
    }
    return program.length;
  };
}
