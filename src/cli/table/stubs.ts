import { Argument } from "@commander-js/extra-typings";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { count, encoder, json, offering, oneOf, repeated } from "./options.ts";

export const bootstrap = command("bootstrap", {
  summary: "bootstrap a master and grandchildren, and check them",
  description: `Forks a master from this process, unmaps everything but its stub code, clones grandchildren from it by
    injection, and checks what /proc shows of them. With exit signal SIGKILL, one death ends all of them and this process.`,
  examples: [
    "stublab bootstrap --grandchildren 10 --encoder native --exit-signal SIGCHLD",
    "stublab bootstrap --hold &  then: pstree -p %1, kill -9 PID",
  ],
})
  .addOption(count("--grandchildren <N>", "how many the master clones", 10_000).default(3))
  .addOption(encoder())
  .option("--exit-signal <S>", "signal that a parent gets when its child ends", "SIGKILL")
  .option("--hold", "keep all stubs alive until Ctrl-C, and watch for deaths")
  .addOption(json("stublab.bootstrap/1"));

export const inject = command("inject", {
  summary: "execute one system call in a fresh stub",
  description: `Shows the registers before and after the call. It is real: it can write to files and signal processes.
    The stub has its own copy of this process's file descriptors, so inject close 1 does no harm.`,
  status: "0 also if the call fails with an errno, which is a valid result",
  examples: [
    "stublab inject write 1 'hello\\n' 6",
    "stublab inject mmap 0 4096 'PROT_READ|PROT_WRITE' 'MAP_PRIVATE|MAP_ANONYMOUS' -1 0",
    "stublab inject openat AT_FDCWD /etc/hostname O_RDONLY --json",
  ],
  passesWords: true,
})
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

export const guest = command("guest", {
  summary: "run a small static program in a stub",
  description: `Runs a program in the empty address space of a stub. This process emulates the few system calls that
    docs/platform.md lists; all others fail with ENOSYS. The program has one thread, and only the files that are given.`,
  status: "0 if the program exits with status 0; else 1, and stderr reports how the program ended",
  examples: [
    "stublab guest examples/guests/fault.S --trace",
    "musl-gcc -static -o hello examples/guests/hello.c && stublab guest hello to you",
    "stublab guest /bin/busybox wc /in --file /in=README.md --deadline 100 --json",
  ],
  passesWords: true,
})
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

export const seccomp = command("seccomp", {
  summary: "print the seccomp filter that stubs run under",
  description: `Each encoder writes its own. The filter allows the system calls of the stub code and those that are
    injected, traps calls into the vsyscall page, and kills the process for all others.`,
})
  .addOption(encoder())
  .option("--exit-signal <S>", "exit signal with which stubs may be cloned", "SIGCHLD")
  .addOption(json("stublab.seccomp/1"));

export const explain = command("explain", {
  summary: "explain a process: its stop, its tracer, why you may not attach",
  description: `Says of a process or thread which process is its parent and its tracer, in which stop it is and why, what
    it does when it is resumed, and whether you may attach to it: if not, the first reason that refuses. It reads /proc
    alone: the process gets no signal and no request of ptrace. Or says what a status word of wait4 means.`,
  status: "0; 1 if there is no such process, 2 for a word that is neither",
  examples: ["stublab explain $$", "stublab explain 0x857f", "stublab explain --status 1407"],
})
  .argument("<pid>", "a pid or tid; or a status word: in hexadecimal, or if no process has the pid")
  .option("--status", "the word is a status word, even if a process has that pid")
  .addOption(json("stublab.explain/1"));

export const doctor = command("doctor", {
  summary: "check whether stublab works on this machine",
  description: "Checks what all commands need, and then what single commands need beyond that.",
  status:
    "0 if bootstrap and inject work, even if a warning names other commands that do not; else 3",
}).addOption(json("stublab.doctor/1"));

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completion = command("completion", {
  summary: "print a script with which a shell completes commands",
  description: `It completes commands, options, and the values of those that take one of a list. At each Tab it runs this
    command, with the words before the cursor.`,
  examples: ["source <(stublab completion bash)", "stublab completion fish | source"],
})
  .addArgument(
    offering(SHELLS, new Argument("<shell>", "a shell").argParser(oneOf("shell", SHELLS))),
  )
  .argument("[word...]", "after --, the words before the cursor: prints those that may follow");
