import { readdirSync, readFileSync } from "node:fs";
import { syscallName } from "../../encoder/names.ts";
import { DeadlineError, DeathError, StublabError, TraceError } from "../../errors.ts";
import { INSTRUCTION_POINTER } from "../../stub/amd64.ts";
import { type ProcessFacts, readProcess } from "../../stub/proc.ts";
import { Thread } from "../../stub/thread.ts";
import { BREAKPOINT, callWords, nextCallNumber, resultWord, SYSTEM_CALL } from "../amd64.ts";
import { attachWatched } from "../birth.ts";
import { injectWatched } from "../injection.ts";
import { awaitProcess } from "../kernel_view.ts";
import { tellRegisters } from "../recorder.ts";
import { type Outcome, step } from "../stepping.ts";
import { Tracee } from "../tracee.ts";
import type { Names } from "./expression.ts";
import { MOST_INSTRUCTIONS, REFUSED, type Run, tellRun } from "./run.ts";
import { MOST_CHILDREN, tooMany, type Watched } from "./watched.ts";

/** The calls that make a task. */
const MAKING = new Set(["clone", "fork", "vfork"]);

/** The states of a thread that waits in the kernel: "D" in a vfork. */
const ASLEEP: readonly string[] = ["S", "D"];

/** A system call that a stub has made. */
export interface MadeCall {
  readonly name: string;
  readonly result: bigint;
  /** As strace shows it, but an errno as "-EBADF". */
  readonly told: string;
  readonly step: number;
}

/** What a tracer sees of the SYSCALL. */
const SELECTED =
  "The call that the registers select: RAX has its number, and the others its arguments.";

/** A stub that executes an answer. */
export class Player {
  readonly tracee: Tracee;
  /** The calls that it has made in its own steps. */
  readonly calls: MadeCall[] = [];
  readonly #watched: Watched;
  /** Whether its initial registers are known; else what it has is kept. */
  #isAtRest: boolean;
  /** Whether its registers were written since its last call. */
  #isWritten = false;
  /** The pid of the process that made it. */
  readonly parentPid: number;

  constructor(watched: Watched, tracee: Tracee, parentPid: number, isAtRest = false) {
    this.#isAtRest = isAtRest;
    this.#watched = watched;
    this.tracee = tracee;
    this.parentPid = parentPid;
  }

  get pid(): number {
    return this.tracee.thread.tgid;
  }

  get alive(): boolean {
    return this.tracee.thread.state !== "dead";
  }

  /** The names that stand for something of this stub. */
  get names(): Names {
    const { tracer } = this.tracee.thread;
    const start = BigInt(tracer.stubAddress);
    return new Map([
      ["STUB", BigInt(this.pid)],
      ["PARENT", BigInt(this.parentPid)],
      ["BEGIN", start],
      ["SYSCALL", start + BigInt(tracer.shim.stubSyscallOffset())],
    ]);
  }

  registers(): Record<string, bigint> {
    return this.tracee.registers();
  }

  facts(): ProcessFacts | undefined {
    try {
      return readProcess(this.pid);
    } catch {
      return undefined;
    }
  }

  /** Changes its initial registers. */
  keep(words: Names): void {
    for (const [name, word] of words) this.tracee.thread.initial.set(name, word);
  }

  /**
   * Writes registers over those of a call, or of a stub that has not come to rest, over what it has. Returns the errno if
   * the kernel refuses them.
   */
  write(words: Names, why: string): string | undefined {
    const { thread } = this.tracee;
    const { frame, encoder } = thread.tracer;
    if (this.#isAtRest) {
      const { offset } = thread.initial;
      encoder.encodeSyscall(frame.offset, offset, 0n, 0n, 0n, 0n, 0n, 0n, 0n);
    } else thread.readRegisters(frame);
    for (const [name, word] of words) frame.set(name, word);
    this.#isWritten = true;
    try {
      this.tracee.setRegisters(frame, why);
      return undefined;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      const { errno = "an errno" } = error;
      this.tracee.recorder.step({
        lane: "host",
        about: this.tracee.lane,
        kind: "note",
        title: `PTRACE_SETREGS failed with ${errno}`,
        why: "The kernel refuses these registers. Those before the one that it refuses are written all the same.",
        kernel: this.tracee.recorder.view(this.pid),
      });
      return errno;
    }
  }

  /**
   * Executes instructions until it rests, stops itself or ends.
   *
   * @param most instructions.
   */
  go(most = MOST_INSTRUCTIONS): Run {
    for (let i = 0; i < most; i++) {
      const run = this.#step();
      if (run !== undefined) return run;
    }
    return { kind: "endless" };
  }

