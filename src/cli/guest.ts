import { basename } from "node:path";
import { HOST_MACHINE } from "../core/machine/index.ts";
import { Platform } from "../core/platform/platform.ts";
import { isElf } from "../labs/guest/elf.ts";
import { GUEST_MACHINE } from "../labs/guest/machine.ts";
import type { GuestProgram } from "../labs/guest/program.ts";
import { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "../labs/guest/run.ts";
import { compile } from "../lib/compiler.ts";
import { hex, InputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { type Command, parseCount, parseOptions, splitWords, UsageError } from "./command.ts";
import { ENCODER_HELP, openEncoderWatched } from "./encoder.ts";
import { finishing } from "./interruption.ts";
import { printJson, talk, writeAll } from "./report.ts";
import { Transcript } from "./transcript.ts";

/** The emulated call that not every architecture has, in the middle of a list. */
const OF_ARCH = GUEST_MACHINE.segmentBases.length > 0 ? "arch_prctl, " : "";

const help = `usage: stublab guest FILE [ARGUMENT…] [options]

Runs a small static program in the empty address space of a stub. This process emulates a few of its system
calls: read, readv, pread64, lseek, open, openat, close, stat and its kin, write, writev, ioctl, brk, mmap (private
and anonymous), munmap, mprotect, ${OF_ARCH}set_tid_address, getpid, time, gettimeofday, clock_gettime, uname,
exit and exit_group. All others fail with ENOSYS. The program has one thread, and only the files that are given.

FILE is
  an ELF executable    static, for ${GUEST_MACHINE.title}; position-independent executables (static-pie) included
  an assembler source  FILE.s or FILE.S, assembled by this machine's C compiler (cc -nostdlib -static)
  bare code            FILE.bin, mapped at 0x10000 and entered at its first byte
ARGUMENTs are passed to the program. Words that begin with two dashes are options of this command, up to --.

  --env NAME=VALUE  a variable of its environment, which is empty otherwise; may be repeated
  --stdin FILE    its standard input, which is empty otherwise; - is that of this command
  --file PATH=FILE  a file that it can read at PATH, which begins with /; may be repeated
  --trace         print each system call on stderr, in the format of strace; those that fail because stublab does
                  not emulate them are marked
  --deadline MS   end the program after this time (default 5000)
  --time MS       end it after this processor time
  --calls N       end it at the system call after this many
  --memory BYTES  the limit of its address space, with its stack of 8 MiB (default 1073741824)
  --encoder E     ${ENCODER_HELP}
  --json          print one document, "stublab.guest/1", with the output of the program: the first 4 MB of each
                  stream, and the first 100,000 lines or 4 MB of the trace; "omitted" counts the rest
  --              end of the options

Exit status: 0 if the program exits with status 0; else 1, and stderr reports how the program ended, and which
system calls it made that are not emulated.

examples:
  cc -nostdlib -static -o fault examples/guests/fault.S && stublab guest fault
  stublab guest examples/guests/fault.S --trace
  musl-gcc -static -o hello examples/guests/hello.c && stublab guest hello to you
  stublab guest examples/guests/loop.S --deadline 100 --json
  stublab guest /bin/busybox wc /in --file /in=README.md
`;

const OPTIONS = {
  env: { type: "string", multiple: true },
  stdin: { type: "string" },
  file: { type: "string", multiple: true },
  trace: { type: "boolean", default: false },
  deadline: { type: "string", default: "5000" },
  time: { type: "string" },
  calls: { type: "string" },
  memory: { type: "string" },
  encoder: { type: "string", default: "assembly" },
  json: { type: "boolean", default: false },
} as const;

/** The most bytes and calls. */
const MOST = Number.MAX_SAFE_INTEGER;

/** A day, in milliseconds. */
const LONGEST_DEADLINE = 86_400_000;

const PROGRAM_LIMIT: Limit = { most: 1 << 28, of: "a program" };
const INPUT_LIMIT: Limit = { most: 1 << 28, of: "a guest's input" };

/** How many calls the message about calls that are not emulated names. */
const NAMED = 8;
/** Calls that make a thread or a process. */
const BIRTHS = ["clone", "clone3", "fork", "vfork"];

/** How long the command may take beyond the guest's deadline with a user's encoder, in milliseconds. */
const LIMIT = 10_000;

async function run(args: readonly string[]): Promise<number> {
  const { options, words } = splitWords(args, OPTIONS);
  const values = parseOptions(options, OPTIONS);
  const [file] = words;
  if (file === undefined) throw new UsageError("guest needs a file", { remedy: "guest --help" });
  const deadline = parseTime("--deadline", values.deadline);
  const encoder = await openEncoderWatched(values.encoder, deadline + LIMIT);
  const program = await readProgram(file);
  using platform = Platform.open({ encoder });
  const start: GuestOptions = {
    args: [basename(file), ...words.slice(1)],
    env: parsePairs("--env", values.env ?? [], "NAME=VALUE"),
    files: readFiles(values.file ?? []),
    deadline,
    ...(values.stdin !== undefined && { stdin: readStdin(values.stdin) }),
    ...(values.time !== undefined && { time: parseTime("--time", values.time) }),
    ...(values.calls !== undefined && { calls: parseCount("--calls", values.calls, MOST) }),
    ...(values.memory !== undefined && { memory: parseCount("--memory", values.memory, MOST) }),
  };
  const end = values.json
    ? runForDocument(platform, program, start, values.trace)
    : runAloud(platform, program, start, values.trace);
  return exitStatus(end);
}

/** A limit in milliseconds. @throws UsageError */
function parseTime(option: string, text: string): number {
  const time = parseCount(option, text, LONGEST_DEADLINE);
  if (time === 0) throw new UsageError(`invalid ${option} 0: must be greater than 0`);
  return time;
}

/** Options of the form A=B, by A. @throws UsageError */
function parsePairs(
  option: string,
  texts: readonly string[],
  form: string,
): Record<string, string> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new UsageError(`${option}: expected ${form}, got "${text}"`);
  });
  return Object.fromEntries(pairs);
}

