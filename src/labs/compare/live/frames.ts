import { constants } from "node:os";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { hex } from "../../../lib/errors.ts";
import { HOST } from "./arch.ts";
import { at } from "./code.ts";
import {
  type Examine,
  expect,
  type Fields,
  judgementOf,
  registerIndex,
  undecided,
} from "./judge.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { SIGTRAP } = constants.signals;
const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** struct ptrace_syscall_info up to the six arguments (linux/ptrace.h): op, ip, sp, number, arguments. */
const INFO_WORDS = 11;
const INFO_NUMBER = 3;
/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD, as a status word. */
const CALL_STOP = (0x85 << 8) | 0x7f;
/** si_code of a trap after an instruction. */
const TRAP_TRACE = 2;

const IP = HOST_MACHINE.instructionPointer;
const CALL_LENGTH = BigInt(HOST_MACHINE.syscallLength);
const [ENTRY, LANDED] = [at("entry"), at("landed")];
/** The register that shows that no call is in progress, if there is one. */
const [IDLE] = Object.entries(HOST.idle);

type Block = BigUint64Array;

export function registerOf(block: Block, name: string): bigint {
  return block[registerIndex(name)] ?? 0n;
}

/** A block with some registers changed. */
export function changed(block: Block, changes: Readonly<Record<string, bigint>>): Block {
  const copy = block.slice();
  for (const [name, word] of Object.entries(changes)) copy[registerIndex(name)] = word;
  return copy;
}

/** The index of the first register that differs, except those that no program can see; -1 if none does. */
function firstDifference(meant: Block, seen: Block): number {
  return meant.findIndex((word, i) => word !== seen[i] && HOST_MACHINE.registers[i] !== IDLE?.[0]);
}

/** Ends the examination if registers differ that a program can see. */
export function expectSame(meant: Block, seen: Block): void {
  const i = firstDifference(meant, seen);
  if (i >= 0) expect(`block.${HOST_MACHINE.registers[i]}`, meant[i] ?? 0n, seen[i] ?? 0n);
}

/** The registers before a call that a stub stopped at: the instruction pointer moves back. */
export function beforeCall(block: Block): Block {
  return changed(block, { [IP]: registerOf(block, IP) - CALL_LENGTH, ...HOST.idle });
}

/**
 * Resumes a stub with register blocks, and finds out which registers it had: it stops again before it changes one. System
 * calls are not executed: SYSEMU intercepts them, so that a wrong block does no harm. If the kernel refuses the registers,
 * or the stub stops elsewhere, nothing is decided.
 */
export class Frames {
  readonly #slot: TraceeSlot;

  constructor(slot: TraceeSlot) {
    this.#slot = slot;
  }

  /** The registers at rest, with some changed, and at `entry`. */
  atEntry(changes: Readonly<Record<string, bigint>> = {}): Block {
    const { bytes } = this.#slot.get().rest;
    const rest = new BigUint64Array(bytes.slice().buffer);
    return changed(rest, { [IP]: ENTRY, ...HOST.idle, ...changes });
  }

