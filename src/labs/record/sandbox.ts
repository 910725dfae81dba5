import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { AwakeDeadline } from "../../lib/awake.ts";
import { limitError } from "../../lib/errno.ts";
import { StateError } from "../../lib/errors.ts";
import { type Message, Pieces } from "./pieces.ts";
import type { Recorder } from "./recorder.ts";

/** How long a sandbox may take from one point to the next, and how often it is looked at, in milliseconds. */
const [DEADLINE, PAUSE] = [60_000, 1];

/** The file descriptors of a sandboxed process after the usual three: what it records, and its terminal. */
const PIECES = 3;
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

/** A process or a thread. */
interface Vehicle {
  readonly pid: number;
  /** Its end; with the cause if it could not start, or was lost. */
  readonly end: Promise<SandboxEnd & { readonly cause?: unknown }>;
  /** What it has written to its standard error. */
  complaint(): string;
  goOn(): void;
  kill(signal: NodeJS.Signals): void;
}

/**
 * A copy of the host that may die: a process (or a thread) of its own, which runs a scenario's `sandboxed`. The recording
 * of the host gets what is recorded there, in order, however the process ends.
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
  #end: Awaited<Vehicle["end"]> | undefined;

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
    void vehicle.end.then((end) => {
      this.#end = end;
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
   * @throws StateError if it fails, ends, pauses elsewhere, or is late
   */
  reaches(point: string): Promise<string> {
    return this.#until(`come to "${point}"`, () => {
      const end = this.#end;
      const message = this.#next();
      if (message?.pause?.point === point) return message.pause.told;
      if (message === undefined && end === undefined) return undefined;
      const what = `the sandboxed host did not come to "${point}": `;
      if (message !== undefined) throw new StateError(what + JSON.stringify(message));
      throw this.#failure(what + howItEnded(end));
    });
  }

  /** Sends it on from where it pauses. */
  goOn(): void {
    this.#vehicle.goOn();
  }

  kill(signal: NodeJS.Signals): void {
    this.#vehicle.kill(signal);
  }

  /** Waits for its end; what it has recorded is in the recording then. @throws StateError if its part failed */
  async ended(): Promise<SandboxEnd> {
    const end = await this.#until("end", () => this.#end);
    if (end.cause !== undefined) throw this.#failure("");
    while (this.#next() !== undefined);
    return { code: end.code, signal: end.signal };
  }

  /** The index in the recording of a step, by the index that the sandbox has. */
  stepOf(index: number): number {
    return this.#pieces.stepOf(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined) this.kill("SIGKILL");
    await this.#vehicle.end;
    this.#pieces.close();
  }

  async #until<T>(what: string, found: () => T | undefined): Promise<T> {
    for (const deadline = new AwakeDeadline(DEADLINE); !deadline.isOver; await setTimeout(PAUSE)) {
      const value = found();
      if (value !== undefined) return value;
    }
    throw new StateError(`the sandboxed host did not ${what} within ${DEADLINE} ms`);
  }

  /** The next message besides its pieces, if there is one. @throws StateError if its part failed */
  #next(): Message | undefined {
    this.#messages.push(...this.#pieces.take());
    const message = this.#messages.shift();
    if (message?.failed === undefined) return message;
    const { message: why, remedy } = message.failed;
    throw new StateError(`the sandboxed host failed: ${why}`, { ...(remedy !== "" && { remedy }) });
  }

  /** The error of a sandbox that has ended, and did not report why: it may have lacked a resource. */
  #failure(what: string): Error {
    const lost = this.#end?.cause;
    if (lost !== undefined) {
      const doing = "the sandboxed host was lost";
      const why = lost instanceof Error ? lost.message : String(lost);
      return limitError(doing, lost) ?? new StateError(`${doing}: ${why}`, { cause: lost });
    }
    const complaint = this.#vehicle.complaint();
    const [, message, code] = /^Error: (.*)$[\s\S]*^ {2}code: '(\w+)'/m.exec(complaint) ?? [];
    const cause = Object.assign(new Error(message), { code });
    return limitError(what, cause) ?? new StateError(what, { cause: complaint });
  }
}

function howItEnded(end: SandboxEnd | undefined): string {
  return end?.signal == null ? `it exited with status ${end?.code}` : `${end.signal} killed it`;
}

/** What a sandbox finds the encoder by. */
function wordOf({ encoder }: Recorder): string {
  return encoder.file ?? encoder.name;
}

/** What a sandbox runs. */
const script = () => new URL("sandboxed.js", import.meta.url);

function startProcess(
  scenario: string,
  encoder: string,
  file: number,
  { terminal }: SandboxOptions,
): Vehicle {
  const files = terminal === undefined ? [file] : [file, terminal];
  const child = spawn(process.execPath, [fileURLToPath(script()), scenario, encoder, `${PIECES}`], {
    stdio: ["pipe", "ignore", "pipe", ...files],
    detached: terminal !== undefined,
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MOST_COMPLAINT);
  });
  // A process that has ended takes no orders; its end is reported elsewhere.
  child.stdin?.on("error", () => {});
  return {
    pid: child.pid ?? -1,
    complaint: () => complaint,
    end: new Promise((resolve) => {
      child.on("error", (cause) => resolve({ code: null, signal: null, cause }));
      // Not "close": its stubs have the pipe, too. What it has written is read in the next turn.
      child.on("exit", (code, signal) => setImmediate(() => resolve({ code, signal })));
    }),
    goOn: () => child.stdin?.write("\n"),
    kill: (signal) => child.kill(signal),
  };
}

function startThread(scenario: string, encoder: string, file: number): Vehicle {
  // How often it was sent on.
  const orders = new SharedArrayBuffer(4);
  const argv = [scenario, encoder, file];
  const worker = new Worker(script(), { argv, workerData: orders });
  return {
    pid: process.pid,
    complaint: () => "",
    end: new Promise((resolve) => {
      worker.on("error", (cause) => resolve({ code: null, signal: null, cause }));
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
