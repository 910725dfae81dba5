import { command } from "./command.ts";
import { count, encoder, json } from "./options.ts";

/** A sanity bound; the kernel's limits are usually lower. */
const MOST_GRANDCHILDREN = 10_000;

export const bootstrap = command("bootstrap", {
  summary: "bootstrap a master and grandchildren, and check them against /proc",
  description: `Forks a master from this process, unmaps everything but its stub code, clones grandchildren from it by injection, 
    and checks what /proc shows of them.`,
  examples: [
    "stublab bootstrap",
    "stublab bootstrap --grandchildren 10 --encoder native --exit-signal SIGCHLD",
    "stublab bootstrap --hold &  then: pstree -p %1, kill -9 PID",
  ],
})
  .addOption(
    count("--grandchildren <N>", "how many the master clones", MOST_GRANDCHILDREN).default(3),
  )
  .addOption(encoder())
  .option(
    "--exit-signal <S>",
    "signal that a parent gets when its child ends; with SIGKILL, one death ends the whole family and this process",
    "SIGKILL",
  )
  .option("--hold", "keep all stubs alive until Ctrl-C, and watch for deaths")
  .addOption(json("stublab.bootstrap/1"));

export const seccomp = command("seccomp", {
  summary: "print the seccomp filter that the stubs of a platform run under",
  description: `Prints the disassembled filter, which each encoder writes. It allows the system calls of the stub code and those 
    that are injected, traps calls into the vsyscall page, and kills the process for all others.`,
  examples: ["stublab seccomp", "stublab seccomp --encoder native --exit-signal SIGKILL"],
})
  .addOption(encoder())
  .option("--exit-signal <S>", "exit signal with which stubs may be cloned", "SIGCHLD")
  .addOption(json("stublab.seccomp/1"));

export const doctor = command("doctor", {
  summary: "check whether stublab works on this machine, and say how to fix what fails",
  description: `Checks what stublab needs: to load its libraries, fork a stub, attach to it, inject system calls, clone many 
    stubs, and install a seccomp filter. Then it checks what single commands need beyond that. For each failure it 
    suggests a remedy.`,
  status:
    "0 if bootstrap and inject work, even if a warning names other commands that do not; else 3.",
  examples: ["stublab doctor"],
}).addOption(json("stublab.doctor/1"));
