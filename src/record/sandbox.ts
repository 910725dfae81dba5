import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { AwakeDeadline } from "../awake.ts";
import { StateError } from "../errors.ts";
import { limitError } from "../limits.ts";
import { type Message, Pieces } from "./pieces.ts";
import type { Recorder } from "./recorder.ts";

/** How long a sandbox may take from one point to the next, in milliseconds. */
const DEADLINE = 10_000;

/** How often what it records is looked at, and whether its end is late, in milliseconds. */
const [PAUSE, LOOK] = [1, 50];

/** The file descriptors that a sandboxed process has beside the usual three. */
export const PIECES = 3;
export const TERMINAL = 4;

/** How a sandbox ended; a thread has no signal of its own. */
export interface SandboxEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How much of a sandbox's standard error is kept, in UTF-16 units. */
const MOST_COMPLAINT = 1 << 16;

export interface SandboxOptions {
  /** An open terminal, TERMINAL in the sandbox, which leads a session of its own then. */
  readonly terminal?: number;
}

/** What a sandboxed thread is told (sandboxed.ts). */
export interface ThreadData {
  readonly scenario: string;
  /** The name of an encoder, or its file. */
  readonly encoder: string;
  /** Where it writes what it records. */
  readonly file: number;
  /** One word: how often it was sent on. */
  readonly orders: SharedArrayBuffer;
}

/** A process or a thread. */
interface Vehicle {
  readonly pid: number;
  readonly end: Promise<SandboxEnd>;
  /** What it has written to its standard error. */
  complaint(): string;
  goOn(): void;
  kill(signal: NodeJS.Signals): void;
}

/**
 * A copy of the host that may die: a process (or a thread) of its own, which runs a scenario's `sandboxed`. What is
 * recorded there comes into the recording of the host, in order, whatever becomes of the process.
 *
 * @example
 * await using sandbox = Sandbox.start(recorder, "cascade");
 * const pid = Number(await sandbox.reaches("ready"));
 * sandbox.goOn();
 * const { signal } = await sandbox.ended();
 */
export class Sandbox {
  readonly #vehicle: Vehicle;
  readonly #pieces: Pieces;
  readonly #messages: Message[] = [];
  #end: SandboxEnd | undefined;
  /** Why it could not start, or was lost. */
  #failure: unknown;

  /** @param scenario its name: a sandbox loads it for itself. */
  static start(recorder: Recorder, scenario: string, options: SandboxOptions = {}): Sandbox {
    const pieces = new Pieces(recorder);
    return new Sandbox(pieces, startProcess(scenario, wordOf(recorder), pieces.file, options));
  }

  /** The same in a thread of this process. */
  static startThread(recorder: Recorder, scenario: string): Sandbox {
    const pieces = new Pieces(recorder);
    return new Sandbox(pieces, startThread(scenario, wordOf(recorder), pieces.file));
  }

  private constructor(pieces: Pieces, vehicle: Vehicle) {
    this.#pieces = pieces;
    this.#vehicle = vehicle;
    const over = (end: SandboxEnd) => {
      this.#end = end;
    };
    vehicle.end.then(over, (failure: unknown) => {
      this.#failure = failure;
      over({ code: null, signal: null });
    });
  }

  /** Of the process; a thread's is this one's. */
  get pid(): number {
    return this.#vehicle.pid;
  }

  /**
   * Waits until the sandbox pauses at a point; what it has recorded is in the recording then.
   *
   * @returns what it tells there.
   * @throws StateError where it fails, ends or pauses elsewhere; DeadlineError.
   */
  async reaches(point: string): Promise<string> {
    const message = await this.#next(point);
    if (message.kind === "pause" && message.point === point) return message.told;
    throw new StateError(
      `the sandboxed host did not come to "${point}": ${JSON.stringify(message)}`,
    );
  }

  /** Sends it on from where it pauses. */
  goOn(): void {
    this.#vehicle.goOn();
  }

  kill(signal: NodeJS.Signals): void {
    this.#vehicle.kill(signal);
  }

  /** Waits for its end; what it has recorded is in the recording then. @throws StateError where its part failed. */
  async ended(): Promise<SandboxEnd> {
    const end = await within(this.#vehicle.end).catch((cause: unknown) => {
      throw cause instanceof StateError ? cause : lost(cause);
    });
    this.#messages.push(...this.#pieces.take());
    for (const message of this.#messages) expectNoFailure(message);
    return end;
  }

