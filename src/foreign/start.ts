import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { openEncoder } from "../encoder/open.ts";
import { errnoName } from "../errno.ts";
import { UnsupportedError } from "../errors.ts";
import { viewMemory } from "../shim/library.ts";
import { loadShim } from "../shim/shim.ts";
import { START_STEPS } from "../shim/start.ts";

/** What a program starts with that runs foreign code. */
export interface Program {
  /** Its argv[0]. */
  readonly name: string;
  /** What follows the path of Node.js. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Descriptors 0 to 2, and those from 4 on. 3 is the channel. */
  readonly stdio: readonly [number, number, number];
  readonly files: readonly number[];
  /** It only computes: no terminal, no network, and no file or device to write to. */
  readonly shut: boolean;
}

/** What it may write to in all: the largest encoder's memory, and Node.js. */
const MOST_MEMORY = 1 << 30;
/** The stacks of threads count as memory, and are as large as the first one may be. V8 takes 1 MB. */
const STACK_SIZE = 2 << 20;

const RLIMIT = { FSIZE: 1, DATA: 2, STACK: 3, CORE: 4 } as const;

/** Those of any program, and those of one that is shut. */
const LIMITS = [
  { resource: RLIMIT.DATA, value: MOST_MEMORY },
  { resource: RLIMIT.STACK, value: STACK_SIZE },
];
const SHUT_LIMITS = [
  ...LIMITS,
  { resource: RLIMIT.CORE, value: 0 },
  { resource: RLIMIT.FSIZE, value: 0 },
];

/** STUBLAB_START_SHUT */
const SHUT = 1;

const { constants } = openEncoder("assembly");

/** @throws RangeError */
export function flags(...names: string[]): bigint {
  return names.reduce((word, name) => {
    const flag = constants.get(name);
    if (flag === undefined) throw new RangeError(`there is no constant ${name}`);
    return word | flag;
  }, 0n);
}

/** The namespaces to try, most first: a kernel or a container may forbid some to some. */
export function namespacesOf({ shut }: Program): bigint[] {
  const own = ["CLONE_NEWPID", "CLONE_NEWNS"];
  if (shut) own.push("CLONE_NEWNET", "CLONE_NEWIPC");
  return [flags("CLONE_NEWUSER", ...own), flags(...own), 0n];
}

/** What a started program leaves in the parent. */
export interface Started {
  /** Of the process above the program, which the parent waits for. */
  readonly pid: number;
  /** The parent's end of the channel. */
  readonly channel: number;
  readonly fate: Fate;
}

/**
 * Starts a program in these namespaces; returns the reason if it does not start. What fails later is in its fate.
 */
export function start(program: Program, namespaces: bigint): Started | string {
  const shim = loadShim();
  const ends = new Int32Array(2);
  const paired = shim.socketPair(ends);
  if (paired < 0) return `socketpair failed: ${errnoName(-paired)}`;
  const [channel = -1, theirs = -1] = ends;
  const fate = Fate.take();
  const files = [...program.stdio, theirs, ...program.files];
  const limits = program.shut ? SHUT_LIMITS : LIMITS;
  const pid = shim.start(
    {
      namespaces,
      program: process.execPath,
      arguments: [program.name, ...program.arguments, null],
      environment: [...assignments(program.environment), null],
      files,
      limits,
      file_count: files.length,
      limit_count: limits.length,
      options: program.shut ? SHUT : 0,
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
 * Gives the users of this process to a new user namespace: all, or itself. Without them the program starts as well,
 * and may read what every user may.
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

/** All ids of this process's own namespace, each as itself. */
function everyId(file: "uid_map" | "gid_map"): string {
  try {
    const ranges = readFileSync(`/proc/self/${file}`, "utf8").trim().split("\n");
    return ranges.map((range) => range.trim().replace(/^(\d+)\s+\d+/, "$1 $1")).join("\n");
  } catch {
    return "";
  }
}

const FATE_SIZE = 12;
const [STEP, ERROR, STATUS] = [0, 1, 2];

/** struct stublab_fate, which no foreign code can write to. */
export class Fate {
  /** Areas that no process uses: shared memory stays mapped, so the next process takes one over. */
  static readonly #free: Fate[] = [];

  readonly address: number;
  readonly #words: Int32Array;

  private constructor(address: number) {
    this.address = address;
    this.#words = new Int32Array(viewMemory(address, FATE_SIZE));
  }

  /** @throws UnsupportedError */
  static take(): Fate {
    const free = Fate.#free.pop();
    if (free !== undefined) return free;
    const address = loadShim().mapShared(FATE_SIZE);
    if (address < 0) throw new UnsupportedError(`mmap failed: ${errnoName(-address)}`);
    return new Fate(address);
  }

  giveBack(): void {
    Fate.#free.push(this);
  }

  /** The step of the start that failed, if one did. */
  get failure(): string | undefined {
    const error = this.#words[ERROR] ?? 0;
    const step = START_STEPS[this.#words[STEP] ?? 0] ?? "a step";
    return error === 0 ? undefined : `${step} failed: ${errnoName(error)}`;
  }

  /** The status word of the program's end; undefined before. */
  get status(): number | undefined {
    const status = this.#words[STATUS] ?? -1;
    return status < 0 ? undefined : status;
  }
}
