import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { openAssemblyEncoder } from "../core/encoder/assembly.ts";
import { FATE } from "../core/shim/bindings.ts";
import { loadShim, viewMemory } from "../core/shim/shim.ts";
import { errnoName } from "../lib/errno.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { loadSandbox, START_STEPS } from "./program.ts";

/** A program that runs foreign code. */
export interface Program {
  /** Its argv[0]. */
  readonly name: string;
  /** The arguments after the path of Node.js. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The descriptors that become 0 to 2. 3 is the channel. */
  readonly stdio: readonly [number, number, number];
  readonly files: readonly number[];
  /** Whether it only computes: it gets no terminal, no network, and no file or device to write to. Else it is watched. */
  readonly confined: boolean;
}

/** The limit of its private memory, in bytes: enough for the largest encoder and Node.js. */
const MOST_MEMORY = 1 << 30;
/** The limit of stacks, in bytes: the stacks of all threads have this size, and count as memory. V8 uses 1 MB. */
const STACK_SIZE = 2 << 20;

const RLIMIT = { FSIZE: 1, DATA: 2, STACK: 3, CORE: 4 } as const;

/** The limits of every program, and the further ones of a confined one. */
const LIMITS = [
  { resource: RLIMIT.DATA, value: MOST_MEMORY },
  { resource: RLIMIT.STACK, value: STACK_SIZE },
];
const CONFINED_LIMITS = [
  ...LIMITS,
  { resource: RLIMIT.CORE, value: 0 },
  { resource: RLIMIT.FSIZE, value: 0 },
];

/** STUBLAB_START_CONFINED */
const CONFINED = 1;

const { constants } = openAssemblyEncoder();

/** @throws RangeError */
export function flags(...names: string[]): bigint {
  return names.reduce((word, name) => {
    const flag = constants.get(name);
    if (flag === undefined) throw new RangeError(`there is no constant ${name}`);
    return word | flag;
  }, 0n);
}

/** The sets of namespaces to try, the largest first: a kernel or a container may forbid some of them. */
export function namespacesOf({ confined }: Program): bigint[] {
  const own = ["CLONE_NEWPID", "CLONE_NEWNS"];
  if (confined) own.push("CLONE_NEWNET", "CLONE_NEWIPC");
  return [flags("CLONE_NEWUSER", ...own), flags(...own), 0n];
}

/** The parent's view of a started program. */
export interface Started {
  /** The pid of the init process above the program, for which the parent waits. */
  readonly pid: number;
  /** The parent's end of the channel. */
  readonly channel: number;
  readonly fate: Fate;
}

/**
 * Starts a program in these namespaces; returns the reason if it does not start. Its fate reports later failures.
 */
export function start(program: Program, namespaces: bigint): Started | string {
  const shim = loadShim();
  const ends = new Int32Array(2);
  const paired = loadSandbox().socketPair(ends);
  if (paired < 0) return `socketpair failed: ${errnoName(-paired)}`;
  const [channel = -1, theirs = -1] = ends;
  const fate = Fate.take();
  const files = [...program.stdio, theirs, ...program.files];
  const limits = program.confined ? CONFINED_LIMITS : LIMITS;
  const pid = loadSandbox().start(
    {
      namespaces,
      program: process.execPath,
      arguments: [program.name, ...program.arguments, null],
      environment: [...assignments(program.environment), null],
      files,
      limits,
      file_count: files.length,
      limit_count: limits.length,
      options: program.confined ? CONFINED : 0,
    },
    fate.address,
  );
  shim.close(theirs);
  if (pid < 0) {
    shim.close(channel);
    fate.giveBack();
    return `clone failed: ${errnoName(-pid)}`;
  }
  if ((namespaces & flags("CLONE_NEWUSER")) !== 0n) mapIds(pid);
  writeSync(channel, "\n");
  return { pid, channel, fate };
}

function assignments(environment: Program["environment"]): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
}

/**
 * Maps the ids of this process into a new user namespace: all, or only its own. Without a mapping the program starts,
 * too, but reads only what every user may read.
 */
function mapIds(pid: number): void {
  const write = (file: string, text: string): boolean => {
    try {
      writeFileSync(`/proc/${pid}/${file}`, text);
      return true;
    } catch {
      return false;
    }
  };
  write("setgroups", "deny");
  for (const [file, own] of [
    ["uid_map", process.geteuid?.()],
    ["gid_map", process.getegid?.()],
  ] as const) {
    if (!write(file, everyId(file))) write(file, `${own} ${own} 1`);
  }
}

/** The identity mapping of all ids of this process's namespace. */
function everyId(file: "uid_map" | "gid_map"): string {
  try {
    const ranges = readFileSync(`/proc/self/${file}`, "utf8").trim().split("\n");
    return ranges.map((range) => range.trim().replace(/^(\d+)\s+\d+/, "$1 $1")).join("\n");
  } catch {
    return "";
  }
}

const [STEP, ERROR, STATUS] = [FATE.step / 4, FATE.error / 4, FATE.status / 4];

/** struct stublab_fate, which no foreign code can write to. */
export class Fate {
  /** Unused areas: shared memory stays mapped, and is reused for the next process. */
  static readonly #free: Fate[] = [];

  readonly address: number;
  readonly #words: Int32Array;

  private constructor(address: number) {
    this.address = address;
    this.#words = new Int32Array(viewMemory(address, FATE.size));
  }

  /** @throws UnsupportedError */
  static take(): Fate {
    const free = Fate.#free.pop();
    if (free !== undefined) return free;
    const address = loadShim().mapShared(-1, FATE.size);
    if (address < 0) throw new UnsupportedError(`mmap failed: ${errnoName(-address)}`);
    return new Fate(address);
  }

  giveBack(): void {
    Fate.#free.push(this);
  }

  /** The step of the start that failed, as text; undefined if none did. */
  get failure(): string | undefined {
    const error = this.#words[ERROR] ?? 0;
    const step = START_STEPS[this.#words[STEP] ?? 0] ?? "a step";
    return error === 0 ? undefined : `${step} failed: ${errnoName(error)}`;
  }

  /** The status word of the program's end; undefined while it runs. */
  get status(): number | undefined {
    const status = this.#words[STATUS] ?? -1;
    return status < 0 ? undefined : status;
  }
}
