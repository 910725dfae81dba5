import { readdirSync, readFileSync } from "node:fs";
import { syscallName } from "../../../core/encoder/names.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import type { SyscallArgument } from "../../../core/stub/injection.ts";
import { type ProcessFacts, readProcess } from "../../../core/stub/proc.ts";
import { Thread } from "../../../core/stub/thread.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { DeadlineError, DeathError, StublabError, TraceError } from "../../../lib/errors.ts";
import { Actor } from "../actor.ts";
import { callWords, HOST, NAMES, nextCallNumber, resultWord } from "../arch.ts";
import { detachInStop } from "../birth.ts";
import { isBorn } from "../clone.ts";
import type { Words } from "./answer.ts";
import { MOST_INSTRUCTIONS, NO_CALL, REFUSED, RESTS, type Run, tellRun } from "./run.ts";
import { MOST_CHILDREN, tooMany, type Watched } from "./watched.ts";

/** The calls that make a task. */
const MAKING = new Set(["clone", "fork", "vfork"]);

/** The states of a thread that waits in the kernel: "D" in a vfork. */
const ASLEEP: readonly string[] = ["S", "D"];

/** What a tracer sees of the SYSCALL. */
const SELECTED = `The call that the registers select: ${NAMES.NUMBER} has its number, and others its arguments.`;

const BORN =
  "It has not executed an instruction yet. Its registers are those of the task that made it, but the result is 0.";

/** A system call that a stub has made. */
export interface MadeCall {
  readonly name: string;
  readonly result: bigint;
  /** As strace shows it, but an errno as "-EBADF". */
  readonly told: string;
  readonly step: number;
}

/** A stub that executes an answer. */
export class Player {
  readonly tracee: Actor;
  /** The calls that it has made in its own steps. */
  readonly calls: MadeCall[] = [];
  readonly #watched: Watched;
  /** Whether its initial registers are known; else what it has is kept. */
  #isAtRest: boolean;
  /** Whether its registers were written since its last call. */
  #isWritten = false;
  /** The pid of the process that made it. */
  readonly parentPid: number;

  constructor(watched: Watched, tracee: Actor, parentPid: number, isAtRest = false) {
    this.#isAtRest = isAtRest;
    this.#watched = watched;
    this.tracee = tracee;
    this.parentPid = parentPid;
  }

  get tracer(): TracingThread {
    return this.tracee.thread.tracer;
  }

  get pid(): number {
    return this.tracee.thread.tgid;
  }

  /** What the names of "registers" in docs/lessons/tasks.md stand for. */
  get names(): Readonly<Record<string, bigint>> {
    const { stubAddress, shim } = this.tracer;
    return {
      STUB: BigInt(this.pid),
      PARENT: BigInt(this.parentPid),
      BEGIN: BigInt(stubAddress),
      [NAMES.CALL]: BigInt(stubAddress + shim.stubSyscallOffset()),
    };
  }

  registers(): Words {
    return this.tracee.registers();
  }

  /** What /proc says of it; undefined if it is gone. */
  facts(): ProcessFacts | undefined {
    try {
      return readProcess(this.pid);
    } catch {
      return undefined;
    }
  }

  /** Whether a signal has been sent to it, and not delivered. */
  hasPending(signal: string): boolean {
    const set = this.tracer.encoder.signalSet(this.tracer.constant(signal));
    return ((this.facts()?.pending ?? 0n) & set) !== 0n;
  }

  /** Records a note about it, with what /proc says. */
  note(title: string, why: string, lane = this.tracee.lane): void {
    const { recorder, lane: about } = this.tracee;
    recorder.step({ lane, about, kind: "note", title, why, kernel: recorder.view(this.pid) });
  }

  /**
   * Writes registers over those of a call, or of a stub that has not come to rest, over what it has. Returns the errno if
   * the kernel refuses them.
   */
  write(words: Words, why: string): string | undefined {
    const { tracee } = this;
    const { frame } = this.tracer;
    if (this.#isAtRest) tracee.frame(0n);
    else tracee.thread.expect("stopped").readRegisters(frame);
    for (const [name, word] of Object.entries(words)) frame.set(name, word);
    this.#isWritten = true;
    try {
      tracee.setRegisters(frame, why);
      return undefined;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      const { errno = "an errno" } = error;
      const why =
        "The kernel refuses these registers. Those before the one that it refuses are written all the same.";
      this.note(`PTRACE_${NAMES.WRITE} failed with ${errno}`, why, "host");
      return errno;
    }
  }

  /** Executes instructions, at most this many, until it rests, stops itself or ends. */
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
    try {
      const registers = tracee.registers();
      const text = tracee.recorder.placeOf(registers[HOST_MACHINE.instructionPointer] ?? 0n)?.line
        .text;
      if (text === HOST.SYSTEM_CALL) call = this.#callName(nextCallNumber(registers));
      const outcome = tracee.step(call !== undefined && this.#isWritten ? { why: SELECTED } : {});
      switch (outcome.kind) {
        case "ended":
          return { kind: "ended", how: outcome.how, call };
        case "fault": {
          const { signal, address } = outcome.info;
          return { kind: "fault", signal: this.tracer.signalName(signal), address };
        }
        case "emulated":
          return { kind: "call", call: call ?? "" };
        case "executed":
          if (text === HOST.BREAKPOINT) return { kind: "rest" };
          return call === undefined ? undefined : this.#called(call, outcome.step);
      }
    } catch (error) {
      return this.#broken(error, call);
    }
  }

  /** What follows from a call that has returned. */
  #called(name: string, at: number): Run | undefined {
    this.#isWritten = false;
    this.calls.push({ name, ...this.#result(), step: at });
    if (this.#newPids().length + this.tids().length > MOST_CHILDREN) throw tooMany();
    if (!this.hasPending("SIGSTOP")) return undefined;
    const { recorder, thread } = this.tracee;
    thread.expect("stopped").resume();
    thread.wait();
    recorder.arrow("signal", at, detachInStop(this.tracee), "SIGSTOP");
    return { kind: "stopped" };
  }

  #callName(number: bigint): string {
    return (
      syscallName(number, this.tracee.teller.constants) ?? `${NO_CALL} ${BigInt.asIntN(64, number)}`
    );
  }

  /** The result of the last call. */
  #result(): Pick<MadeCall, "result" | "told"> {
    const result = BigInt.asIntN(64, resultWord(this.registers()));
    const isErrno = result < 0n && result >= -4095n;
    return { result, told: isErrno ? `-${this.tracer.errorName(Number(-result))}` : `${result}` };
  }

  /** What an error says of the stub. @throws the error, if that is nothing */
  #broken(error: unknown, call: string | undefined): Run {
    if (error instanceof DeathError) {
      const isRefused = error.how === REFUSED;
      const made = isRefused ? this.calls.at(-1)?.name : undefined;
      const why = isRefused
        ? `The filter of answers does not permit ${made}: it was not executed.`
        : "It was ended from outside.";
      this.tracee.ended(error.how, why);
      return { kind: "ended", how: error.how, call: made };
    }
    // A stub that only waits for a processor is not to blame.
    const isBlocked =
      error instanceof DeadlineError && ASLEEP.includes(this.facts()?.state ?? "unknown");
    if (!isBlocked) throw error;
    const title = `${call ?? "an instruction"} does not return within ${this.tracer.deadline} ms`;
    this.note(title, "Nothing that could end it will happen.");
    return { kind: "blocked", call };
  }

