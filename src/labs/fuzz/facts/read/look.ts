/* Carries out the verbs of facts. */

import { constants } from "node:os";
import { hasEnded } from "../../../../core/stub/proc.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import { errnoName } from "../../../../lib/errno.ts";
import { hex, StopError } from "../../../../lib/errors.ts";
import type { Machine } from "../../try/machine.ts";
import { mapPages } from "../../try/target.ts";
import type { RequestField, Value } from "../fact.ts";
import { NEED_NAMES, obstacle } from "../needs.ts";
import type { Unmet } from "../verdict.ts";
import { type Answer, AnswerMemory, differsAt } from "./answer.ts";
import { NO_STOP, OPTIONS, REQUESTS, statusOf, stopText } from "./numbers.ts";
import type { Place } from "./places.ts";
import { KINDS, LATER, next, options, type Verb, verbsOf, WAIT } from "./verbs.ts";

const WALL = 0x4000_0000;
const [PATIENCE, SIGKILL] = [Number(WAIT.words[0]), 9];
const ERRNOS = new Map(Object.entries(constants.errno));
const NOTHING: Answer = { bytes: new Uint8Array(), written: 0 };

/** What verbs have led to. */
interface Seen {
  readonly result: number;
  readonly answer: Answer;
}

/** Tracees of one fact, and what was seen last. */
export class Look {
  readonly #master: Stub;
  readonly #machine: Machine;
  readonly #memory: AnswerMemory;
  readonly #stubs: Stub[] = [];
  #seen: Seen = { result: 0, answer: NOTHING };
  #kept: Seen = this.#seen;
  #length = 0;
  #stop = NO_STOP;
  #first: number | undefined;
  #child = 0;

  constructor(master: Stub, machine: Machine) {
    this.#master = master;
    this.#machine = machine;
    this.#memory = AnswerMemory.of(master.tracer.shim);
  }

