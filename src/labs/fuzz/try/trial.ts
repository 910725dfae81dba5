import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { Running } from "../../../core/stub/state.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import { Tracer } from "../../../core/stub/tracer.ts";
import { errnoName, errnoOf } from "../../../lib/errno.ts";
import {
  AttachError,
  BirthError,
  DeathError,
  StateError,
  StopError,
  StublabError,
  SyscallError,
  TraceError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { BASELINE, CALL_32, CALL_CODE, placeOf } from "../case/arch.ts";
import type { Batch } from "../case/batch.ts";
import { numbersOf } from "../case/layout.ts";
import { OVER, TRIAL_RECORD } from "../case/records.ts";
import {
  OUTCOME,
  OUTCOME_SIZE,
  outcomeAt,
  SETUP,
  SETUP_SIZE,
  setupAt,
  WAYS,
} from "../case/setups.ts";
import { Canary } from "./canary.ts";
import { IdleStub } from "./idle_stub.ts";
import { type Machine, readMachine } from "./machine.ts";
import { loadFuzz } from "./shim.ts";
import { SigreturnTrier } from "./sigreturn/trial.ts";
import { createAnonymous, createTarget } from "./target.ts";
import { noteUntried, OBSTACLES, obstacleOf } from "./untried.ts";

const TRIAL = TRIAL_RECORD.offsets;

const { SPOILED, RUNS_ON, UNTRIED } = numbersOf(OVER);

/** The low byte of the status word of a stop. */
const STOPPED = 0x7f;

const SIGKILL = 9;

/** How long a setup may take to stop, in milliseconds. */
const DEADLINE = 200;

const SIGRETURN = WAYS.indexOf("SIGRETURN");

/** A look takes 30 µs, and a batch of 512 cases at least 1 ms. */
const RUNS_BETWEEN_LOOKS = 32;

/** The shortest time slice that a program can ask for, in nanoseconds. */
const SHORT_SLICE = 100_000n;
// struct sched_attr, linux/sched/types.h
const SCHED_ATTR_SIZE = 48;
const SCHED_RUNTIME = 24;

/** How often some setups are tried whose stubs, or the parent of these, somebody else ends. */
const MOST_TRIES = 5;

/** What tries cases: stubs of this kernel, or in tests the model of a machine (hermetic.ts). */
export interface CaseTrier extends Disposable {
  readonly tracer: Tracer;
  /** The machine whose outcomes they are. */
  readonly machine: Machine;
  /** The pid of the stub that the next setup of any way but SIGRETURN is tried in. */
  readonly pid: number;
  /** The same for SIGRETURN. */
  readonly returningPid: number;
  /** Tries `count` setups of a batch from `first` on, and fills in their outcomes. */
  run(batch: Batch, count: number, first?: number): void;
  /** The next setup is tried in a stub that no other has been tried in. */
  renew(): void;
  /** The same, and its parent is another. */
  renewAll(): void;
  close(): void;
}

/**
 * Tries setups, in stubs that last until a setup kills them: by ptrace, and those of the way SIGRETURN in stubs that do
 * it by themselves. It belongs to the tracer's thread; close it before that thread ends.
 */
export class Trier implements CaseTrier {
  readonly tracer: Tracer;
  #master: Stub;
  readonly #trial = new Uint8Array(TRIAL_RECORD.size);
  readonly #view = new DataView(this.#trial.buffer);
  readonly #deadline: number;
  readonly #canary = new Canary();
  #idle: IdleStub | undefined;
  /** How many times it was run. */
  #runs = 0;
  #target: Stub | undefined;
  #machine: Machine | undefined;
  #sigreturn: SigreturnTrier | undefined;
  /** Why no stub can be set up that returns from signal handlers by itself. */
  #cannotReturn: StublabError | undefined;
  /** Whether one has been. */
  #hasReturned = false;

  constructor({ deadline = DEADLINE } = {}) {
    this.tracer = new Tracer();
    this.#deadline = deadline;
    try {
      this.#master = createMaster(this.tracer);
    } catch (error) {
      this.tracer.close();
      throw error;
    }
    this.#view.setBigInt64(TRIAL.timeout, BigInt(deadline * 1000), true);
    this.#view.setBigUint64(TRIAL.call, placeOf(CALL_CODE), true);
    this.#view.setBigUint64(TRIAL.call32, CALL_32, true);
    for (const [i, word] of BASELINE.entries()) {
      this.#view.setBigUint64(TRIAL.rest + 8 * i, word, true);
    }
  }

  get machine(): Machine {
    this.#machine ??= readMachine(this.tracer);
    return this.#machine;
  }

  /** The pid of the stub that the next setup of the way SIGRETURN is tried in. */
  get returningPid(): number {
    return this.#returner().pid;
  }

  /** The pid of the stub that the next setup of any other way is tried in. */
  get pid(): number {
    return this.#ready().pid;
  }

  /**
   * Tries `count` setups of a batch from `first` on, and fills in their outcomes.
   *
   * A case that this kernel cannot be given has an obstacle in its outcome (untried.ts).
   *
   * @throws CorruptionError; what creating a stub throws.
   */
  run(batch: Batch, count: number, first = 0): void {
    for (let from = first; from < first + count; ) {
      const bySigreturn = isSigreturn(batch, from);
      let end = from + 1;
      while (end < first + count && isSigreturn(batch, end) === bySigreturn) end++;
      this.#outlive(() => {
        if (bySigreturn) this.#return(batch, from, end);
        else this.#trace(batch, from, end);
      });
      from = end;
    }
    if (++this.#runs % RUNS_BETWEEN_LOOKS === 0) this.#outlive(() => this.#lookAtIdle());
  }

  /** Looks at a stub that tries nothing, and gets no other floating point than it had at its birth. */
  #lookAtIdle(): void {
    const idle = this.#idle ?? new IdleStub(this.#master);
    this.#idle = undefined;
    try {
      idle.check();
      this.#idle = idle;
    } catch (error) {
      idle.close();
      throw error;
    }
  }

  /** Tries something anew, with all stubs new, where one was lost that no setup has ended. */
  #outlive(attempt: () => void): void {
    for (let tries = 1; ; tries++) {
      try {
        attempt();
        return;
      } catch (error) {
        if (tries === MOST_TRIES || !isLoss(error)) throw error;
        this.renewAll();
      }
    }
  }

  #return(batch: Batch, first: number, end: number): void {
    try {
      if (this.#cannotReturn === undefined) {
        this.#returner().run(batch, end - first, first);
        this.#hasReturned = true;
        return;
      }
    } catch (error) {
      if (!isRefusal(error) || this.#hasReturned) throw error;
      this.#cannotReturn = error;
    }
    noteUntried(batch, first, end, OBSTACLES.RETURN, errnoOf(this.#cannotReturn.errno ?? "") ?? 0);
  }

  #trace(batch: Batch, first: number, end: number): void {
    const { setupBytes, outcomeBytes, outcomes } = batch;
    /** How often a setup was not reached, or lost its stub. */
    let untried = 0;
    /** How many were done when the last of them was tried a second time. */
    let again = 0;
    /** How often one was tried that spoils its stub. */
    let spoiled = 1;
    for (let done = first; done < end; ) {
      const { thread } = this.#ready();
      const result = loadFuzz().try(
        thread.tid,
        setupBytes.subarray(done * SETUP_SIZE),
        outcomeBytes.subarray(done * OUTCOME_SIZE),
        end - done,
        this.#trial,
        this.#canary.bytes,
      );
      this.#canary.check();
      done += result;
      const over = this.#view.getUint32(TRIAL.over, true);
      if (over === 0) continue;
      if (over === UNTRIED) {
        this.#abandon();
        // Another process may be the reason.
        if (obstacleOf(batch, done - 1) !== undefined && ++untried < MOST_TRIES) done--;
        else {
          untried = 0;
          this.#giveUp(batch, done - 1);
        }
        continue;
      }
      if (over === SPOILED) {
        this.#replace();
        // The shim tries others again itself, in the same stub.
        if (isSent(batch, done - 1) && spoiled < MOST_TRIES) {
          spoiled++;
          done--;
        } else spoiled = 1;
        continue;
      }
      this.#end(over === RUNS_ON);
      const at = outcomeAt(done - 1);
      const tried = outcomes[at + OUTCOME.resumed] === 0;
      const status = outcomes[at + OUTCOME.status] ?? 0;
      // On the way from it to the next: what it came to is known.
      if (tried && (status & 0xff) === STOPPED) continue;
      const ended = tried && over !== RUNS_ON;
      // On a busy machine, or where somebody else killed the stub, it comes to something the second time.
      if (again !== done && (!ended || (status === SIGKILL && !sendsKill(batch, done - 1)))) {
        again = done--;
      }
    }
  }

  /** Ends the stubs: the next setup is tried in one that no other has been tried in. */
  renew(): void {
    this.#sigreturn?.renew();
    this.#replace();
  }

  /** The same, and the parent of the next stubs is another. */
  renewAll(): void {
    for (const old of [this.#sigreturn, this.#target, this.#idle, this.#master]) {
      try {
        old?.close();
      } catch (error) {
        // Its parent, which should have reaped it, may be lost as well: the tracer's end takes the rest.
        if (!(error instanceof StublabError)) throw error;
      }
    }
    this.#sigreturn = undefined;
    this.#target = undefined;
    this.#idle = undefined;
    this.#master = createMaster(this.tracer);
  }

  /** Ends all stubs. */
  close(): void {
    this.#sigreturn?.close();
    this.tracer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** From now on, no stub is brought to a stop at which none has ever arrived. */
  #giveUp({ setups, outcomes }: Batch, i: number): void {
    if (outcomes[outcomeAt(i) + OUTCOME.obstacle] !== OBSTACLES.START) return;
    const from = 1 << ((setups[setupAt(i) + SETUP.kinds] ?? 0) & 0xff);
    if ((this.#view.getUint32(TRIAL.reached, true) & from) !== 0) return;
    const errno = outcomes[outcomeAt(i) + OUTCOME.obstacleError] ?? 0;
    this.#view.setInt32(TRIAL.errors + 4 * OBSTACLES.START, errno, true);
    const unreachable = this.#view.getUint32(TRIAL.unreachable, true) | from;
    this.#view.setUint32(TRIAL.unreachable, unreachable, true);
  }

  /** Ends a stub that may be lost. */
  #abandon(): void {
    try {
      this.#replace();
    } catch (error) {
      if (!(error instanceof StublabError)) throw error;
      this.renewAll();
    }
  }

  #replace(): void {
    this.#target?.close();
    this.#target = undefined;
  }

  #returner(): SigreturnTrier {
    this.#sigreturn ??= new SigreturnTrier(this.#master, {
      deadline: this.#deadline,
      canary: this.#canary,
    });
    return this.#sigreturn;
  }

  #ready(): Stub {
    if (this.#target !== undefined) return this.#target;
    this.#target = createTarget(this.#master);
    const { tid } = this.#target.thread;
    const result = loadFuzz().readTrial(tid, this.#trial);
    if (result < 0) throw this.#failed(-result);
    return this.#target;
  }

  /** Ends a stub that runs on, or is at its exit stop: the shim has taken both from the thread's own account. */
  #end(running: boolean): void {
    const stub = this.#target;
    if (stub === undefined) return;
    this.#target = undefined;
    if (running) stub.thread.settle(new Running(stub.thread));
    else stub.thread.expect("stopped").resume();
    stub.close();
  }

  #failed(errno: number): TraceError {
    const name = errnoName(errno);
    return new TraceError(`a setup could not be tried in stub ${this.#target?.pid}: ${name}`, {
      errno: name,
    });
  }
}

