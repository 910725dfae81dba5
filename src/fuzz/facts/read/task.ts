import { errnoName } from "../../../errno.ts";
import { StopError } from "../../../errors.ts";
import type { Stub } from "../../../stub/stub.ts";
import { baselineWith } from "../../case/baseline.ts";
import { REGISTERS } from "../../case/setups.ts";
import { mapPages } from "../../try/target.ts";
import type { Words } from "../setups.ts";
import { type Answer, AnswerMemory, type Result, wordAt } from "./answer.ts";
import { EVENTS, NOTES, type Note, REQUESTS, type Request } from "./numbers.ts";

export const WALL = 0x4000_0000;
/** How long a stop may take, and how long the lack of one is watched, in microseconds. */
export const [PATIENCE, GLANCE] = [2_000_000, 20_000];

/** A stub without a filter, to which raw requests are made. It has the pages of code.ts. */
export class Task {
  readonly tid: number;
  readonly stub: Stub;
  readonly memory: AnswerMemory;

  /** A stub at its stop by an INT3. */
  constructor(master: Stub) {
    this.stub = master.createStub();
    this.tid = this.stub.pid;
    this.memory = AnswerMemory.of(this.stub.tracer.shim);
    mapPages(this.stub);
    this.go({}, "int3");
  }

  /** The result of a request with a number, or an address, as its data. */
  request(request: Request, address: number | bigint = 0, data = 0, tid = this.tid): Result {
    const { shim } = this.stub.tracer;
    const number = typeof request === "number" ? request : REQUESTS[request];
    const result = shim.ptrace(number, tid, address, data);
    return result < 0 ? errnoName(-result) : result;
  }

  /** The answer of a request that reads. */
  read(request: Request, address: number | bigint = 0): Answer {
    return this.memory.read((data) => this.request(request, address, data));
  }

  /** The same, and the first word of the answer. */
  word(request: Request, address: number | bigint = 0) {
    const answer = this.read(request, address);
    return { ...answer, word: wordAt(answer, 0) };
  }

  /** The result of a request that takes bytes. */
  write(request: Request, bytes: Uint8Array | BigUint64Array, address: number | bigint = 0) {
    const { buffer, byteOffset, byteLength } = bytes;
    const data = this.memory.put(new Uint8Array(buffer, byteOffset, byteLength));
    return this.request(request, address, data);
  }

  /** GETREGSET with an iovec of so many bytes. */
  regset(note: Note, length: number | bigint) {
    const vector = (data: number) => this.request("GETREGSET", noteOf(note), data);
    return this.memory.readVector(BigInt(length), vector);
  }

  setRegset(note: Note, bytes: Uint8Array) {
    const vector = (data: number) => this.request("SETREGSET", noteOf(note), data);
    return this.memory.vector(this.memory.put(bytes), BigInt(bytes.length), vector);
  }

  /** A register, as GETREGS has it. */
  register(name: string): bigint {
    const { bytes, result } = this.read("GETREGS");
    this.expect("GETREGS", result, 0);
    return new DataView(bytes.buffer).getBigUint64(8 * REGISTERS.indexOf(name), true);
  }

  /** Writes the baseline with other words, and RIP at a piece of code. */
  set(words: Words, code?: string): this {
    const result = this.write("SETREGS", BigUint64Array.from(baselineWith(words, code)));
    this.expect("SETREGS", result, 0);
    return this;
  }

  /** The same, and returns the stop after a request. */
  go(words: Words, code: string, request: Request = "CONT"): string {
    return this.set(words, code).next(request);
  }

  /** The same, without the stop. */
  run(words: Words, code: string): this {
    return this.set(words, code).resume();
  }

  /** Sets its options, those that the kernel has. */
  options(options: number): this {
    this.request("SETOPTIONS", 0, options);
    return this;
  }

  /** Makes a request on the way to a check. */
  must(request: Request, data = 0): this {
    this.expect(String(request), this.request(request, 0, data), 0);
    return this;
  }

  /** Resumes it, and returns the next stop. */
  next(request: Request = "CONT", signal = 0): string {
    return this.must(request, signal).wait();
  }

  /** The same, without the stop. */
  resume(): this {
    this.next();
    return this;
  }

  /** Makes a request that leads to a stop, and returns both. */
  stopBy(request: Request) {
    return { result: this.request(request), stop: this.wait() };
  }

  /** "SIGTRAP", "system call", "PTRACE_EVENT_STOP, SIGTRAP", "exit 0", "killed by SIGKILL". */
  wait(tid = this.tid): string {
    return this.#stop(tid, PATIENCE);
  }

  /** The same after a moment in which nothing is expected: "no stop". */
  glance(): string {
    return this.#stop(this.tid, GLANCE);
  }

  #stop(tid: number, microseconds: number): string {
    const { tracer } = this.stub;
    const status = new Int32Array(1);
    const result = tracer.shim.wait(tid, WALL, microseconds, status);
    if (result < 0) return errnoName(-result);
    return result === 0 ? "no stop" : stopText(status[0] ?? 0, (it) => tracer.signalName(it));
  }

  /** Sends a signal to the thread. */
  signal(signal: number): this {
    this.stub.tracer.shim.tgkill(this.tid, this.tid, signal);
    return this;
  }

  /** Sends a signal to its process. */
  kill(signal: number): this {
    process.kill(this.tid, signal);
    return this;
  }

  /** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
  drain(tid: number): void {
    do this.request("CONT", 0, 0, tid);
    while (/^(PTRACE_EVENT|SIG|system call)/.test(this.wait(tid)));
  }

  /** @throws StopError if a step on the way to a check has another result */
  expect(doing: string, seen: string | number, expected: string | number): void {
    if (seen === expected) return;
    throw new StopError(
      this.tid,
      `is not where it should be: ${doing}: expected ${expected}, got ${seen}`,
    );
  }
}

function noteOf(note: Note): number | bigint {
  return typeof note === "string" ? NOTES[note] : note;
}

/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const CALL = 0x85;

function stopText(status: number, nameOf: (signal: number) => string): string {
  const [low, signal, event] = [status & 0xff, (status >> 8) & 0xff, status >> 16];
  if (low === 0) return `exit ${signal}`;
  if (low !== 0x7f) return `killed by ${nameOf(low & 0x7f)}`;
  if (event !== 0) return `PTRACE_EVENT_${EVENTS[event] ?? event}, ${nameOf(signal)}`;
  return signal === CALL ? "system call" : nameOf(signal);
}
