import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { pathOf } from "../../core/shim/shim.ts";
import { guardedArguments, guardPath } from "../../sandbox/guard.ts";
import type { Mechanism } from "./mechanism.ts";

/** What one batch took. */
export interface Sample {
  /** Of one operation. */
  readonly microseconds: number;
  /** Context switches of the measuring process, in the whole batch, that it did not ask for. */
  readonly involuntary: number;
}

/** A mechanism that is ready to be measured. */
export interface Side {
  /** Runs it `count` times. @throws Refusal */
  batch(count: number): Promise<Sample>;
  /** Ends it; nothing of it is left. */
  end(): Promise<void>;
}

/** Why a mechanism cannot be measured. */
export class Refusal extends Error {}

/** The processors that measuring processes are bound to. */
export interface Processors {
  readonly own: number;
  /** For what needs a second one. */
  readonly other: number | undefined;
}

/** How long a side may take for its start, a batch or its end. */
const PATIENCE_MILLISECONDS = 10_000;

/** A process that measures one mechanism: bench/main.c describes what it reads and writes. */
class ProcessSide implements Side {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<void>;

  constructor(command: string, args: readonly string[]) {
    // In a session of its own, so that Ctrl-C reaches only this process, which ends all sides.
    this.#child = spawn(guardPath(), [...guardedArguments(command), ...args], {
      stdio: "pipe",
      detached: true,
    });
    this.#child.stderr.resume();
    // An ended process is noticed by its output.
    this.#child.stdin.on("error", () => undefined);
    this.#closed = new Promise((resolve) => {
      this.#child.on("close", () => resolve());
      this.#child.on("error", () => resolve());
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line. @throws Refusal */
  async next(): Promise<string> {
    const { value, done } = await within(this.#lines.next());
    if (done === true) throw new Refusal("the measuring process ended early");
    if (value.startsWith("failed ")) throw new Refusal(value.slice("failed ".length));
    return value;
  }

  async batch(count: number): Promise<Sample> {
    this.#child.stdin.write(`${count}\n`);
    const [nanoseconds = Number.NaN, involuntary = 0] = (await this.next()).split(" ").map(Number);
    return { microseconds: nanoseconds / 1000 / count, involuntary };
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    try {
      await within(this.#closed);
    } catch {
      this.#child.kill("SIGKILL");
      await this.#closed;
    }
  }
}

/** @throws Refusal if it takes too long */
function within<T>(answer: Promise<T>): Promise<T> {
  const late = setTimeout(PATIENCE_MILLISECONDS, undefined, { ref: false }).then(() => {
    throw new Refusal(`no answer within ${PATIENCE_MILLISECONDS / 1000} s`);
  });
  return Promise.race([answer, late]);
}

/** Starts a program that measures one mechanism, bound to processors. @throws Refusal */
export async function openProgram(processors: string, args: readonly string[]): Promise<Side> {
  const side = new ProcessSide(pathOf("bench-amd64"), [processors, ...args]);
  try {
    await side.next();
    return side;
  } catch (error) {
    await side.end();
    throw error;
  }
}

/** Starts the process that measures a mechanism. @throws Refusal */
export function openSide({ name, lane, apart }: Mechanism, processors: Processors): Promise<Side> {
  const { own, other } = processors;
  if (apart && other === undefined) throw new Refusal("it needs a second processor");
  const bound = apart ? `${own},${other}` : `${own}`;
  const program = ["--", process.execPath, pathOf("bench_side.js"), name];
  return openProgram(bound, lane === undefined ? [name] : program);
}
