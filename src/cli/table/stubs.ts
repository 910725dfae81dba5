import { Argument } from "@commander-js/extra-typings";
import { ACTS, ENDS, PRECAUTIONS } from "../../labs/check/birth.ts";
import { InputError } from "../../lib/errors.ts";
import { command, textsOf } from "./command.ts";
import { choice, count, encoder, json, offering, oneOf, repeated } from "./options.ts";

const STEPS = PRECAUTIONS.map(({ name }) => name);
const OUTSIDE = ACTS.map(({ name }) => name);

export const bootstrap = command("bootstrap")
  .addOption(count("--grandchildren <N>", "how many the master clones", 10_000).default(3))
  .addOption(encoder())
  .option("--exit-signal <S>", "signal that a parent gets when its child ends", "SIGKILL")
  .option("--hold", "keep all stubs alive until Ctrl-C, and watch for deaths")
  .addOption(json("stublab.bootstrap/1"));

export const inject = command("inject", { ...textsOf("inject"), passesWords: true })
  .argument("<call>", "the name of a system call, or its number")
  .argument(
    "[argument...]",
    `at most six: numbers (42, -1, 0x2a, 052, 0b101), flags (SIGUSR1, 'PROT_READ|PROT_WRITE'), @FILE for its content, or
    strings with C's escapes (str:TEXT always is one); of content and strings, the address is passed`,
  )
  .addOption(encoder())
  .addOption(json("stublab.inject/1"));

/** Parses A=B. @throws InputError */
const pair = (option: string, form: string) => (text: string) => {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value] as const;
  throw new InputError(`${option}: expected ${form}, got "${text}"`);
};

/** A day, in milliseconds. */
const DAY = 86_400_000;
/** The most bytes and calls. */
const MOST = Number.MAX_SAFE_INTEGER;
const VARIABLE = pair("--env", "NAME=VALUE");
const FILE = pair("--file", "PATH=FILE");

export const guest = command("guest", { ...textsOf("guest"), passesWords: true })
  .argument("<file>", "a file: static ELF, assembler source (.s, .S), or bare code (.bin)")
  .argument("[argument...]", "arguments of the program; after --, also words with two dashes")
  .addOption(repeated("--env <NAME=VALUE>", "a variable of its environment", VARIABLE))
  .option("--stdin <FILE>", "its standard input; - is that of this command (default empty)")
  .addOption(repeated("--file <PATH=FILE>", "a file that it can read at an absolute PATH", FILE))
  .option("--trace", "print each system call on stderr, in the format of strace")
  .addOption(count("--deadline <MS>", "end the program after this time", DAY, 1).default(5000))
  .addOption(count("--time <MS>", "end it after this processor time", DAY, 1))
  .addOption(count("--calls <N>", "end it at the system call after this many", MOST))
  .addOption(count("--memory <BYTES>", "limit of its address space (default 1 GiB)", MOST))
  .addOption(encoder())
  .addOption(json("stublab.guest/1"));

export const seccomp = command("seccomp")
  .addOption(encoder())
  .option("--exit-signal <S>", "exit signal with which stubs may be cloned", "SIGCHLD")
  .addOption(json("stublab.seccomp/1"));

export const explain = command("explain")
  .argument("<pid>", "a pid or tid; or a status word: in hexadecimal, or if no process has the pid")
  .option("--status", "the word is a status word, even if a process has that pid")
  .addOption(json("stublab.explain/1"));

export const checkBirth = command("check", textsOf("births"))
  .addOption(repeated("--omit <STEP>", `a step that is left out: ${STEPS.join(", ")}`, String))
  .addOption(
    repeated(
      "--outside <ACT>",
      `what the outside may do (default all): ${OUTSIDE.join(", ")}`,
      String,
    ),
  )
  .addOption(count("--acts <K>", "how often the outside may act", 3).default(1))
  .addOption(choice("--until <END>", "what the host ends with", "end", ENDS).default("close"))
  .option("--flags <F>", "flags of the clones: CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED", "0")
  .option("--exit-signal <S>", "signal that a parent gets when its stub ends", "SIGKILL")
  .option("--wait <O>", "options of the wait4 for a self-stop", "__WALL|WUNTRACED")
  .option("--try", "perform each schedule with real processes")
  .option("--table", "each choice, and what breaks with it: a line each, as Markdown")
  .addOption(encoder())
  .addOption(json("stublab.check/1"));

export const doctor = command("doctor").addOption(json("stublab.doctor/1"));

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completion = command("completion")
  .addArgument(
    offering(SHELLS, new Argument("<shell>", "a shell").argParser(oneOf("shell", SHELLS))),
  )
  .argument("[word...]", "after --, the words before the cursor: prints those that may follow");

export const bench = command("bench")
  .argument("[name...]", "mechanisms or groups, as --list has them (default: all)")
  .option("--list", "list the mechanisms, with the system calls that each makes")
  // Of 10 ms each: all mechanisms take about a minute.
  .addOption(count("--rounds <N>", "batches of each mechanism", 100_000, 1).default(60))
  .option("--html <FILE>", "write a web page")
  .addOption(json("stublab.bench/1"));
