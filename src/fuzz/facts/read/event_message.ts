import { REPORT_SYSCALL, REQUEST } from "../sources.ts";
import { answers, wordAt } from "./answer.ts";
import { at, each, exists, read, request, requestFacts } from "./bench.ts";
import { NOWHERE, OPTIONS } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const [SIGCHLD, SIGKILL, SIGTERM] = [17n, 9, 15];
const [CLONE, EXIT_GROUP] = [56n, 231n];
const [CLONE_VM, CLONE_VFORK] = [0x100n, 0x4000n];
const CLONES = [
  ["FORK", OPTIONS.TRACEFORK, SIGCHLD],
  ["VFORK", OPTIONS.TRACEVFORK, SIGCHLD | CLONE_VFORK | CLONE_VM],
  ["CLONE", OPTIONS.TRACECLONE, 0n],
] as const;
const NO_SYSCALL_INFO = "the kernel does not have PTRACE_GET_SYSCALL_INFO (Linux 5.3)";

const message = (tracee: Tracee) => {
  const answer = tracee.read("GETEVENTMSG");
  return { ...answer, message: wordAt(answer, 0) };
};

/** The event of a tracee that clones. Its child is traced and stopped, and ends with the check. */
function clone(tracee: Tracee, option: number, flags: bigint) {
  tracee.options(option | OPTIONS.EXITKILL);
  const stop = tracee.go({ rax: CLONE, rdi: flags, rsi: 0n }, "syscall");
  const seen = message(tracee);
  const child = Number(seen.message);
  const first = child > 0 ? tracee.wait(child) : "no child";
  tracee.endChild(child);
  return { ...seen, stop, first };
}

/** The last event of a tracee that a signal kills, SIGTERM only when it is resumed with it. */
function kill(tracee: Tracee, signal: number) {
  tracee.options(OPTIONS.TRACEEXIT).signal(signal);
  const stop = signal === SIGKILL ? tracee.wait() : tracee.resume().next("CONT", signal);
  return { ...message(tracee), stop };
}

const exit = (tracee: Tracee, rdi: bigint) =>
  message(tracee.options(OPTIONS.TRACEEXIT).run({ rax: EXIT_GROUP, rdi }, "syscall"));

export const eventMessage = requestFacts("GETEVENTMSG", {
  "After a fork, vfork or clone event GETEVENTMSG has the child's pid, and the child is traced": [
    "ptrace_event_pid, include/linux/ptrace.h",
    ...each("%", CLONES, ([event, option, flags]) => [
      at("signal", (t) => clone(t, option, flags)),
      answers(8, { stop: `PTRACE_EVENT_${event}, SIGTRAP`, first: "SIGSTOP" }),
    ]),
  ],
  "At PTRACE_EVENT_EXIT GETEVENTMSG has the status with which the process ends": [
    "do_exit, kernel/exit.c",
    ...each("signal %", [SIGKILL, SIGTERM], (signal) => [
      at("signal", (t) => kill(t, signal)),
      { stop: "PTRACE_EVENT_EXIT, SIGTRAP", message: BigInt(signal), written: 8 },
    ]),
    ["exit_group(0x1ff)", (t) => exit(t, 0x1ffn), { message: 0xff00n }],
  ],
  "At a stop of a system call GETEVENTMSG is 1 on the way in and 2 on the way out": [
    REPORT_SYSCALL,
    exists(read("GET_SYSCALL_INFO"), "EIO", NO_SYSCALL_INFO),
    ...each("%", ["entry", "sysemu"], (where) => [at(where, message), answers(8, { message: 1n })]),
    ["exit", at("exit", message), answers(8, { message: 2n })],
  ],
  "GETEVENTMSG succeeds at any other stop, and is EFAULT to an address that is not mapped": [
    REQUEST,
    ...each("%", ["signal", "group"], (where) => [at(where, message), answers(8)]),
    ["not mapped", request("GETEVENTMSG", 0, NOWHERE), "EFAULT"],
  ],
});