/** @throws InputError */
function readFiles(texts: readonly string[]): Record<string, Uint8Array> {
  const pairs = Object.entries(parsePairs("--file", texts, "PATH=FILE"));
  return Object.fromEntries(pairs.map(([path, file]) => [path, readInput(file, INPUT_LIMIT)]));
}

/** @throws InputError */
function readStdin(file: string): Uint8Array {
  return readInput(file === "-" ? 0 : file, INPUT_LIMIT);
}

/** The exit status of the command. */
function exitStatus(end: GuestEnd): 0 | 1 {
  return end.kind === "exited" && end.status === 0 ? 0 : 1;
}

async function readProgram(file: string): Promise<GuestProgram> {
  const bytes = readInput(file, PROGRAM_LIMIT);
  if (isElf(bytes)) return { elf: bytes };
  if (/\.[sS]$/.test(file)) return { elf: await assemble(file) };
  if (file.endsWith(".bin")) return { code: bytes };
  throw new InputError(`${file} is not a program: it does not begin with the magic number of ELF`, {
    remedy: "the name of an assembler source must end in .s or .S, that of bare code in .bin",
  });
}

/** A source (.s, or .S with the preprocessor) as a static executable. */
function assemble(source: string): Promise<Uint8Array> {
  return finishing((signal) =>
    compile({
      source,
      arguments: () => [source],
      otherwise: "ELF executables and .bin files do not need one",
      signal,
    }),
  );
}

/** Writes the guest's output to stdout and stderr of this process. */
function runAloud(
  platform: Platform,
  program: GuestProgram,
  start: GuestOptions,
  trace: boolean,
): GuestEnd {
  const { result, refused } = runGuest(platform, program, {
    ...start,
    output: writeAll,
    ...(trace && { trace: ({ text }) => writeAll(2, Buffer.from(`${text}\n`)) }),
  });
  if (trace || exitStatus(result) !== 0) talk(`${describe(result)}\n`);
  if (exitStatus(result) !== 0) talk(describeRefused(refused));
  return result;
}

/** Why a program may have failed: the calls that are not emulated, in the order in which it made them. */
function describeRefused(refused: GuestRun["refused"]): string {
  const names = Object.keys(refused);
  if (names.length === 0) return "";
  const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const threads = names.some((name) => BIRTHS.includes(name))
    ? "; a guest has one thread and no children"
    : "";
  const calls = `${total} call${total === 1 ? "" : "s"}`;
  return `not emulated: ${names.slice(0, NAMED).join(", ")}${more} (${calls})${threads}\n`;
}

function runForDocument(
  platform: Platform,
  program: GuestProgram,
  start: GuestOptions,
  trace: boolean,
): GuestEnd {
  const transcript = new Transcript();
  const { result, calls, refused, used, switches } = runGuest(platform, program, {
    ...start,
    output: (fd, bytes) => transcript.write(fd, bytes),
    ...(trace && { trace: (call) => transcript.trace(call.text) }),
  });
  const { omitted } = transcript;
  printJson("stublab.guest/1", {
    encoder: platform.tracer.encoder.name,
    result,
    calls,
    refused,
    used,
    switches,
    output: { stdout: transcript.text(1), stderr: transcript.text(2) },
    ...(trace && { trace: transcript.lines }),
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

export const guestCommand: Command = { help, run };
