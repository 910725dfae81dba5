import { basename } from "node:path";
import { hex, InputError } from "../errors.ts";
import { ELF_MACHINE_NAME } from "../guest/arch.ts";
import { OWN_CALLS } from "../guest/calls/arch.ts";
import { isElf } from "../guest/elf.ts";
import type { GuestProgram } from "../guest/image.ts";
import { type GuestEnd, type GuestOptions, runGuest } from "../guest/run.ts";
import { type Limit, readInput } from "../input.ts";
import { Platform } from "../platform/platform.ts";
import { INSTRUCTION_POINTER } from "../stub/arch.ts";
import { assemble } from "./assemble.ts";
import { type Command, parseCount, parseOptions, splitWords, UsageError } from "./command.ts";
import { chooseEncoder, ENCODER_HELP } from "./encoder.ts";
import { printJson, talk, writeAll } from "./report.ts";
import { Transcript } from "./transcript.ts";

/** The emulated calls that only this architecture has, in the middle of a list. */
const OF_ARCH = Object.keys(OWN_CALLS)
  .map((name) => `${name}, `)
  .join("");

const help = `usage: stublab guest FILE [ARGUMENT…] [options]

Runs a small static program in the empty address space of a stub. This process emulates a few of its system
calls: write, writev, ioctl, brk, mmap (private and anonymous), munmap, mprotect, ${OF_ARCH}set_tid_address,
getpid, clock_gettime, uname, exit and exit_group. All others fail with ENOSYS. The program cannot open files.

FILE is
  an ELF executable    static, for ${ELF_MACHINE_NAME}; position-independent executables (static-pie) included
  an assembler source  FILE.s or FILE.S, assembled by this machine's C compiler (cc -nostdlib -static)
  bare code            FILE.bin, mapped at 0x10000 and entered at its first byte
ARGUMENTs are passed to the program; its environment is empty. Words that begin with two dashes are options of
this command, up to --.

  --trace         print each system call on stderr, in the format of strace
  --deadline MS   end the program after this time (default 5000)
  --encoder E     ${ENCODER_HELP}
  --json          print one document, "stublab.guest/1", with the output of the program: the first 4 MB of each
                  stream, and the first 100,000 lines or 4 MB of the trace; "omitted" counts the rest
  --              end of the options

Exit status: 0 if the program exits with status 0; else 1, and stderr reports how the program ended.

examples:
  cc -nostdlib -static -o fault examples/guests/fault.S && stublab guest fault
  stublab guest examples/guests/fault.S --trace
  musl-gcc -static -o hello examples/guests/hello.c && stublab guest hello to you
  stublab guest examples/guests/loop.S --deadline 100 --json
`;

const OPTIONS = {
  trace: { type: "boolean", default: false },
  deadline: { type: "string", default: "5000" },
  encoder: { type: "string", default: "assembly" },
  json: { type: "boolean", default: false },
} as const;

/** A day, in milliseconds. */
const LONGEST_DEADLINE = 86_400_000;

const PROGRAM_LIMIT: Limit = { most: 1 << 28, of: "a program" };

/** How long the command may take beyond the guest's deadline with a user's encoder, in milliseconds. */
const LIMIT = 10_000;

async function run(args: readonly string[]): Promise<number> {
  const { options, words } = splitWords(args, OPTIONS);
  const values = parseOptions(options, OPTIONS);
  const [file] = words;
  if (file === undefined) throw new UsageError("guest needs a file", { remedy: "guest --help" });
  const deadline = parseCount("--deadline", values.deadline, LONGEST_DEADLINE);
  if (deadline === 0) throw new UsageError("invalid --deadline 0: must be greater than 0");
  const encoder = await chooseEncoder(values.encoder, deadline + LIMIT);
  const program = await readProgram(file);
  using platform = Platform.open({ encoder });
  const start = { args: [basename(file), ...words.slice(1)], deadline };
  const end = values.json
    ? runForDocument(platform, program, start, values.trace)
    : runAloud(platform, program, start, values.trace);
  return exitStatus(end);
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

/** Writes the guest's output to stdout and stderr of this process. */
function runAloud(
  platform: Platform,
  program: GuestProgram,
  start: GuestOptions,
  trace: boolean,
): GuestEnd {
  const { result } = runGuest(platform, program, {
    ...start,
    output: writeAll,
    ...(trace && { trace: ({ text }) => writeAll(2, Buffer.from(`${text}\n`)) }),
  });
  if (trace || exitStatus(result) !== 0) talk(`${describe(result)}\n`);
  return result;
}

function runForDocument(
  platform: Platform,
  program: GuestProgram,
  start: GuestOptions,
  trace: boolean,
): GuestEnd {
  const transcript = new Transcript();
  const { result, calls, switches } = runGuest(platform, program, {
    ...start,
    output: (fd, bytes) => transcript.write(fd, bytes),
    ...(trace && { trace: (call) => transcript.trace(call.text) }),
  });
  const { omitted } = transcript;
  printJson("stublab.guest/1", {
    encoder: platform.tracer.encoder.name,
    result,
    calls,
    switches,
    output: { stdout: transcript.text(1), stderr: transcript.text(2) },
    ...(trace && { trace: transcript.lines }),
    omitted,
    truncated: Object.values(omitted).some((count) => count > 0),
  });
  return result;
}

function describe(end: GuestEnd): string {
  switch (end.kind) {
    case "exited":
      return `exited with status ${end.status}`;
    case "interrupted":
      return end.reason === "deadline" ? "interrupted at its deadline" : "interrupted";
    case "signaled": {
      const where = end.address === undefined ? "" : ` at ${hex(end.address)}`;
      return `killed by ${end.signal}${where} (${INSTRUCTION_POINTER} ${hex(end.instruction)})`;
    }
  }
}

export const guestCommand: Command = { help, run };
