import { eachRequest, exists, requestFacts } from "../fact.ts";
import { REPORT_SYSCALL, REQUEST } from "../sources.ts";
import { answers, wordAt } from "./answer.ts";
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
  tracee.request("SETOPTIONS", 0, option | OPTIONS.EXITKILL);
  const stop = tracee.go({ rax: CLONE, rdi: flags, rsi: 0n }, "syscall");
  const seen = message(tracee);
  const child = Number(seen.message);
  const first = child > 0 ? tracee.wait(child) : "no child";
  tracee.endChild(child);
  return { ...seen, stop, first };
}

/** The last event of a tracee that a signal kills, SIGTERM only when it is resumed with it. */
function kill(tracee: Tracee, signal: number) {
  tracee.request("SETOPTIONS", 0, OPTIONS.TRACEEXIT);
  tracee.signal(signal);
  if (signal !== SIGKILL) tracee.next();
  const stop = signal === SIGKILL ? tracee.wait() : tracee.next("CONT", signal);
  return { ...message(tracee), stop };
}

function exit(tracee: Tracee, status: bigint) {
  tracee.request("SETOPTIONS", 0, OPTIONS.TRACEEXIT);
  return message(tracee.run({ rax: EXIT_GROUP, rdi: status }, "syscall"));
}

export const eventMessage = requestFacts("GETEVENTMSG", {
  "After a fork, vfork or clone event GETEVENTMSG has the child's pid, and the child is traced": [
    "ptrace_event_pid, include/linux/ptrace.h",
    ...eachRequest("%", CLONES, ([event, option, flags]) => [
      (_, bench) => clone(bench.tracee(), option, flags),
      answers(8, { stop: `PTRACE_EVENT_${event}, SIGTRAP`, first: "SIGSTOP" }),
    ]),
  ],
  "At PTRACE_EVENT_EXIT GETEVENTMSG has the status with which the process ends": [
    "do_exit, kernel/exit.c",
    ...eachRequest("signal %", [SIGKILL, SIGTERM], (signal) => [
      (_, bench) => kill(bench.tracee(), signal),
      { stop: "PTRACE_EVENT_EXIT, SIGTRAP", message: BigInt(signal), written: 8 },
    ]),
    ["exit_group(0x1ff)", (t) => exit(t, 0x1ffn), { message: 0xff00n }],
  ],
  "At a stop of a system call GETEVENTMSG is 1 on the way in and 2 on the way out": [
    REPORT_SYSCALL,
    exists((t) => t.read("GET_SYSCALL_INFO").result, "EIO", NO_SYSCALL_INFO),
    ...eachRequest("%", ["entry", "sysemu", "exit"], (where) => [
      (_, bench) => message(bench.tracee(where)),
      answers(8, { message: where === "exit" ? 2n : 1n }),
    ]),
  ],
  "GETEVENTMSG succeeds at any other stop, and is EFAULT to an address that is not mapped": [
    REQUEST,
    ...eachRequest("%", ["signal", "group"], (where) => [
      (_, bench) => message(bench.tracee(where)),
      answers(8),
    ]),
    ["not mapped", (t) => t.request("GETEVENTMSG", 0, NOWHERE), "EFAULT"],
  ],
});
