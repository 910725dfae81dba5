/* The processes that try the rounds of a run: `probe rounds`, each on a processor of its own. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { HOST_ARCH } from "../../../core/machine/index.ts";
import { allowedProcessors, readProc } from "../../../core/stub/proc.ts";
import { limitError } from "../../../lib/errno.ts";
import { CorruptionError, InputError, TraceError, UnsupportedError } from "../../../lib/errors.ts";
import { members, parseJson } from "../../../lib/shape.ts";
import { modelOptions } from "../known/arch.ts";
import { loggedMachineShape, type Machine } from "../machine.ts";
import { pathOfProbe } from "../probe/run.ts";
import { roundShape } from "./log.ts";
import type { Plan, Round } from "./state.ts";

/** How long a process may take for a round, and to end, in seconds. Time in which this process is stopped does not count. */
const [PATIENCE, ENDING] = [600, 10];

/** The cases `from` up to and without `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A process that tries cases. It ends with this one, and when its input ends. */
export class Member {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #isBusy = false;
  /** Why it could not start. */
  #notStarted: unknown;

  private constructor(options: readonly string[]) {
    // In a session of its own, so that Ctrl-C reaches this process alone.
    this.#child = spawn(pathOfProbe(HOST_ARCH), ["rounds", ...options], {
      ...{ stdio: ["pipe", "pipe", "ignore"], detached: true },
    });
    this.#ended = once(this.#child, "close").catch((cause) => {
      this.#notStarted = cause;
    });
    // A process that has ended reads nothing; what it has answered says why.
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts one, and waits for its machine. @throws UnsupportedError; CorruptionError */
  static async start(
    plan: Plan,
    processor: number,
  ): Promise<{ readonly member: Member; readonly machine: Machine }> {
    const { seed, path, focus } = plan;
    const near = focus === undefined ? "" : ` --focus ${focus}`;
    const options = `--seed ${seed} --path ${path}${near}${modelOptions(plan)}`;
    const member = new Member([...options.split(" "), "--processor", `${processor}`]);
    try {
      const read = members(await member.#next(), "the probe");
      return { member, machine: read("machine", loggedMachineShape) };
    } catch (error) {
      await member.end();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets it try a range. Ranges have to ascend. @throws UnsupportedError; CorruptionError */
  async ask({ from, to }: Range): Promise<Round> {
    this.#child.stdin.write(`${from} ${to}\n`);
    return roundShape(await this.#next(), "the probe");
  }

  /** Lets it end itself and its stubs, or kills it if it tries something; waits for its end. The kernel ends its stubs. */
  async end(): Promise<void> {
    this.#keepAlive(true);
    if (this.#isBusy) this.#child.kill("SIGKILL");
    this.#child.stdin.end();
    const late = afterSeconds(ENDING, () => this.#child.kill("SIGKILL"));
    await this.#ended;
    clearInterval(late);
  }

  #keepAlive(does: boolean): void {
    const pipes = [this.#child.stdin, this.#child.stdout].filter((it) => it instanceof Socket);
    for (const it of [this.#child, ...pipes]) {
      if (does) it.ref();
      else it.unref();
    }
  }

  async #next(): Promise<unknown> {
    this.#isBusy = true;
    // Only meanwhile this process lives for it.
    this.#keepAlive(true);
    const late = afterSeconds(PATIENCE, () => this.#child.kill("SIGKILL"));
    const { done, value } = await this.#lines.next();
    clearInterval(late);
    this.#isBusy = false;
    this.#keepAlive(false);
    if (done !== true && value.startsWith("{")) return parseJson(value);
    await this.end();
    if (this.#notStarted !== undefined) {
      const what = "a process that tries cases cannot start";
      throw (
        limitError(what, this.#notStarted) ?? new UnsupportedError(`${what}: ${this.#notStarted}`)
      );
    }
    if (done !== true) throw failureOf(value.replace("Bail out! ", ""));
    const { exitCode, signalCode } = this.#child;
    const remedy = "the same command continues; the kernel's log (dmesg) may say why";
    const how = signalCode ?? `status ${exitCode}`;
    throw new TraceError(`a process that tries cases has ended: ${how}`, { remedy });
  }
}

function failureOf(text: string): Error {
  if (!text.includes("floating point")) {
    return new UnsupportedError(text, { remedy: "stublab doctor says what this machine allows" });
  }
  return new CorruptionError(text, {
    remedy: "the kernel has mixed up the registers of two processes; its log (dmesg) may say why",
  });
}

/** Calls a function after so many seconds in which this process runs. */
function afterSeconds(seconds: number, late: () => void): NodeJS.Timeout {
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks >= seconds) late();
  }, 1000);
  return timer;
}

/** Starts processes, each on a processor of its own as long as there are enough. @param first which the first one takes */
export async function startCrew(plan: Plan, workers: number, first: number) {
  const processors = allowedProcessors(readProc("/proc/self/status"));
  const starting = Array.from({ length: workers }, (_, i) =>
    Member.start(plan, processors[(first + i) % processors.length] ?? 0),
  );
  const started = await Promise.allSettled(starting);
  const crew = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const members = crew.map(({ member }) => member);
  const failed = started.find((each) => each.status === "rejected");
  const machine = crew[0]?.machine;
  if (failed === undefined && machine !== undefined) return { members, machine };
  await Promise.all(members.map((member) => member.end()));
  throw failed?.reason ?? new InputError("a run needs a worker");
}