  /** Executes an instruction. Returns what has become of the stub; undefined if it goes on. */
  #step(): Run | undefined {
    const { tracee } = this;
    let call: string | undefined;
    let outcome: Outcome;
    let text: string | undefined;
    try {
      const registers = tracee.registers();
      text = tracee.recorder.placeOf(registers[INSTRUCTION_POINTER] ?? 0n)?.line.text;
      if (text === SYSTEM_CALL) call = this.#callName(nextCallNumber(registers));
      outcome = step(tracee, text === SYSTEM_CALL && this.#isWritten ? { why: SELECTED } : {});
    } catch (error) {
      return this.#broken(error, call);
    }
    switch (outcome.kind) {
      case "ended":
        return { kind: "ended", how: outcome.how, call };
      case "fault": {
        const { signal, address } = outcome.info;
        return { kind: "fault", signal: tracee.thread.tracer.signalName(signal), address };
      }
      case "emulated":
        return { kind: "call", call: call ?? "" };
      case "executed":
        return this.#executed(outcome.step, text, call);
    }
  }

  /** What follows from an instruction, and from a call if it was one. */
  #executed(at: number, text: string | undefined, call: string | undefined): Run | undefined {
    if (text === BREAKPOINT) return { kind: "rest" };
    if (call === undefined) return undefined;
    this.#note(call, at);
    if (this.#countTasks() > MOST_CHILDREN) throw tooMany();
    if (!this.#hasStopPending()) return undefined;
    this.#stop(at);
    return { kind: "stopped" };
  }

  #callName(number: bigint): string {
    return syscallName(number, this.tracee.teller.constants) ?? `system call ${number}`;
  }

  /** A child returns from its clone to the instruction after the SYSCALL: from there to the begin of the stub code. */
  goToBegin(): void {
    const begin = BigInt(this.tracee.thread.tracer.stubAddress);
    for (let i = 0; i < 8 && this.tracee.rip !== begin; i++) this.go(1);
  }

  /** Remembers a call that has just returned. */
  #note(name: string, at: number): void {
    this.#isWritten = false;
    const result = BigInt.asIntN(64, resultWord(this.tracee.registers()));
    this.calls.push({ name, result, told: this.#tellResult(result), step: at });
  }

  #tellResult(result: bigint): string {
    if (result < -4095n || result >= 0n) return `${result}`;
    return `-${this.tracee.thread.tracer.errorName(Number(-result))}`;
  }

