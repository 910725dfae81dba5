import { basename } from "node:path";
import { HOST_MACHINE } from "../core/machine/index.ts";
import { Platform } from "../core/platform/platform.ts";
import { isElf } from "../labs/guest/elf.ts";
import type { Sink } from "../labs/guest/guest.ts";
import type { GuestProgram } from "../labs/guest/program.ts";
import { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "../labs/guest/run.ts";
import { Stream } from "../labs/guest/stream.ts";
import type { TracedCall } from "../labs/guest/trace.ts";
import { compile } from "../lib/compiler.ts";
import { hex, InputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { counted } from "../lib/page/figures.ts";
import { openEncoderWatched } from "./encoder.ts";
import { finishing } from "./interruption.ts";
import { printJson, talk, writeAll } from "./report.ts";
import { first } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { guest } from "./table/stubs.ts";

const PROGRAM_LIMIT: Limit = { most: 1 << 28, of: "a program" };
const INPUT_LIMIT: Limit = { most: 1 << 28, of: "a guest's input" };

/** How many calls the message about calls that are not emulated names. */
const NAMED = 8;
/** Calls that make a thread or a process. */
const BIRTHS = ["clone", "clone3", "fork", "vfork"];

/** How long the command may take beyond the guest's deadline with a user's encoder, in milliseconds. */
const LIMIT = 10_000;

/** Of the document: bytes of each stream and of the trace, and lines of the trace. */
const MOST_BYTES = 4 << 20;
const MOST_LINES = 100_000;

export async function runGuestProgram(
  file: string,
  args: readonly string[],
  values: Values<typeof guest>,
): Promise<number> {
  const { env = [], stdin, file: files = [], trace, json, encoder: name, ...limits } = values;
  const encoder = await openEncoderWatched(name, limits.deadline + LIMIT);
  const program = await readProgram(file);
  using platform = Platform.open({ encoder });
  const read = (path: string | 0) => readInput(path, INPUT_LIMIT);
  const start: GuestOptions = {
    args: [basename(file), ...args],
    env: Object.fromEntries(env),
    files: Object.fromEntries(files.map(([path, own]) => [path, read(own)])),
    stdin: stdin === undefined ? undefined : read(stdin === "-" ? 0 : stdin),
    ...limits,
  };
  const run: Run = (output, tell) =>
    runGuest(platform, program, { ...start, output, trace: trace ? tell : undefined });
  return exitStatus(json ? printRun(run, encoder.name, trace) : runAloud(run, trace));
}

/** Runs the guest; what it writes, and the calls that it makes if they are traced, go to these. */
type Run = (output: Sink, tell: (call: TracedCall) => void) => GuestRun;

/** The exit status of the command. */
function exitStatus(end: GuestEnd): 0 | 1 {
  return end.kind === "exited" && end.status === 0 ? 0 : 1;
}

async function readProgram(file: string): Promise<GuestProgram> {
  const bytes = readInput(file, PROGRAM_LIMIT);
  if (isElf(bytes)) return { elf: bytes };
  if (/\.[sS]$/.test(file)) {
    const otherwise = "ELF executables and .bin files do not need one";
    const source = { source: file, arguments: () => [file], otherwise };
    return { elf: await finishing((signal) => compile({ ...source, signal })) };
  }
  if (file.endsWith(".bin")) return { code: bytes };
  throw new InputError(`${file} is not a program: it does not begin with the magic number of ELF`, {
    remedy: "the name of an assembler source must end in .s or .S, that of bare code in .bin",
  });
}

/** Writes the guest's output to stdout and stderr of this process. */
function runAloud(run: Run, traces = false): GuestEnd {
  const { result, refused } = run(writeAll, ({ text }) => writeAll(2, Buffer.from(`${text}\n`)));
  const isFailed = exitStatus(result) !== 0;
  if (traces || isFailed) talk(`${describe(result)}\n`);
  if (isFailed) talk(describeRefused(refused));
  return result;
}

/** Why a program may have failed: the calls that are not emulated, in the order in which it made them. */
function describeRefused(refused: GuestRun["refused"]): string {
  const names = Object.keys(refused);
  if (names.length === 0) return "";
  const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const threads = names.some((name) => BIRTHS.includes(name))
    ? "; a guest has one thread and no children"
    : "";
  return `not emulated: ${first(NAMED, names)} (${counted(total, "call")})${threads}\n`;
}

function printRun(run: Run, encoder: string, traces = false): GuestEnd {
  const [stdout, stderr] = [new Stream(MOST_BYTES), new Stream(MOST_BYTES)];
  const trace: string[] = [];
  let [length, omittedLines] = [0, 0];
  const { result, ...rest } = run(
    (fd, bytes) => (fd === 1 ? stdout : stderr).add(bytes),
    ({ text }) => {
      length += text.length;
      if (trace.length < MOST_LINES && length <= MOST_BYTES) trace.push(text);
      else omittedLines++;
    },
  );
  const text = (stream: Stream) => Buffer.from(stream.bytes()).toString();
  const omitted = { stdout: stdout.omitted, stderr: stderr.omitted, trace: omittedLines };
  printJson("stublab.guest/1", {
    encoder,
    result,
    ...rest,
    output: { stdout: text(stdout), stderr: text(stderr) },
    ...(traces && { trace }),
    omitted,
    truncated: Object.values(omitted).some((count) => count > 0),
  });
  return result;
}

const LIMITS = {
  deadline: "its deadline",
  time: "the limit of its processor time",
  calls: "the limit of its system calls",
};

function describe(end: GuestEnd): string {
  switch (end.kind) {
    case "exited":
      return `exited with status ${end.status}`;
    case "interrupted":
      return end.reason === "request" ? "interrupted" : `interrupted at ${LIMITS[end.reason]}`;
    case "signaled": {
      const where = end.address === undefined ? "" : ` at ${hex(end.address)}`;
      return `killed by ${end.signal}${where} (${HOST_MACHINE.instructionPointer} ${hex(end.instruction)})`;
    }
  }
}
