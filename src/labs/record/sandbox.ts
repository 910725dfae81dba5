import { ChildProcess, fork } from "node:child_process";
import type { EventEmitter } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { AwakeClock } from "../../lib/awake.ts";
import { limitError } from "../../lib/errno.ts";
import { PROCESS_LIMIT, StateError, StublabError, UnsupportedError } from "../../lib/errors.ts";
import { optional, record, type Shaped, text } from "../../lib/shape.ts";
import { guardedArguments, guardPath } from "../../sandbox/guard.ts";
import type { Recorder } from "./recorder.ts";
import { failureShape, type Piece, pieceShape } from "./recording.ts";
import type { Scene } from "./scene.ts";

/** How long a sandbox may take until its first message, and from one point to the next, in milliseconds. */
const [START_DEADLINE, DEADLINE] = [10_000, 60_000];
/** How often it is looked at, in milliseconds. */
const PAUSE = 1;

/** The descriptor of a sandboxed process's terminal, after the usual three and that of its messages. */
export const TERMINAL = 4;

/** How much of a sandbox's standard error is kept, in UTF-16 units. */
const MOST_COMPLAINT = 1 << 16;

const messageShape = record({
  piece: optional<Piece>(pieceShape),
  /** The point at which it waits, and its data for the host. */
  pause: optional(record({ point: text, told: text })),
  /** Why it failed. */
  failed: optional(failureShape),
});

/** What a sandbox says: one of these. */
export interface Message extends Partial<Shaped<typeof messageShape>> {}

/** What a sandbox is a part of. */
type Whole = Pick<Scene, "recorder" | "signal">;

/** How a sandbox ended; a thread has no signal of its own. The cause is given if it could not start, or was lost. */
export interface SandboxEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly cause?: unknown;
}

/**
 * A copy of the host: a process, or a thread, of its own, which runs the `sandboxed` part of a play. The recording of the
 * host gets what is recorded there, in order.
 *
 * @example
 * await using sandbox = Sandbox.start(scene, "no-setsid");
 * const told = await sandbox.reaches("ready");
 * sandbox.goOn();
 * const { code } = await sandbox.ended();
 */
export class Sandbox {
  readonly #scene: Whole;
  readonly #vehicle: ChildProcess | Worker;
  readonly #messages: Message[] = [];
  /** The indices of its steps in the recording, by its own. */
  readonly #steps: number[] = [];
  #complaint = "";
  #hasStarted = false;
  #end: SandboxEnd | undefined;

  /**
   * @param lesson its name: a sandbox loads it for itself
   * @param terminal an open terminal: TERMINAL in the sandbox, which leads a session of its own then
   */
  static start(scene: Whole, lesson: string, terminal?: number): Sandbox {
    const child = fork(script(), [lesson, wordOf(scene.recorder)], {
      stdio: ["ignore", "ignore", "pipe", "ipc", ...(terminal === undefined ? [] : [terminal])],
      detached: terminal !== undefined,
      execPath: guardPath(),
      execArgv: guardedArguments(process.execPath),
    });
    return new Sandbox(scene, child, "close");
  }

  /** The same in a thread of this process. */
  static startThread(scene: Whole, lesson: string): Sandbox {
    const worker = new Worker(script(), { argv: [lesson, wordOf(scene.recorder)] });
    return new Sandbox(scene, worker, "exit");
  }

  /** @param ending the event after which nothing comes any more */
  private constructor(scene: Whole, vehicle: ChildProcess | Worker, ending: string) {
    this.#scene = scene;
    this.#vehicle = vehicle;
    const events: EventEmitter = vehicle;
    events.on("message", (value) => this.#take(messageShape(value, "")));
    events.on("error", (cause) => {
      this.#end = { code: null, signal: null, cause };
    });
    events.on(ending, (code: number | null, signal: string | null = null) => {
      this.#end ??= { code, signal };
    });
    if (vehicle instanceof Worker) return;
    vehicle.stderr?.setEncoding("utf8").on("data", (more: string) => {
      this.#complaint = (this.#complaint + more).slice(0, MOST_COMPLAINT);
    });
  }

  #take({ piece, ...message }: Message): void {
    this.#hasStarted = true;
    if (piece === undefined) this.#messages.push(message);
    else this.#scene.recorder.adopt(piece, this.#steps);
  }