  /** The index in the recording of a step, by the index that the sandbox has. */
  stepOf(index: number): number {
    return this.#pieces.stepOf(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined) this.kill("SIGKILL");
    await this.#vehicle.end.catch(() => {});
    this.#pieces.close();
  }

  /** The next message that is no piece of the recording. */
  async #next(point: string): Promise<Message> {
    const deadline = new AwakeDeadline(DEADLINE);
    while (!deadline.isOver) {
      const end = this.#end;
      this.#messages.push(...this.#pieces.take());
      const message = this.#messages.shift();
      if (message !== undefined) {
        expectNoFailure(message);
        return message;
      }
      if (this.#failure !== undefined) throw lost(this.#failure);
      if (end !== undefined) {
        const how =
          end.signal === null ? `exited with status ${end.code}` : `was killed by ${end.signal}`;
        throw failure(`the sandboxed host ${how} before it came to "${point}"`, this.#vehicle);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw new StateError(`the sandboxed host did not come to "${point}" within ${DEADLINE} ms`);
  }
}

/** A sandbox that could not even say what failed, such as one whose Node.js found no room for its files. */
function failure(what: string, { complaint }: Vehicle): Error {
  const [, message, code] = /^Error: (.*)$[\s\S]*^ {2}code: '(\w+)'/m.exec(complaint()) ?? [];
  const cause = Object.assign(new Error(message), { code });
  return limitError(what, cause) ?? new StateError(what, { cause: complaint() });
}

function lost(cause: unknown): Error {
  const doing = "the sandboxed host was lost";
  const why = cause instanceof Error ? cause.message : String(cause);
  return limitError(doing, cause) ?? new StateError(`${doing}: ${why}`, { cause });
}

function expectNoFailure(message: Message): void {
  if (message.kind !== "failed") return;
  throw new StateError(`the sandboxed host failed: ${message.message}`, {
    ...(message.remedy !== "" && { remedy: message.remedy }),
  });
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new AwakeDeadline(DEADLINE);
  const late = new Promise<never>((_, reject) => {
    const error = new StateError(`the sandboxed host did not end within ${DEADLINE} ms`);
    timer = setInterval(() => {
      if (deadline.isOver) reject(error);
    }, LOOK);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearInterval(timer);
  }
}

/** What a sandbox finds the encoder by. */
function wordOf({ encoder }: Recorder): string {
  return encoder.file ?? encoder.name;
}

function script(): URL {
  return new URL("sandboxed.js", import.meta.url);
}

function startProcess(
  scenario: string,
  encoder: string,
  file: number,
  { terminal }: SandboxOptions,
): Vehicle {
  const files = terminal === undefined ? [file] : [file, terminal];
  const child = spawn(process.execPath, [fileURLToPath(script()), scenario, encoder], {
    stdio: ["pipe", "ignore", "pipe", ...files],
    detached: terminal !== undefined,
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MOST_COMPLAINT);
  });
  // One that is gone takes no more orders, and its end is told elsewhere.
  child.stdin?.on("error", () => {});
  return {
    pid: child.pid ?? -1,
    complaint: () => complaint,
    end: new Promise((resolve, reject) => {
      child.on("error", reject);
      // Not "close": its stubs have the pipe, too. What it has written is read in the next turn.
      child.on("exit", (code, signal) => setImmediate(() => resolve({ code, signal })));
    }),
    goOn: () => child.stdin?.write("\n"),
    kill: (signal) => child.kill(signal),
  };
}

function startThread(scenario: string, encoder: string, file: number): Vehicle {
  const orders = new SharedArrayBuffer(4);
  const workerData: ThreadData = { scenario, encoder, file, orders };
  const worker = new Worker(script(), { workerData });
  return {
    pid: process.pid,
    complaint: () => "",
    end: new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) => resolve({ code, signal: null }));
    }),
    goOn() {
      const word = new Int32Array(orders);
      Atomics.add(word, 0, 1);
      Atomics.notify(word, 0);
    },
    kill: () => void worker.terminate(),
  };
}