  /** Carries out verbs. Returns why the rest is skipped; undefined: it is not. */
  follow(verbs: readonly Verb[]): string | undefined {
    for (const verb of verbs) {
      const reason = this.#do(verb);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Ends the tracees that were created after the first ones. */
  closeAfter(count: number): void {
    for (const stub of this.#stubs.splice(count)) close(stub);
  }

  get tracees(): number {
    return this.#stubs.length;
  }

  /** The fields that differ from what is expected. */
  compare(expected: readonly RequestField[]): Unmet[] {
    return expected.flatMap(({ field, place, value }) => {
      const seen = this.#see(place);
      const resolved = typeof value === "bigint" ? this.#resolve(value) : value;
      const wanted =
        typeof seen === "number" && typeof resolved === "bigint" ? Number(resolved) : resolved;
      if (seen === wanted) return [];
      return [{ field, expected: shown(wanted), seen: seen === undefined ? null : shown(seen) }];
    });
  }

  /** What was seen at a place; undefined if nothing was written there. */
  #see({ kind, offset }: Place): string | number | bigint | undefined {
    const { bytes, written } = this.#seen.answer;
    const view = new DataView(bytes.buffer);
    const has = (size: number) => offset + size <= written;
    switch (kind) {
      case "result":
        return resultText(this.#seen.result);
      case "kept":
        return resultText(this.#kept.result);
      case "written":
        return written;
      case "length":
        return this.#length;
      case "stop":
        return this.#text(this.#stop);
      case "first":
        return this.#first && this.#text(this.#first);
      case "differs":
        return differsAt(this.#seen.answer, this.#kept.answer);
      case "byte":
        return has(1) ? view.getUint8(offset) : undefined;
      case "int":
        return has(4) ? view.getInt32(offset, true) : undefined;
      case "half":
        return has(4) ? BigInt(view.getUint32(offset, true)) : undefined;
      case "word":
        return has(8) ? view.getBigUint64(offset, true) : undefined;
    }
  }

  /** The value of a word that may stand for another one. */
  #resolve(word: bigint): bigint {
    if (word >> 40n !== LATER) return word;
    const number = Number(word & 0xffff_ffffn);
    switch (KINDS[Number((word >> 32n) & 0xffn)]) {
      case "ANSWER":
        return BigInt(this.#memory.answer);
      case "ASIDE":
        return BigInt(this.#memory.aside);
      case "TID":
        return BigInt(this.#stub.pid);
      case "TRACER":
        return BigInt(process.pid);
      case "UID":
        return BigInt(process.getuid?.() ?? 0);
      case "KEPT":
        return new DataView(this.#kept.answer.bytes.buffer).getBigUint64(number, true);
      case "XSTATE":
        return BigInt(Math.min(number, this.#machine.xstateLength));
      default:
        return word;
    }
  }

  get #stub(): Stub {
    const stub = this.#stubs.at(-1);
    if (stub === undefined) throw new RangeError("there is no tracee");
    return stub;
  }

  #do({ verb, words: its, text }: Verb): string | undefined {
    if (verb === "TRACEE") {
      this.#create();
      return undefined;
    }
    const words = its.map((word) => this.#resolve(word));
    const [word = 0n] = words;
    const { pid, tracer } = this.#stub;
    switch (verb) {
      case "REQUEST":
        this.#request(words);
        break;
      case "READ": {
        const answer = this.#memory.read(() => this.#request(words));
        this.#seen = { ...this.#seen, answer };
        break;
      }
      case "PUT":
        this.#memory.put(words);
        break;
      case "MUST":
        if (this.#seen.result < 0) throw this.#lost(resultText(this.#seen.result), 0);
        break;
      case "KEEP":
        this.#kept = this.#seen;
        break;
      case "WAIT":
        this.#stop = wait(this.#stub, Number(words[1] ?? pid), Number(word));
        break;
      case "ARRIVE":
        this.#arrive(Number(BigInt.asIntN(64, word)));
        break;
      case "SIGNAL":
        tracer.shim.tgkill(pid, pid, Number(word));
        break;
      case "KILL":
        process.kill(pid, Number(word));
        break;
      case "CALL": {
        const [number = 0n, ...args] = words;
        const { value, errno } = this.#stub.inject(number, ...args);
        const result = errno === null ? Number(value) : -(ERRNOS.get(errno) ?? 1);
        this.#seen = { ...this.#seen, result };
        break;
      }
      case "ZOMBIE": {
        const end = performance.now() + PATIENCE / 1000;
        while (!hasEnded(pid) && performance.now() < end);
        break;
      }
      case "CHILD":
        this.#endChild(Number(this.#see({ kind: "word", offset: 0 }) ?? 0));
        break;
      case "REAP":
        this.#reap();
        break;
      case "UNLESS":
        return this.#seen.result === -Number(word) ? text : undefined;
      case "NEED":
        return obstacle(NEED_NAMES[Number(word)] ?? "XSAVE", this.#machine);
    }
    return undefined;
  }

  /** Creates a tracee: a stub without a filter. It has the pages of code.ts. */
  #create(): void {
    const stub = this.#master.createStub();
    this.#stubs.push(stub);
    mapPages(stub);
  }

  #request([request = 0n, address = 0n, data = 0n, task = 0n, ...aside]: readonly bigint[]): void {
    this.#memory.putAside(aside);
    const [number, tid] = [request, task].map((word) => Number(BigInt.asIntN(64, word)));
    if (number === undefined || tid === undefined) return;
    const result = this.#stub.tracer.shim.ptrace(number, tid, address, data);
    this.#seen = { result, answer: NOTHING };
    this.#length = this.#memory.length;
  }

  #arrive(status: number): void {
    if (this.#stop !== status) throw this.#lost(this.#text(this.#stop), this.#text(status));
  }

  /** Waits for a child that the tracee has cloned, kills it, and reaps it. */
  #endChild(child: number): void {
    const stub = this.#stub;
    this.#child = child;
    this.#first = child > 0 ? wait(stub, child) : undefined;
    if (child <= 0) return;
    stub.tracer.shim.tgkill(child, child, SIGKILL);
    drain(stub, child);
  }

  /** Leads the tracee from where it has cloned a child to the INT3 after, and lets it reap that. */
  #reap(): void {
    if (this.#child <= 0) return;
    const [seen, stop] = [this.#seen, this.#stop];
    this.follow(RESUME);
    while (this.#text(this.#stop) === "SIGCHLD") this.follow(RESUME);
    this.#arrive(SIGTRAP_STOP);
    this.#stub.inject("wait4", this.#child, 0, WALL, 0);
    [this.#seen, this.#stop] = [seen, stop];
  }

  #text(status: number): string {
    return stopText(status, (signal) => this.#master.tracer.signalName(signal));
  }

  #lost(seen: string | number, expected: string | number): StopError {
    return new StopError(
      this.#stub.pid,
      `is not where it should be: expected ${expected}, got ${seen}`,
    );
  }
}

const RESUME = verbsOf([options(OPTIONS.TRACEEXIT), next()]);
const SIGTRAP_STOP = statusOf("SIGTRAP");

function shown(value: Value): string | number {
  return typeof value === "bigint" ? hex(value) : value;
}

function resultText(result: number): string | number {
  return result < 0 ? errnoName(-result) : result;
}

/** The status word of a stop; NO_STOP, or -errno. */
function wait({ tracer }: Stub, tid: number, microseconds = PATIENCE): number {
  const status = new Int32Array(1);
  const result = tracer.shim.wait(tid, WALL, microseconds, status);
  return result < 0 ? result : result === 0 ? NO_STOP : (status[0] ?? 0);
}

/** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
function drain(stub: Stub, tid: number): void {
  do stub.tracer.shim.ptrace(REQUESTS.CONT, tid, 0, 0);
  while ((wait(stub, tid) & 0xff) === 0x7f);
}

/** Kills and reaps a stub, wherever it is. */
function close(stub: Stub): void {
  stub.tracer.shim.tgkill(stub.pid, stub.pid, SIGKILL);
  drain(stub, stub.pid);
  stub.thread.forget();
  stub.forgetIfDead();
}
