import { explain } from "../lib/errno.ts";
import { InputError, StublabError, SyscallError } from "../lib/errors.ts";
import { type Command, UsageError } from "./command.ts";
import { select } from "./program.ts";
import { print, reportError, talk } from "./report.ts";

declare const STUBLAB_VERSION: string;

/** The summary of each command, and its loader: only the command that runs is loaded. */
const COMMANDS: Record<string, { summary: string; load?: () => Promise<Command> }> = {
  bootstrap: {
    summary: "bootstrap a master and grandchildren, and check them against /proc",
  },
  inject: {
    summary: "execute one system call in a fresh stub",
  },
  compare: {
    summary: "compare encoders: where they differ, and which is right",
  },
  lesson: {
    summary: "record how a stub is born, driven and lost, and walk through it; set tasks about it",
  },
  fuzz: {
    summary: "throw register setups at the kernel, and compare the outcomes with a model",
  },
  predict: {
    summary: "predict what the kernel does with a register setup, rule by rule",
  },
  conformance: {
    summary: "check facts about ptrace and registers on this kernel, and print a score",
  },
  probe: {
    summary: "write a static program that checks and fuzzes kernels without Node.js",
  },
  seccomp: {
    summary: "print the seccomp filter that the stubs of a platform run under",
  },
  guest: {
    summary: "run a small static program in a stub, and emulate its system calls",
  },
  bench: {
    summary: "measure what each way to drive another process costs on this machine",
  },
  doctor: {
    summary: "check whether stublab works on this machine, and say how to fix what fails",
  },
};

const HELP = `stublab ${STUBLAB_VERSION}: a laboratory for ptrace stub processes

usage: stublab COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
  .join("\n")}

  stublab COMMAND --help   options and examples of a command
  stublab --version        the version

Exit status: 0 success, 1 something was found or failed, 2 wrong usage, 3 not possible on this machine.
`;

/** The codes of errors that are limits of this machine: exit status 3. */
const MACHINE_ERRORS = new Set([
  "ERR_STUBLAB_UNSUPPORTED",
  "ERR_STUBLAB_FORK",
  "ERR_STUBLAB_BIRTH",
  "ERR_STUBLAB_ATTACH",
]);

/** Errnos by which a machine, or a filter of this process, refuses a system call that a command needs. */
const REFUSALS = "EPERM EACCES ENOSYS EAGAIN ENOMEM EMFILE ENFILE ENOSPC".split(" ");

async function main(args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  if (name === "--version" || name === "-V") return say(`${STUBLAB_VERSION}\n`);
  if (name === "--help" || name === "-h" || name === "help") return say(HELP);
  if (name === "") {
    talk(HELP);
    return 2;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const { renamed } = await import("./renamed.ts");
    const now = renamed(name, rest);
    if (now === undefined) throw await unknownCommand(name);
    if (process.stderr.isTTY) talk(`stublab ${name} is now: stublab ${now.join(" ")}\n`);
    return main(now);
  }
  const command = await COMMANDS[name]?.load?.();
  if (command === undefined) return await select(args)();
  const words = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : rest.length);
  if (words.includes("--help") || words.includes("-h")) {
    return say((await command.helpOf?.(words)) ?? command.help);
  }
  return command.run(rest);
}

function say(text: string): number {
  print(text);
  return 0;
}

async function unknownCommand(name: string): Promise<UsageError> {
  const { nearest } = await import("../lib/nearest.ts");
  const near = nearest(name, Object.keys(COMMANDS));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new UsageError(`unknown command "${name}"${hint}`, {
    remedy: "`stublab --help` lists the commands",
  });
}

/** The error that was thrown first: if `using` then fails to close, it wraps both errors into one. */
function firstFailure(error: unknown): unknown {
  const wrapped =
    error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return wrapped ? firstFailure(error.suppressed) : error;
}

function exitStatus(error: unknown): number {
  if (error instanceof InputError) return 2;
  if (!(error instanceof StublabError)) return 1;
  // By its code: the error of a worker has lost its class.
  const isRefused = error.code === SyscallError.code && REFUSALS.includes(error.errno ?? "");
  return isRefused || MACHINE_ERRORS.has(error.code) ? 3 : 1;
}

/** Runs a command line without the program's name, reports its error, and returns the exit status. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (failure) {
    const error = explain(firstFailure(failure));
    reportError(error, args.includes("--json"));
    return exitStatus(error);
  }
}
