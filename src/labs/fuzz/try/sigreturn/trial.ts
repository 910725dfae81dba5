import type { Stub } from "../../../../core/stub/stub.ts";
import { hasReadableBases } from "../../../../fast/handler.ts";
import { errnoName } from "../../../../lib/errno.ts";
import { DeathError, TraceError } from "../../../../lib/errors.ts";
import { Batch } from "../../case/batch.ts";
import { OUTCOME, OUTCOME_SIZE, outcomeAt, SETUP_SIZE } from "../../case/setups.ts";
import { Canary } from "../canary.ts";
import { loadFuzz } from "../shim.ts";
import { Exchange } from "./exchange.ts";
import { readImage } from "./image.ts";
import { Resident } from "./resident.ts";

/** How long a setup may take to stop, in milliseconds that its stub runs. */
const DEADLINE = 200;
/** How many times that it may take by the clock: on a busy machine a stub may have to wait for its turn. */
const PATIENCE = 10;
/** How often it is looked whether the stub lives, in milliseconds. */
const LOOK = 20;
/**
 * How often a setup is tried, at once, whose outcome is a signal that somebody sent. Between two turns there may always be
 * one on a busy machine; those that are pending spoil some tries, but at most one each.
 */
const TRIES = 32;

/**
 * Tries setups of the way SIGRETURN, in stubs that do it by themselves until a setup ends them or does not stop. It
 * belongs to the thread of the master's tracer, and is to be closed before the master.
 */
export class SigreturnTrier {
  readonly #master: Stub;
  readonly #deadline: number;
  readonly #canary: Canary;
  readonly #exchange: Exchange;
  #image: Uint8Array | undefined;
  #resident: Resident | undefined;
  #closed = false;
  /** The setup that was under way when a stub was lost for the first time. */
  #suspect = -1;

  /** @param master a stub with SIGCHLD as its exit signal, unmapped */
  constructor(master: Stub, { deadline = DEADLINE, canary = new Canary() } = {}) {
    this.#master = master;
    this.#deadline = deadline;
    this.#canary = canary;
    this.#exchange = Exchange.take();
  }

  /** The pid of the stub that the next setup is tried in. */
  get pid(): number {
    return this.#ready().pid;
  }

  /**
   * Tries `count` setups of a batch from `first` on, and fills in their outcomes.
   *
   * @throws what creating a stub throws.
   */
  run(batch: Batch, count: number, first = 0): void {
    this.#tryAll(batch, count, first);
    for (let i = first; i < first + count; i++) if (isDisturbed(batch, i)) this.#tryAgain(batch, i);
  }

  /** Its outcome is that of the first try that nobody has disturbed, or of the last: then it is believed. */
  #tryAgain({ setupBytes, outcomeBytes }: Batch, i: number): void {
    using copies = new Batch(TRIES);
    const setup = setupBytes.subarray(i * SETUP_SIZE, (i + 1) * SETUP_SIZE);
    for (let k = 0; k < TRIES; k++) copies.setupBytes.set(setup, k * SETUP_SIZE);
    this.#tryAll(copies, TRIES, 0);
    let k = 0;
    while (k < TRIES - 1 && isDisturbed(copies, k)) k++;
    const outcome = copies.outcomeBytes.subarray(k * OUTCOME_SIZE, (k + 1) * OUTCOME_SIZE);
    outcomeBytes.set(outcome, i * OUTCOME_SIZE);
  }

  #tryAll(batch: Batch, count: number, first: number): void {
    this.#suspect = -1;
    for (let done = 0; done < count; ) done += this.#hand(batch, first + done, count - done);
  }

  /** Ends the stub: the next setup is tried in one that no other has been tried in. */
  renew(): void {
    this.#resident?.end();
    this.#resident = undefined;
  }

  /** Ends the stub for good. Closing a second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.renew();
    this.#exchange.release();
  }

  /** Hands setups over; answers how many have an outcome: all, or those up to the one that was the stub's last. */
  #hand(batch: Batch, first: number, count: number): number {
    const resident = this.#ready();
    this.#exchange.hand(batch, first, count);
    const back = this.#awaitTurn(resident, true);
    const done = back ? count : this.#exchange.next;
    this.#canary.check();
    if (back) return count;
    const hung = !resident.ended;
    const status = this.#end(resident);
    // It may have ended just behind the last one, by somebody else's hand.
    if (done === count) return count;
    // Somebody else may have ended it within one, or the machine be busy: it is tried once more.
    if (this.#suspect !== first + done) {
      this.#suspect = first + done;
      return done;
    }
    noteEnd(batch, first + done, hung ? 0 : status);
    return done + 1;
  }

  /**
   * Waits for the host's turn; false where the stub ended, or got nowhere within the deadline.
   *
   * @param gives whether the stub is given its turn first
   */
  #awaitTurn(resident: Resident, gives = false): boolean {
    let next = -1;
    let waited = 0;
    let ran = 0;
    for (let first = gives; ; first = false) {
      const wait = first ? loadFuzz().giveTurn : loadFuzz().awaitTurn;
      const result = wait(this.#exchange.bytes, LOOK * 1000, this.#canary.bytes);
      if (result < 0) throw failed(resident.pid, -result);
      if (result === 1) return true;
      if (resident.ended) return false;
      if (this.#exchange.next !== next) {
        next = this.#exchange.next;
        waited = 0;
        ran = resident.milliseconds;
        continue;
      }
      // Not by the clock, which goes on while somebody has stopped this process.
      waited += LOOK;
      if (waited < this.#deadline) continue;
      // Its time is counted in steps of 10 ms.
      const late = resident.milliseconds - ran >= this.#deadline - 20;
      if (late || waited >= PATIENCE * this.#deadline) return false;
    }
  }

  #ready(): Resident {
    if (this.#resident !== undefined) return this.#resident;
    this.#image ??= readImage(this.#master);
    this.#exchange.reset(hasReadableBases(), this.#image);
    const resident = new Resident(this.#master, this.#exchange);
    this.#resident = resident;
    if (this.#awaitTurn(resident)) return resident;
    const { ended } = resident;
    const status = this.#end(resident);
    if (ended) {
      const reason = `status ${status} before it entered its loop`;
      throw new DeathError(resident.pid, { kind: "unknown", reason });
    }
    throw new TraceError(`stub ${resident.pid} does not enter its loop`);
  }

  #end(resident: Resident): number {
    this.#resident = undefined;
    return resident.end();
  }
}

/** Whether the signal that a setup came to was sent by somebody: the kernel's own have a code above 0. */
function isDisturbed({ outcomes }: Batch, i: number): boolean {
  const at = outcomeAt(i);
  return outcomes[at + OUTCOME.signal] !== 0 && ((outcomes[at + OUTCOME.code] ?? 0) | 0) <= 0;
}

/** The outcome of a setup that did not stop. */
function noteEnd({ outcomes }: Batch, i: number, status: number): void {
  const at = outcomeAt(i);
  outcomes.fill(0, at, outcomeAt(i + 1));
  outcomes[at + OUTCOME.refusedAt] = -1;
  outcomes[at + OUTCOME.status] = status;
}

function failed(pid: number | undefined, errno: number): TraceError {
  const name = errnoName(errno);
  return new TraceError(`a setup could not be handed to stub ${pid}: futex failed with ${name}`, {
    call: "futex",
    errno: name,
  });
}
