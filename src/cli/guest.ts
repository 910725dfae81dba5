import { basename } from "node:path";
import { hex, InputError } from "../errors.ts";
import { isElf } from "../guest/elf.ts";
import type { GuestProgram } from "../guest/image.ts";
import { type GuestEnd, type GuestOptions, runGuest } from "../guest/run.ts";
import { type Limit, readInput } from "../input.ts";
import { Platform } from "../platform/platform.ts";
import { assemble } from "./assemble.ts";
import { type Command, parseCount, parseOptions, splitWords, UsageError } from "./command.ts";
import { chooseEncoder, ENCODER_HELP } from "./encoder.ts";
import { GuestOutput } from "./guest_output.ts";
import { printJson, talk, writeAll } from "./report.ts";

const help = `usage: stublab guest FILE [ARGUMENT…] [options]

Runs a small static program in an empty address space of a stub. Its system calls come back to this process,
which emulates a few: write, writev, ioctl, brk, mmap (private and anonymous), munmap, mprotect, arch_prctl,
set_tid_address, getpid, clock_gettime, uname, exit and exit_group. All others are ENOSYS: it has no files.

FILE is
  an ELF executable    static, for x86-64; a position-independent one (static-pie) too
  an assembler source  FILE.s or FILE.S, which the machine's C compiler assembles (cc -nostdlib -static)
  bare code            FILE.bin, mapped at 0x10000 and entered at its first byte
ARGUMENTs are the program's own; its environment is empty. What begins with two dashes is an option of this
command, up to --.

  --trace         each system call as a line on stderr, as strace shows it
  --deadline MS   how long it may run in all (default 5000)
  --encoder E     ${ENCODER_HELP}
  --json          one document, "stublab.guest/1", with what it wrote: the first 4 MB of each stream, and the first
                  100,000 lines or 4 MB of the trace; "omitted" counts the rest
  --              what follows is no option

Exit status: 0 if the program exited with 0. Else 1, and stderr says how it ended.

examples:
  cc -nostdlib -static -o fault examples/guests/fault.s && stublab guest fault
  stublab guest examples/guests/avx.s --trace
  musl-gcc -static -o hello examples/guests/hello.c && stublab guest hello to you
  stublab guest examples/guests/loop.s --deadline 100 --json
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

/** How long it may take with an encoder of a user's beyond the guest's deadline, in milliseconds. */
const LIMIT = 10_000;

async function run(args: readonly string[]): Promise<number> {
  const { options, words } = splitWords(args, OPTIONS);
  const values = parseOptions(options, OPTIONS);
  const [file] = words;
  if (file === undefined) throw new UsageError("guest needs a file", { remedy: "guest --help" });
  const deadline = parseCount("--deadline", values.deadline, LONGEST_DEADLINE);
  if (deadline === 0) throw new UsageError("--deadline 0 leaves a guest no time");
  const encoder = await chooseEncoder(values.encoder, deadline + LIMIT);
  const program = await readProgram(file);
  using platform = Platform.open({ encoder });
  const start = { args: [basename(file), ...words.slice(1)], deadline };
  const end = values.json
    ? runRecorded(platform, program, start, values.trace)
    : runAloud(platform, program, start, values.trace);
  return end.kind === "exited" && end.status === 0 ? 0 : 1;
}

async function readProgram(file: string): Promise<GuestProgram> {
  const bytes = readInput(file, PROGRAM_LIMIT);
  if (isElf(bytes)) return { elf: bytes };
  if (/\.[sS]$/.test(file)) return { elf: await assemble(file) };
  if (file.endsWith(".bin")) return { code: bytes };
  throw new InputError(`${file} is no program: it does not begin as ELF files do`, {
    remedy: "assembler sources end in .s or .S, bare code in .bin",
  });
}

/** What the guest writes goes where this process writes. */
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
  const succeeded = result.kind === "exited" && result.status === 0;
  if (trace || !succeeded) talk(`${describe(result)}\n`);
  return result;
}

function runRecorded(
  platform: Platform,
  program: GuestProgram,
  start: GuestOptions,
  trace: boolean,
): GuestEnd {
  const kept = new GuestOutput();
  const { result, calls, switches } = runGuest(platform, program, {
    ...start,
    output: (fd, bytes) => kept.hear(fd, bytes),
    ...(trace && { trace: (call) => kept.note(call.text) }),
  });
  const { omitted } = kept;
  printJson("stublab.guest/1", {
    encoder: platform.tracer.encoder.name,
    result,
    calls,
    switches,
    output: { stdout: kept.text(1), stderr: kept.text(2) },
    ...(trace && { trace: kept.lines }),
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
      return `killed by ${end.signal}${where} (rip ${hex(end.instruction)})`;
    }
  }
}

export const guestCommand: Command = { help, run };
