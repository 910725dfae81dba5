import { requestFacts } from "../fact.ts";
import { REQUEST } from "../sources.ts";
import { wordAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE, OPTIONS } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const [SIGCHLD, SIGKILL, SIGTERM] = [17n, 9, 15];
const [CLONE, EXIT_GROUP] = [56n, 231n];
const [CLONE_VM, CLONE_VFORK] = [0x100n, 0x4000n];

const message = (tracee: Tracee) => {
  const answer = tracee.read("GETEVENTMSG");
  return { ...answer, message: wordAt(answer, 0) };
};

/** A tracee that clones; its child is traced and stopped, and ends with the check. */
function clones(bench: Bench, event: string, option: number, flags: bigint): void {
  const tracee = bench.tracee();
  tracee.request("SETOPTIONS", 0, option | OPTIONS.EXITKILL);
  const stop = tracee.go({ rax: CLONE, rdi: flags, rsi: 0n }, "syscall");
  const seen = message(tracee);
  const child = Number(seen.message);
  const first = child > 0 ? tracee.wait(child) : "no child";
  const expected = {
    result: 0,
    written: 8,
    stop: `PTRACE_EVENT_${event}, SIGTRAP`,
    first: "SIGSTOP",
  };
  bench.check(event, { ...seen, stop, first }, expected);
  tracee.endChild(child);
}

export const eventMessage = requestFacts("GETEVENTMSG", (fact) => {
  fact(
    "After a fork, vfork or clone event GETEVENTMSG has the child's pid, and the child is traced",
    "ptrace_event_pid, include/linux/ptrace.h",
    (bench) => {
      clones(bench, "FORK", OPTIONS.TRACEFORK, SIGCHLD);
      clones(bench, "VFORK", OPTIONS.TRACEVFORK, SIGCHLD | CLONE_VFORK | CLONE_VM);
      clones(bench, "CLONE", OPTIONS.TRACECLONE, 0n);
    },
  );
  fact(
    "At PTRACE_EVENT_EXIT GETEVENTMSG has the status with which the process ends",
    "do_exit, kernel/exit.c",
    (bench) => {
      for (const signal of [SIGKILL, SIGTERM]) {
        const tracee = bench.tracee();
        tracee.request("SETOPTIONS", 0, OPTIONS.TRACEEXIT);
        tracee.signal(signal);
        if (signal !== SIGKILL) {
          tracee.next();
          tracee.request("CONT", 0, signal);
        }
        const stop = tracee.wait();
        const expected = {
          stop: "PTRACE_EVENT_EXIT, SIGTRAP",
          message: BigInt(signal),
          written: 8,
        };
        bench.check(`signal ${signal}`, { ...message(tracee), stop }, expected);
      }
      const tracee = bench.tracee();
      tracee.request("SETOPTIONS", 0, OPTIONS.TRACEEXIT);
      tracee.go({ rax: EXIT_GROUP, rdi: 0x1ffn }, "syscall");
      bench.check("exit_group(0x1ff)", message(tracee), { message: 0xff00n });
    },
  );
  fact(
    "At a stop of a system call GETEVENTMSG is 1 on the way in and 2 on the way out",
    "ptrace_report_syscall, include/linux/ptrace.h",
    (bench) => {
      if (bench.tracee().read("GET_SYSCALL_INFO", 0).result === "EIO") {
        return bench.skip("", "the kernel does not have PTRACE_GET_SYSCALL_INFO (Linux 5.3)");
      }
      for (const [where, expected] of [
        ["entry", 1n],
        ["sysemu", 1n],
        ["exit", 2n],
      ] as const) {
        const seen = message(bench.tracee(where));
        bench.check(where, seen, { result: 0, written: 8, message: expected });
      }
    },
  );
  fact(
    "GETEVENTMSG succeeds at any other stop, and is EFAULT to an address that is not mapped",
    REQUEST,
    (bench) => {
      for (const where of ["signal", "group"] as const) {
        bench.check(where, message(bench.tracee(where)), { result: 0, written: 8 });
      }
      const result = bench.tracee().request("GETEVENTMSG", 0, NOWHERE);
      bench.check("not mapped", { result }, { result: "EFAULT" });
    },
  );
});