  /** Of the process; a thread's is this one's. */
  get pid(): number {
    return (this.#vehicle instanceof Worker ? process : this.#vehicle).pid ?? -1;
  }

  /**
   * Waits until the sandbox pauses at a point; what it has recorded is in the recording then.
   *
   * @returns its data for the host.
   * @throws StateError if it fails, ends, pauses elsewhere, or is late; UnsupportedError if Node.js does not start;
   * the reason of the scene's signal, of a process
   */
  reaches(point: string): Promise<string> {
    const place = `come to "${point}"`;
    return this.#until(place, () => {
      // The end of a process takes all of its stubs along, that of a thread does not.
      if (this.#vehicle instanceof ChildProcess) this.#scene.signal?.throwIfAborted();
      const message = this.#next();
      if (message?.pause?.point === point) return message.pause.told;
      const what = `the sandboxed host did not ${place}: `;
      if (message !== undefined) throw new StateError(what + JSON.stringify(message));
      if (this.#end !== undefined) throw this.#failure(what + howItEnded(this.#end));
      return undefined;
    });
  }

  /** Sends it on from where it pauses. */
  goOn(): void {
    if (this.#vehicle instanceof Worker) this.#vehicle.postMessage("");
    else this.#vehicle.send("");
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#vehicle instanceof Worker) void this.#vehicle.terminate();
    else this.#vehicle.kill(signal);
  }

  /** Waits for its end; what it has recorded is in the recording then. @throws StublabError if its part failed */
  async ended(): Promise<SandboxEnd> {
    const end = await this.#until("end", () => this.#end);
    if (end.cause !== undefined) throw this.#failure("");
    while (this.#next() !== undefined);
    return end;
  }

  /** The index in the recording of a step, by the index that the sandbox has. */
  stepOf(index: number): number {
    const step = this.#steps[index];
    if (step === undefined) throw new StateError(`a sandbox has no step ${index}`);
    return step;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined) this.kill("SIGKILL");
    await this.#until("end", () => this.#end);
  }

  async #until<T>(what: string, found: () => T | undefined): Promise<T> {
    const limit = () => (this.#hasStarted ? DEADLINE : START_DEADLINE);
    for (const clock = new AwakeClock(); clock.milliseconds <= limit(); await setTimeout(PAUSE)) {
      const value = found();
      if (value !== undefined) return value;
    }
    if (!this.#hasStarted) throw notStarted(`it sent no message within ${START_DEADLINE} ms`);
    throw new StateError(`the sandboxed host did not ${what} within ${DEADLINE} ms`);
  }

  /** The next message besides its pieces, if there is one. @throws StublabError if its part failed */
  #next(): Message | undefined {
    const message = this.#messages.shift();
    if (message?.failed === undefined) return message;
    const { failure, details } = message.failed;
    throw new StublabError(`the sandboxed host failed: ${failure}`, details);
  }

  /** The error of a sandbox that has ended, and did not report why: it may have lacked a resource. */
  #failure(what: string): Error {
    const lost = this.#end?.cause;
    if (lost !== undefined) {
      const doing = "the sandboxed host was lost";
      const why = lost instanceof Error ? lost.message : String(lost);
      return limitError(doing, lost) ?? new StateError(`${doing}: ${why}`, { cause: lost });
    }
    const [, message, code] = /^Error: (.*)$[\s\S]*^ {2}code: '(\w+)'/m.exec(this.#complaint) ?? [];
    const cause = Object.assign(new Error(message), { code });
    const limit = limitError(what, cause);
    if (limit !== undefined) return limit;
    // Node.js aborts without a thread that it needs.
    const isAborted = !this.#hasStarted && this.#end?.signal != null;
    return isAborted ? notStarted(what) : new StateError(what, { cause: this.#complaint });
  }
}

function notStarted(why: string): UnsupportedError {
  return new UnsupportedError(`Node.js does not start for a sandboxed host: ${why}`, {
    remedy: PROCESS_LIMIT,
  });
}

function howItEnded({ code, signal }: SandboxEnd): string {
  return signal === null ? `it exited with status ${code}` : `${signal} killed it`;
}

/** What a sandbox finds the encoder by. */
function wordOf({ encoder }: Recorder): string {
  return encoder.file ?? encoder.name;
}

/** What a sandbox runs. */
const script = () => new URL("sandboxed.js", import.meta.url);