  /** The ids of its threads. */
  tids(): number[] {
    try {
      return readdirSync(`/proc/${this.pid}/task`).map(Number);
    } catch {
      return [];
    }
  }

  /** The children of its thread that the check does not know. */
  #newPids(): number[] {
    const { tgid, tid } = this.tracee.thread;
    let text = "";
    try {
      text = readFileSync(`/proc/${tgid}/task/${tid}/children`, "utf8");
    } catch {
      // It has ended.
    }
    const pids = text.split(" ").map(Number);
    return pids.filter((pid) => pid > 0 && !this.#watched.has(pid));
  }

  /** Its new child, which stands before its first instruction. */
  child(lane: string, role: string): Player | undefined {
    const [pid] = this.#newPids();
    return pid === undefined ? undefined : this.adopt(pid, pid, lane, role);
  }

  /** A new task that is traced from birth. */
  adopt(tgid: number, tid: number, lane: string, role: string): Player {
    const { recorder } = this.tracee;
    this.#watched.add(tid);
    recorder.addLane(lane, role, tid);
    const tracee = new Actor(recorder, lane, new Thread(this.tracer, tgid, tid, true));
    const clone = this.calls.findLast(({ name }) => MAKING.has(name));
    isBorn(tracee, clone?.step, BORN, clone?.name, tid === tgid ? "process" : "thread");
    return new Player(this.#watched, tracee, this.pid);
  }

  /** An injected call, recorded: its result as in `MadeCall`, or the end of the stub. */
  call(name: string, args: readonly SyscallArgument[], why: string): string {
    try {
      this.tracee.call(name, args, { why, answer: `The result is in ${NAMES.RESULT}.` });
      return this.#result().told;
    } catch (error) {
      if (error instanceof TraceError) return "does not come back";
      return tellRun(this.#broken(error, name));
    }
  }

  /** Resumes it up to its next system call, and returns the name of that; undefined if another stop comes first. */
  enterCall(why: string): string | undefined {
    this.tracee.request("PTRACE_SYSCALL", why);
    const stop = this.tracee.awaitStop({
      stop: "What has the kernel made of the registers?",
      wait: "The host waits for this stop.",
    });
    if (stop.kind !== "syscall") return undefined;
    return this.#callName(callWords(this.registers()).number);
  }

  /** Resumes it with each signal that stops it, until it rests or ends. */
  meet(): { readonly signals: readonly string[]; readonly how: string } {
    const { tracee, tracer } = this;
    const signals: string[] = [];
    let signal = 0;
    try {
      while (signals.length < MOST_CHILDREN) {
        const why = "It is resumed, with the signal that has stopped it, if any.";
        tracee.request("PTRACE_CONT", why, { data: signal });
        ({ signal } = tracee.awaitStop({ stop: "A signal stops it.", wait: "The host waits." }));
        if (signal === tracer.constant("SIGTRAP")) {
          return { signals, how: tracee.rip === tracer.restAddress ? RESTS : "raised SIGTRAP" };
        }
        signals.push(tracer.signalName(signal));
      }
      return { signals, how: "is stopped again and again" };
    } catch (error) {
      return { signals, how: tellRun(this.#broken(error, undefined)) };
    }
  }

  /** After its self-stop: the tracer attaches, and takes the initial registers. */
  attach(): void {
    this.tracee.attach();
    this.#isAtRest = true;
  }

  /** Kills it, and waits for its end. */
  kill(why: string): void {
    this.tracee.signal("SIGKILL", why);
    this.end("SIGKILL cannot be delayed.");
  }

  /** Waits for its end, and returns how it ended, or that it "lives on". */
  end(why: string): string {
    try {
      return this.tracee.awaitEnd({ stop: why, wait: "wait4 reports this to the host." });
    } catch (error) {
      if (error instanceof DeathError) return error.how;
      if (!(error instanceof StublabError)) throw error;
      return "lives on";
    }
  }
}
