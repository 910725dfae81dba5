/*
 * The probe as a child that tries cases: `probe serve`, of which shim/probe/serve.c describes the requests. It is spoken to
 * without the event loop, so that a search can try one case after the other like any computation.
 */

import { readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { HOST_ARCH } from "../../core/machine/index.ts";
import { loadShim } from "../../core/shim/shim.ts";
import { type Mapping, parseMaps, readProc } from "../../core/stub/proc.ts";
import { errnoName, limitRemedy } from "../../lib/errno.ts";
import {
  CorruptionError,
  describeEnd,
  StateError,
  TraceError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { parseJson } from "../../lib/shape.ts";
import { loadSandbox } from "../../sandbox/program.ts";
import type { Batch } from "./case/batch.ts";
import { FROMS, OUTCOME_SIZE, SETUP_SIZE } from "./case/records.ts";
import { nameOfSignal } from "./case/signals.ts";
import { CHUNK } from "./draw/generate.ts";
import { type Machine, machineShape } from "./machine.ts";
import { pathOfProbe } from "./probe/run.ts";

/** How long a setup may take to stop, in milliseconds. */
const DEADLINE = 200;
/** What the first byte of a further step is. */
const LAST = FROMS.indexOf("last");
/** Bytes of struct answer. */
const HEAD = 8;
/** enum fresh, enum status */
const FRESH = { NONE: 0, STUBS: 1, PARENTS: 2 } as const;
const ANSWER = { DONE: 0, UNTRIED: 1, CORRUPTED: 2 } as const;

/**
 * How long an answer may take, in milliseconds: for its beginning, and as many deadlines for each case. A case that does
 * not stop, in a stub that others disturb, takes some.
 */
const [PATIENCE, MOST_DEADLINES] = [30_000, 50];
/** Time is counted in such steps, because the clock goes on while this process is stopped. */
const STEP = 1000;
const DOCTOR = "stublab doctor says what this machine allows";
/** How long the probe may take to end, in milliseconds. */
const ENDING = 10_000;

/** What tries cases: stubs of this kernel, or in tests the model of a machine. */
export interface CaseTrier extends Disposable {
  /** The machine whose outcomes they are. */
  readonly machine: Machine;
  /** Where a 32-bit SYSCALL continues: stubs have unmapped it, but inherit its address, which is another in each program. */
  readonly vdso?: Mapping | undefined;
  /** Tries `count` setups of a batch from `first` on, and fills in their outcomes. */
  run(batch: Batch, count: number, first?: number): void;
  /** The next setup is tried in a stub that no other has been tried in. */
  renew(): void;
  /** The same, and its parent is another. */
  renewAll(): void;
  close(): void;
}

/** Tries setups in stubs of the probe, which ends with the thread that made this. */
export class Engine implements CaseTrier {
  readonly machine: Machine;
  readonly vdso: Mapping | undefined;
  readonly pid: number;
  readonly #requests: number;
  readonly #answers: number;
  readonly #deadline: number;
  #fresh: number = FRESH.NONE;
  readonly #status = new Int32Array(1);
  #isOpen = true;

  /**
   * @param options with the deadline of each stop, in milliseconds
   * @throws UnsupportedError if the build lacks the probe, or stubs cannot be created here; TraceError
   */
  constructor({ deadline = DEADLINE }: { readonly deadline?: number | undefined } = {}) {
    const path = pathOfProbe(HOST_ARCH);
    const [theirRequests, requests] = pipe(1);
    const [answers, theirAnswers] = pipe(0);
    this.#deadline = deadline;
    this.#requests = requests;
    this.#answers = answers;
    // In a session of its own, Ctrl-C does not reach it.
    this.pid = loadSandbox().runProgram(path, "serve", theirRequests, theirAnswers);
    loadShim().close(theirRequests);
    loadShim().close(theirAnswers);
    try {
      if (this.pid < 0) throw unsupported("the probe cannot be started", -this.pid);
      const text = new TextDecoder().decode(this.#receive(1));
      this.machine = machineShape(parseJson(text), "the machine of the probe");
      const maps = parseMaps(readProc(`/proc/${this.pid}/maps`));
      this.vdso = maps.find(({ name }) => name === "[vdso]");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Tries `count` setups of a batch from `first` on, and fills in their outcomes. A case that this kernel cannot be given
   * has an obstacle in its outcome.
   *
   * @throws CorruptionError; TraceError, after which some of the outcomes may be missing
   */
  run({ setupBytes, outcomeBytes }: Batch, count: number, first = 0): void {
    for (let from = first, end = from; from < first + count; from = end) {
      end = Math.min(from + CHUNK, first + count);
      // A request has whole cases.
      while (end < first + count && setupBytes[end * SETUP_SIZE] === LAST) end--;
      this.#send(setupBytes.subarray(from * SETUP_SIZE, end * SETUP_SIZE), end - from);
      this.#receive(end - from, outcomeBytes.subarray(from * OUTCOME_SIZE, end * OUTCOME_SIZE));
    }
  }

  /** The next setup is tried in a stub that no other has been tried in. */
  renew(): void {
    this.#fresh = Math.max(this.#fresh, FRESH.STUBS);
  }

  /** The same, and its parent is another. */
  renewAll(): void {
    this.#fresh = FRESH.PARENTS;
  }

  /** Ends the probe and its stubs, and waits for that. Closing a second time does nothing. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    loadShim().close(this.#requests);
    loadShim().close(this.#answers);
    if (this.pid < 0 || this.#reap()) return;
    loadShim().tgkill(this.pid, this.pid, constants.signals.SIGKILL);
    this.#reap();
  }

  /** Waits for the end of the probe, and notes its status word. */
  #reap(): boolean {
    return loadShim().wait(this.pid, 0, ENDING * 1000, this.#status) !== 0;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #send(setups: Uint8Array, count: number): void {
    if (!this.#isOpen) throw new StateError("the probe is closed");
    const head = Uint32Array.of(count, this.#fresh, this.#deadline, 0);
    this.#fresh = FRESH.NONE;
    this.#transfer(new Uint8Array(head.buffer), this.#requests, writeSync, count);
    this.#transfer(setups, this.#requests, writeSync, count);
  }

  /** Receives the answer to a request of `count` setups. @param into what is to be filled; else it is returned */
  #receive(count: number, into?: Uint8Array): Uint8Array {
    const head = new Uint32Array(HEAD / 4);
    this.#transfer(new Uint8Array(head.buffer), this.#answers, readSync, count);
    const [status, length = 0] = head;
    const isDone = status === ANSWER.DONE;
    const bytes = isDone && into !== undefined ? into : new Uint8Array(length);
    this.#transfer(bytes, this.#answers, readSync, count);
    if (isDone) return bytes;
    throw this.#failure(status, new TextDecoder().decode(bytes));
  }

  #failure(status: number | undefined, text: string): Error {
    if (status === ANSWER.UNTRIED) {
      const [errno = ""] = /\w+$/.exec(text) ?? [];
      return new UnsupportedError(text, { errno, remedy: DOCTOR });
    }
    this.close();
    if (status !== ANSWER.CORRUPTED) return new UnsupportedError(text, { remedy: DOCTOR });
    const remedy =
      "the kernel has mixed up the floating point of two processes; try the case again with fuzz replay";
    return new CorruptionError(text, { remedy });
  }

  /** Reads or writes all of some bytes. `count`: the cases that the probe may try meanwhile. */
  #transfer(
    bytes: Uint8Array,
    file: number,
    move: (file: number, bytes: Uint8Array) => number,
    count: number,
  ): void {
    let left = PATIENCE + count * MOST_DEADLINES * this.#deadline;
    for (let done = 0; done < bytes.length; ) {
      const moved = tryTo(() => move(file, bytes.subarray(done)));
      if (moved === 0 || moved === "EPIPE") throw this.#lost();
      if (typeof moved === "number") done += moved;
      else if (left <= 0) throw this.#hanging();
      else if (loadSandbox().awaitFile(file, STEP) === 0) left -= STEP;
    }
  }

  #lost(): TraceError {
    this.close();
    const [status = 0] = this.#status;
    const signal = nameOfSignal(status & 0x7f);
    const how = describeEnd(
      (status & 0x7f) === 0
        ? { kind: "exited", status: status >> 8 }
        : { kind: "signaled", signal, coreDumped: (status & 0x80) !== 0 },
    );
    const remedy = "try again; the kernel's log (dmesg) may say why";
    return new TraceError(`the probe has ended by itself: ${how}`, { remedy });
  }

  #hanging(): TraceError {
    loadShim().tgkill(this.pid, this.pid, constants.signals.SIGKILL);
    this.close();
    return new TraceError("the probe does not answer", {
      remedy: "the kernel's log (dmesg) may say why; was it stopped by a signal?",
    });
  }
}

/** Its result, or the errno with which it fails: EAGAIN or EPIPE. */
function tryTo(move: () => number): number | "EAGAIN" | "EPIPE" {
  try {
    return move();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EAGAIN" || code === "EPIPE") return code;
    throw error;
  }
}

/** @param own the index of the end that is for this process @throws UnsupportedError */
function pipe(own: 0 | 1): readonly [number, number] {
  const ends = new Int32Array(2);
  const result = loadSandbox().pipe(ends, own);
  const [from = -1, to = -1] = ends;
  if (result >= 0) return [from, to];
  throw unsupported("no pipe can be created", -result);
}

function unsupported(what: string, number: number): UnsupportedError {
  const errno = errnoName(number);
  return new UnsupportedError(`${what}: ${errno}`, { errno, remedy: limitRemedy(errno) });
}