  #broken(error: unknown, call: string | undefined): Run {
    const { recorder, lane } = this.tracee;
    if (error instanceof DeathError) {
      const isRefused = error.how === REFUSED;
      const made = isRefused ? this.calls.at(-1)?.name : undefined;
      const why = isRefused
        ? `The filter does not permit ${made} to answers: it was not executed, and RAX still has its number.`
        : "It was ended from outside.";
      this.tracee.ended(error.how, why);
      return { kind: "ended", how: error.how, call: made };
    }
    // A stub that only waits for a processor is not to blame.
    const isBlocked =
      error instanceof DeadlineError && ASLEEP.includes(this.facts()?.state ?? "unknown");
    if (!isBlocked) throw error;
    recorder.step({
      lane,
      kind: "note",
      title: `${call ?? "an instruction"} does not return within ${this.tracee.thread.tracer.deadline} ms`,
      why: "Nothing that could end it will happen.",
      kernel: recorder.view(this.pid),
    });
    return { kind: "blocked", call };
  }

  #hasStopPending(): boolean {
    const { tracer } = this.tracee.thread;
    const stop = tracer.encoder.signalSet(tracer.constant("SIGSTOP"));
    return ((this.facts()?.pending ?? 0n) & stop) !== 0n;
  }

  /** Lets it stop by the SIGSTOP that it has sent itself, untraced, as in a birth. */
  #stop(sent: number): void {
    const { tracee } = this;
    const { recorder, lane, thread } = tracee;
    thread.resume();
    thread.wait();
    tracee.request("PTRACE_DETACH", "The observer detaches, and delivers SIGSTOP.", {
      observer: "In a real birth the stub is not traced yet.",
    });
    awaitProcess(thread.tgid, ({ state }) => state === "T", thread.tracer.deadline);
    const stopped = recorder.step({
      lane,
      kind: "stop",
      title: "stopped by SIGSTOP",
      why: "The stub is stopped, and untraced. It waits for its parent and its tracer.",
      kernel: recorder.view(thread.tgid),
    });
    recorder.arrow("signal", sent, stopped, "SIGSTOP");
  }

  #newPids(): number[] {
    const { tgid, tid } = this.tracee.thread;
    let text = "";
    try {
      text = readFileSync(`/proc/${tgid}/task/${tid}/children`, "utf8");
    } catch {
      // It has ended.
    }
    return text
      .split(" ")
      .map(Number)
      .filter((pid) => pid > 0 && !this.#watched.has(pid));
  }

  /** How many threads and new children it has. */
  #countTasks(): number {
    return this.#newPids().length + this.tasks().length;
  }

  /** Its new child, which stands before its first instruction. */
  child(lane: string, role: string): Player | undefined {
    const [pid] = this.#newPids();
    return pid === undefined ? undefined : this.adopt(pid, pid, lane, role);
  }

  /** A new task that is traced from birth. */
  adopt(tgid: number, tid: number, lane: string, role: string): Player {
    const {
      recorder,
      thread: { tracer },
    } = this.tracee;
    this.#watched.add(tid);
    const thread = new Thread(tracer, tgid, tid);
    thread.wait();
    const tracee = new Tracee(recorder, lane, thread);
    recorder.addLane(lane, role, tid);
    const registers = tellRegisters(tracee.registers());
    const born = recorder.step({
      lane,
      kind: "clone",
      title: `${tid === tgid ? "process" : "thread"} ${tid} is born`,
      why: "It has not executed an instruction yet. Its registers are those of the task that made it, but RAX is 0.",
      registers: { before: registers, after: registers },
      kernel: recorder.view(tgid),
      observer: "It is traced already, and stopped by SIGSTOP before its first instruction.",
    });
    const clone = this.calls.findLast((call) => MAKING.has(call.name));
    if (clone !== undefined) recorder.arrow("clone", clone.step, born, clone.name);
    return new Player(this.#watched, tracee, this.pid);
  }

  /** An injected call, recorded. @throws DeathError, DeadlineError, TraceError */
  call(name: string, args: readonly (number | bigint)[], why: string): bigint {
    injectWatched(this.tracee, { call: name, args, why, answer: "The result is in RAX." });
    return BigInt.asIntN(64, resultWord(this.tracee.registers()));
  }

  /** The same, with its result or what became of the stub as text. */
  tryCall(name: string, args: readonly (number | bigint)[], why: string): string {
    try {
      return this.#tellResult(this.call(name, args, why));
    } catch (error) {
      if (error instanceof TraceError) return "does not come back";
      return tellRun(this.#broken(error, name));
    }
  }

  /** The pids of its threads. */
  tasks(): number[] {
    try {
      return readdirSync(`/proc/${this.pid}/task`).map(Number);
    } catch {
      return [];
    }
  }

  /** A thread ends, and its process lives on. */
  leave(): void {
    this.write(
      new Map([["rax", this.tracee.thread.tracer.flag("SYS_exit")]]),
      "The thread is made to exit.",
    );
    this.go();
  }

  /** Resumes it up to its next system call, and returns the name of that; undefined if another stop comes first. */
  enterCall(why: string): string | undefined {
    const { tracee } = this;
    tracee.request("PTRACE_SYSCALL", why);
    const stop = tracee.awaitStop({
      stop: "What has the kernel made of the registers?",
      wait: "The host waits for this stop.",
    });
    if (stop.kind !== "syscall") return undefined;
    return this.#callName(callWords(this.registers()).number);
  }

  /** Resumes it with each signal that stops it, until it rests or ends. */
  meet(): { readonly signals: readonly string[]; readonly how: string } {
    const { tracee } = this;
    const { tracer } = this.tracee.thread;
    const signals: string[] = [];
    let signal = 0;
    try {
      for (let stops = 0; stops < MOST_CHILDREN; stops++) {
        tracee.request(
          "PTRACE_CONT",
          "It is resumed, with the signal that has stopped it, if any.",
          {
            data: signal,
          },
        );
        const stop = tracee.awaitStop({ stop: "A signal stops it.", wait: "The host waits." });
        if (stop.signal === tracer.constant("SIGTRAP")) {
          const how = tracee.rip === tracer.restAddress ? "rest" : "elsewhere";
          return { signals, how: how === "rest" ? tellRun({ kind: "rest" }) : "raised SIGTRAP" };
        }
        signal = stop.signal;
        signals.push(tracer.signalName(signal));
      }
      return { signals, how: "is stopped again and again" };
    } catch (error) {
      return { signals, how: tellRun(this.#broken(error, undefined)) };
    }
  }

  /** After its self-stop: the tracer attaches, and takes the initial registers. */
  attach(): void {
    attachWatched(this.tracee);
    this.#isAtRest = true;
  }

  /** Kills it, and waits for its end. */
  kill(why: string): void {
    const { tracer } = this.tracee.thread;
    this.tracee.signal(tracer.constant("SIGKILL"), why);
    this.end("SIGKILL cannot be delayed.");
  }

  /** Waits for its end, and returns how it ended; undefined if it does not end. */
  end(why: string): string | undefined {
    try {
      return this.tracee.awaitEnd({ stop: why, wait: "wait4 reports this to the host." });
    } catch (error) {
      if (error instanceof DeathError) return error.how;
      if (!(error instanceof StublabError)) throw error;
      return undefined;
    }
  }
}
