import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { HOST_ARCH } from "../../src/core/machine/index.ts";
import { callNumber, limitFiles } from "./libc.ts";

/** Opens files until this process may open no more; the caller closes them. */
export function takeDescriptors(): number[] {
  limitFiles(256);
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync("/dev/null", "r"));
    } catch {
      return taken;
    }
  }
}

/** Parts of /proc/PID/stat, or undefined if there is no such process. */
export function processState(
  pid: number,
): { state: string; parent: number; group: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "?", parent = "0", group = "0"] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ");
    return { state, parent: Number(parent), group: Number(group) };
  } catch {
    return undefined;
  }
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const state = processState(pid)?.state;
  return state !== undefined && state !== "Z" && state !== "X";
}

/** The call in which the opener of a FIFO waits for the other end. */
const OPENAT = callNumber("openat");

/** Whether the first thread of a process waits in openat. */
export function waitsInOpen(pid: number): boolean {
  try {
    const waiting = readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith(`${OPENAT} `);
    return waiting && processState(pid)?.state === "S";
  } catch {
    return false;
  }
}

/** The children of a process, zombies among them. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && processState(pid)?.parent === parent);
}

/** A process and all its descendants. */
export function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/** Stops processes for some milliseconds. Timers of this process that expire meanwhile have fired when it returns. */
export async function stopFor(pids: readonly number[], milliseconds: number): Promise<void> {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  for (const pid of pids) process.kill(pid, "SIGCONT");
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** How many times as long things may take: a machine of `npm run kernels` may be emulated. */
export const SLOWNESS = process.env.ON_MACHINE ? 10 : 1;

/** A machine that does other things, too, reaches a state late; only a test that fails waits so long. */
const PATIENCE = 20 * SLOWNESS;

/** Polls until `condition` holds; returns whether it did in time: milliseconds of a quiet machine. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
): Promise<boolean> {
  const end = performance.now() + milliseconds * PATIENCE;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

/** The output of a process and how it ended. */
export interface Ending {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** The command line that runs test/hosts/NAME.ts: a separate host, which may die. */
export function hostCommand(name: string, ...args: string[]): [string, string[]] {
  return [process.execPath, [fileURLToPath(new URL(`${name}.js`, import.meta.url)), ...args]];
}

/** Whether namespaces can be made here. */
export const hasNamespaces =
  spawnSync("unshare", ["--user", "--map-root-user", "--pid", "--fork", "true"]).status === 0;

/** A command in a pid namespace of its own: no process outside of it takes a pid there. */
export function inOwnPids([command, args]: [string, string[]]): [string, string[]] {
  const namespaces = "--user --map-root-user --pid --fork --kill-child --mount-proc".split(" ");
  // The shell stays, as init.
  return ["unshare", [...namespaces, "sh", "-c", '"$@"; exit $?', "sh", command, ...args]];
}

/** The command line that runs the built command `stublab`. */
export function stublabCommand(...args: string[]): [string, string[]] {
  return [process.execPath, ["dist/cli.js", ...args]];
}

/** How long to wait for output after its process has ended. */
const HELD_MILLISECONDS = 500;

/** A running process with its input and output. */
export class Running {
  readonly pid: number;
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ending>;
  readonly #waiting: (() => void)[] = [];
  readonly #input: (text: string) => void;

  constructor([command, args]: [string, string[]], options: SpawnOptions = {}) {
    const child = spawn(command, args, { ...options, stdio: "pipe" });
    this.pid = child.pid ?? -1;
    this.#input = (text) => child.stdin?.write(text);
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.#heard("stdout", chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => this.#heard("stderr", chunk));
    this.ended = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        const end = () => {
          this.#wake();
          resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        };
        // "close" comes after the last output, but a process that is left behind keeps the pipes open.
        const held = setTimeout(end, HELD_MILLISECONDS);
        child.on("close", () => {
          clearTimeout(held);
          end();
        });
      });
    });
  }

  write(text: string): void {
    this.#input(text);
  }

  /** Waits until the output matches, and returns the match; null if the process ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray | null> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null || over) return match;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #heard(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Runs a process to its end. */
export function run(command: [string, string[]], options: SpawnOptions = {}): Promise<Ending> {
  return new Running(command, options).ended;
}

/** test/support/deny.c, built for this machine: runs a command, whose path follows, for which a system call fails. */
export const DENY = fileURLToPath(new URL(`deny-${HOST_ARCH}`, import.meta.url));

/** Waits for the end of a command, which must be a success. */
export async function succeeded<T extends Pick<Ending, "code" | "stdout" | "stderr">>(
  command: Promise<T>,
): Promise<T> {
  const ending = await command;
  assert.is(ending.code, 0, ending.stderr || ending.stdout);
  return ending;
}
