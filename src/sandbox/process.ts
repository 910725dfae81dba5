import { Socket } from "node:net";
import { constants } from "node:os";
import { loadShim } from "../core/shim/shim.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { encodeMessage, kindOf, MessageReader } from "./channel.ts";
import { flags, namespacesOf, type Program, type Started, start } from "./start.ts";

/** The next event of a process of foreign code. */
export type Outcome =
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "ended" }
  | { readonly kind: "late" };

/** How long Node.js may take to start, before it loads foreign code, in milliseconds. */
const START_LIMIT = 10_000;
/** How long a process may live after it has closed its channel, in milliseconds: far less than a request. */
const CLOSED_LIMIT = 400;
/** How long it may live then, although it was killed: the kernel may not let it end, or a filter refuses signals. */
const KILLED_LIMIT = 2000;
/** The most unread messages; a correct program sends fewer. */
const MOST_WAITING = 4;

/**
 * A process in which foreign code runs, seen from its parent. Its messages are untrusted; only how it ended is reported
 * by the kernel.
 */
export class ForeignProcess {
  readonly #started: Started;
  readonly #socket: Socket;
  readonly #reader = new MessageReader<unknown>();
  readonly #messages: unknown[] = [];
  readonly #gone: Promise<void>;
  /** Why this process ended it. */
  #fault: string | undefined;
  #ending: string | undefined;
  #killed = false;
  #failedToStart = false;
  #shortfall: string | undefined;
  #settle: ((outcome: Outcome) => void) | undefined;

  private constructor(started: Started) {
    this.#started = started;
    this.#socket = new Socket({ fd: started.channel });
    this.#socket.on("data", (chunk) => this.#hear(chunk));
    // A stream error is followed by "close", which ends the process.
    this.#socket.on("error", () => {});
    this.#gone = new Promise((resolve) => {
      this.#socket.on("close", () => void this.#reap().then(resolve));
    });
    // Only next() waits for it, and has a timer.
    this.#socket.unref();
  }

  /**
   * Starts a program in as many namespaces as the kernel allows, and waits for its first message, `{ kind: "ready" }`.
   *
   * @throws UnsupportedError
   */
  static async start(program: Program): Promise<ForeignProcess> {
    if (process.versions.bun !== undefined) {
      const why = "foreign encoders need Node.js: their process is confined for it";
      throw new UnsupportedError(why, { remedy: "run stublab with node, not with bun" });
    }
    let failure: string | undefined;
    for (const namespaces of namespacesOf(program)) {
      const started = start(program, namespaces);
      if (typeof started === "string") {
        failure = started;
        continue;
      }
      const child = new ForeignProcess(started);
      const outcome = await child.next(START_LIMIT);
      if (outcome.kind === "message" && kindOf(outcome.message) === "ready") {
        child.#shortfall = failure;
        return child;
      }
      await child.end();
      failure = child.fate;
      if (!child.#failedToStart) break;
    }
    throw new UnsupportedError(`a process for foreign encoders does not start: ${failure}`);
  }

  /** Why it does not have all namespaces; undefined if it has. */
  get shortfall(): string | undefined {
    return this.#shortfall;
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** How it ended, as text. */
  get fate(): string {
    return this.#fault ?? this.#ending ?? "still runs";
  }

  /** Sends a message. If the process has just died, `next` reports its end. */
  send(message: object): void {
    this.#socket.write(encodeMessage(message));
  }

  /** Waits for the next message, or for the end of the process or of the time limit. */
  next(milliseconds: number): Promise<Outcome> {
    if (this.#messages.length > 0) {
      return Promise.resolve({ kind: "message", message: this.#messages.shift() });
    }
    if (this.ended) return Promise.resolve({ kind: "ended" });
    return new Promise((resolve) => {
      const cancel = afterTicks(milliseconds, () => this.#settle?.({ kind: "late" }));
      this.#settle = (outcome) => {
        cancel();
        this.#settle = undefined;
        resolve(outcome);
      };
    });
  }

  /** Kills it, and waits for its end, if it can be killed. @param fault the reason, for `fate` */
  async end(fault?: string): Promise<void> {
    if (fault !== undefined) this.#killFor(fault);
    else this.#kill();
    // It would stay open as long as the process lives.
    this.#socket.destroy();
    await this.#gone;
  }

  #kill(): void {
    const { pid } = this.#started;
    this.#killed = true;
    if (!this.ended) loadShim().tgkill(pid, pid, constants.signals.SIGKILL);
  }

  #hear(chunk: Uint8Array): void {
    if (this.#fault !== undefined) return;
    try {
      for (const message of this.#reader.read(chunk)) {
        this.#take(message);
        if (this.#fault !== undefined) return;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#killFor(`sent bytes that are not a message: ${why}`);
    }
  }

  #take(message: unknown): void {
    if (this.#settle !== undefined) this.#settle({ kind: "message", message });
    else if (this.#messages.push(message) > MOST_WAITING) this.#killFor("sent too many messages");
  }

  #killFor(fault: string): void {
    this.#fault ??= fault;
    // Unread messages are from the same foreign code.
    this.#messages.length = 0;
    this.#kill();
  }

  /** Waits for the end of the process after its channel is closed. */
  async #reap(): Promise<void> {
    const { pid, fate } = this.#started;
    const status = new Int32Array(1);
    const all = Number(flags("__WALL"));
    let waited = 0;
    for (; loadShim().wait(pid, all, 0, status) === 0; waited++) {
      if (waited === CLOSED_LIMIT) {
        if (!this.#killed) this.#fault ??= "closed its channel";
        this.#kill();
      }
      if (waited === KILLED_LIMIT) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.#failedToStart = fate.failure !== undefined;
    const isGone = waited < KILLED_LIMIT;
    this.#ending = isGone
      ? (fate.failure ?? describeEnd(fate.status ?? status[0] ?? 0))
      : "cannot be killed: it ends with this process";
    if (isGone) fate.giveBack();
    this.#settle?.({ kind: "ended" });
  }
}

function describeEnd(status: number): string {
  const signal = status & 0x7f;
  if (signal === 0) return `exited with status ${status >> 8}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return `was killed by ${name ?? `signal ${signal}`}`;
}

/** How often the time limit is checked, in milliseconds. */
const TICK = 100;

/**
 * Calls `late` after this process has run for a time: a gap, such as one in which all processes of a job are stopped,
 * counts as one tick. Messages that have arrived by then are handled first.
 */
function afterTicks(milliseconds: number, late: () => void): () => void {
  let left = milliseconds / TICK;
  const timer = setInterval(() => {
    if (--left > 0) return;
    clearInterval(timer);
    setImmediate(late);
  }, TICK);
  return () => clearInterval(timer);
}
