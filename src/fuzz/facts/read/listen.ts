import { requestFacts } from "../fact.ts";
import { REQUEST } from "../sources.ts";
import { intAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { type Tracee, WHERES } from "./tracee.ts";

const JOBCTL = "do_jobctl_trap, kernel/signal.c";
const [SIGUSR1, SIGCONT, SIGSTOP] = [10, 18, 19];
const TRAPPED = "PTRACE_EVENT_STOP, SIGTRAP";

/** A seized tracee at a stop by INT3, which is not a PTRACE_EVENT_STOP. */
function seizedAtInt3(bench: Bench): Tracee {
  const tracee = bench.tracee().seizeRunning();
  tracee.request("INTERRUPT");
  tracee.wait();
  tracee.go({}, "int3");
  return tracee;
}

export const listening = requestFacts("INTERRUPT, LISTEN", (fact) => {
  fact(
    "INTERRUPT and LISTEN of a task that was attached are EIO, at any stop",
    REQUEST,
    (bench) => {
      for (const where of WHERES) {
        const tracee = bench.tracee(where);
        for (const request of ["INTERRUPT", "LISTEN"] as const) {
          bench.check(
            `${request}, ${where}`,
            { result: tracee.request(request) },
            { result: "EIO" },
          );
        }
      }
      const running = bench.tracee().spin();
      bench.check(
        "INTERRUPT, running",
        { result: running.request("INTERRUPT") },
        { result: "EIO" },
      );
    },
  );
  fact("LISTEN at a stop that is not a PTRACE_EVENT_STOP is EIO", REQUEST, (bench) => {
    const tracee = seizedAtInt3(bench);
    bench.check("INT3", { result: tracee.request("LISTEN") }, { result: "EIO" });
    const stop = tracee.go({ rax: 39n }, "syscall", "SYSCALL");
    bench.check(
      "entry",
      { stop, result: tracee.request("LISTEN") },
      { stop: "system call", result: "EIO" },
    );
  });
  fact("INTERRUPT at a stop traps the task again after it is resumed", REQUEST, (bench) => {
    const tracee = seizedAtInt3(bench);
    tracee.set({}, "spin");
    const result = tracee.request("INTERRUPT");
    bench.check("", { result, stop: tracee.next() }, { result: 0, stop: TRAPPED });
  });
  fact(
    "While a task listens, every other request is ESRCH, and it does not run",
    REQUEST,
    (bench) => {
      const tracee = bench.tracee().seize();
      bench.check("LISTEN", { result: tracee.request("LISTEN") }, { result: 0 });
      for (const request of [
        "GETREGS",
        "PEEKUSER",
        "CONT",
        "LISTEN",
        "GETSIGINFO",
        "SETOPTIONS",
      ] as const) {
        bench.check(request, { result: tracee.request(request) }, { result: "ESRCH" });
      }
      bench.check("stop", { stop: tracee.glance() }, { stop: "no stop" });
    },
  );
  fact(
    "INTERRUPT ends LISTEN: the task traps with the signal of its group-stop",
    JOBCTL,
    (bench) => {
      const tracee = bench.tracee().seize();
      tracee.request("LISTEN");
      const result = tracee.request("INTERRUPT");
      const stop = "PTRACE_EVENT_STOP, SIGSTOP";
      bench.check("", { result, stop: tracee.wait() }, { result: 0, stop });
    },
  );
  fact(
    "SIGCONT ends LISTEN: the task traps with SIGTRAP, then stops by SIGCONT",
    JOBCTL,
    (bench) => {
      const tracee = bench.tracee().seize();
      tracee.request("LISTEN");
      process.kill(tracee.tid, SIGCONT);
      bench.check("trap", { stop: tracee.wait() }, { stop: TRAPPED });
      bench.check("then", { stop: tracee.next() }, { stop: "SIGCONT" });
    },
  );
  fact(
    "A seized task stops for a group-stop by PTRACE_EVENT_STOP, and its signal first",
    JOBCTL,
    (bench) => {
      const tracee = seizedAtInt3(bench);
      tracee.signal(SIGSTOP);
      bench.check("signal", { stop: tracee.next() }, { stop: "SIGSTOP" });
      const stop = tracee.next("CONT", SIGSTOP);
      const code = intAt(tracee.read("GETSIGINFO"), 8);
      const expected = { stop: "PTRACE_EVENT_STOP, SIGSTOP", code: (128 << 8) | SIGSTOP };
      bench.check("group-stop", { stop, code }, expected);
    },
  );
  fact(
    "A signal stops a seized task as it does an attached one",
    "ptrace_signal, kernel/signal.c",
    (bench) => {
      const tracee = seizedAtInt3(bench);
      tracee.signal(SIGUSR1);
      bench.check("", { stop: tracee.next() }, { stop: "SIGUSR1" });
    },
  );
});