/** The parent of those that setups are tried in. */
function createMaster(tracer: Tracer): Stub {
  for (let tries = 1; ; tries++) {
    try {
      const master = createAnonymous(tracer, () => tracer.createStub());
      master.scrub();
      shortenSlices(master);
      return master;
    } catch (error) {
      if (tries === MOST_TRIES || !isLoss(error)) throw error;
    }
  }
}

/**
 * Asks for short time slices, which the stubs of a master inherit. On the tracer's processor a stub then runs as soon as
 * it is resumed (Linux 6.12), so that the tracer need not sleep in wait4, which takes longer.
 */
function shortenSlices(master: Stub): void {
  const page = master.map(PAGE_SIZE);
  if (master.inject("sched_getattr", 0, page, SCHED_ATTR_SIZE, 0).errno === null) {
    const slice = BigUint64Array.of(SHORT_SLICE);
    master.write(page + BigInt(SCHED_RUNTIME), new Uint8Array(slice.buffer));
    master.inject("sched_setattr", 0, page, 0);
  }
  master.call("munmap", page, PAGE_SIZE);
}

/** What a stub comes to that somebody ends, or sends a signal to while it is born. */
const LOSING = [DeathError, StopError, BirthError, AttachError, StateError];

/** No such stub, or one that signals of others keep from where a setup begins. */
const LOSSES = ["ESRCH", "ECHILD", "EPROTO"];

/** Whether an error says that the kernel refuses something. */
function isRefusal(error: unknown): error is StublabError {
  return (error instanceof UnsupportedError || error instanceof SyscallError) && !isLoss(error);
}

/** Whether an error says that a stub is of no use any more. */
function isLoss(error: unknown): boolean {
  if (LOSING.some((kind) => error instanceof kind)) return true;
  return error instanceof StublabError && LOSSES.includes(error.errno ?? "");
}

/** Whether another process sent the signal of the stop: the kernel's own have a positive si_code. */
function isSent({ outcomes }: Batch, i: number): boolean {
  const at = outcomeAt(i);
  return outcomes[at + OUTCOME.signal] !== 0 && ((outcomes[at + OUTCOME.code] ?? 0) | 0) <= 0;
}

function sendsKill({ setups }: Batch, i: number): boolean {
  return setups[setupAt(i) + SETUP.signal] === SIGKILL;
}

function isSigreturn({ setups }: Batch, i: number): boolean {
  return (((setups[setupAt(i) + SETUP.kinds] ?? 0) >>> 8) & 0xff) === SIGRETURN;
}