  /**
   * Changes a block into one that a stub can be resumed with: the address of its code, flags and the like get valid
   * values. Other registers stay. At `entry` a stub may trap after one instruction.
   */
  fit(input: Fields, name = "block", place = "entry"): void {
    const get = (register: string) => input.word(`${name}.${register}`);
    const put = (register: string, word: bigint) => input.put(`${name}.${register}`, word);
    put(IP, at(place));
    HOST.fit({ get, put }, this.#slot.get().rest, place === "entry");
  }

  /** Replaces the block by that of a stub stopped at a call with the block's number and arguments. */
  fitToCall(input: Fields): void {
    this.fit(input, "block", "ask");
    const block = input.words("block");
    block.set(this.toCall(changed(block, HOST.idle)).words);
  }

  /**
   * Resumes the stub with a block from a stop by a signal, where the kernel looks for a call to restart.
   *
   * @returns its registers, with the address where it started, and whether it trapped after one instruction
   */
  run(block: Block): { readonly registers: Block; readonly stepped: boolean } {
    const tracee = this.#slot.get();
    if (tracee.last.signal === 0) resume(tracee, this.atEntry());
    return resume(tracee, block);
  }

  /** The same from the stop of the system call that it makes with `before`. */
  runFromCall(before: Block, block: Block): Block {
    return resume(this.toCall(before), block).registers;
  }

  /** Runs the stub with these registers to a stop at a system call. */
  toCall(before: Block): Tracee {
    const tracee = this.#slot.get();
    if (tracee.emulate(before).signal === 0) return tracee;
    return undecided("the stub made no system call");
  }

  /** The call that the stub makes with a block, as the kernel sees it. */
  callOf(before: Block): { readonly number: bigint; readonly args: Block } {
    const tracee = this.#slot.get();
    tracee.words.set(before);
    const isCall = tracee.start("PTRACE_SYSEMU") === CALL_STOP;
    const info = new BigUint64Array(INFO_WORDS);
    const { shim } = tracee.tracer;
    const length = shim.ptrace(PTRACE_GET_SYSCALL_INFO, tracee.stub.pid, info.byteLength, info);
    // To a stop by a signal: what is written to x7 at the stop of a call is lost.
    tracee.words.set(this.atEntry());
    tracee.start();
    tracee.last = { signal: SIGTRAP, code: 0 };
    if (!isCall || length < 0) undecided("this kernel has no PTRACE_GET_SYSCALL_INFO");
    return { number: info[INFO_NUMBER] ?? 0n, args: info.slice(INFO_NUMBER + 1) };
  }

  /**
   * Examines blocks that are to be like one. The first register in which another differs is taken for the reason if what
   * the stub does is not the same.
   *
   * @param run resumes a stub with a block, and returns its registers
   * @param wanted these registers if the block is right
   */
  examine(
    meant: Block,
    run = (block: Block) => this.run(block).registers,
    wanted = meant,
  ): Examine {
    let lost: string | undefined;
    return (given) => {
      const block = given.words("block");
      if (meant.every((word, i) => word === block[i])) {
        // Once for all encoders. An implementation of the kernel may not keep all registers.
        lost ??= lostOf(wanted, run(meant));
        if (lost !== "") undecided(lost);
        return;
      }
      const seen: Block[] = [];
      const ran = judgementOf(() => seen.push(run(block)));
      if (seen.some((each) => firstDifference(wanted, each) < 0)) return;
      const start = registerOf(meant, IP);
      const restarts = seen.some((each) => registerOf(each, IP) === start - CALL_LENGTH);
      if (IDLE !== undefined && restarts && registerOf(block, IP) === start) {
        const how = "the kernel took the call for one in progress, and restarted it";
        expect(`block.${IDLE[0]}`, IDLE[1], registerOf(block, IDLE[0]), how);
      }
      expectSame(meant, block);
      undecided("why" in ran ? ran.why : "it makes no difference that a program can see");
    };
  }
}

/** Which register the kernel does not keep; "" if it keeps all. */
function lostOf(meant: Block, seen: Block): string {
  const i = firstDifference(meant, seen);
  const [was, is] = [hex(meant[i] ?? 0n), hex(seen[i] ?? 0n)];
  const field = `block.${HOST_MACHINE.registers[i]}`;
  return i < 0 ? "" : `this kernel does not keep ${field}: ${was} became ${is}`;
}

/** Resumes a stub, which stops at once. */
function resume(tracee: Tracee, block: Block): { registers: Block; stepped: boolean } {
  const stop = tracee.emulate(block);
  const { tracer, words } = tracee;
  const stopped = registerOf(words, IP);
  if (stop.signal !== SIGTRAP) {
    const what = stop.signal === 0 ? "a system call" : tracer.signalName(stop.signal);
    undecided(`the stub stopped by ${what} at ${hex(stopped)}`);
  }
  const { code, length } = HOST.breakpoint;
  const place = stop.code === code ? stopped - length : stopped;
  const isEntry = place === LANDED && registerOf(block, IP) === ENTRY;
  return {
    registers: changed(words, { [IP]: isEntry ? ENTRY : place }),
    stepped: stop.code === TRAP_TRACE,
  };
}
