import { requestFacts } from "../fact.ts";
import { REQUEST } from "../sources.ts";
import { intAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { OPTIONS } from "./numbers.ts";
import { type Tracee, WHERES } from "./tracee.ts";

const ATTACH = "ptrace_attach, kernel/ptrace.c";
const STOPPED = "ptrace_set_stopped, kernel/ptrace.c";
const CHECK = "check_ptrace_options, kernel/ptrace.c";
const JOBCTL = "do_jobctl_trap, kernel/signal.c";
/** A bit of no option. */
const UNKNOWN = 1 << 30;
/** No process has it: PID_MAX_LIMIT is 2^22. */
const NO_PID = 2 ** 31 - 1;
const [SIGUSR1, SIGCONT, SIGSTOP] = [10, 18, 19];
const TRAPPED = "PTRACE_EVENT_STOP, SIGTRAP";

const attaching = ["ATTACH", "SEIZE"] as const;

/** A seized tracee at a stop by INT3, which is no PTRACE_EVENT_STOP. */
function seizedAtInt3(bench: Bench): Tracee {
  const tracee = bench.tracee().seizeRunning();
  tracee.request("INTERRUPT");
  tracee.wait();
  tracee.go({}, "int3");
  return tracee;
}

export const seizing = requestFacts("ATTACH, SEIZE, INTERRUPT, LISTEN", (fact) => {
  fact(
    "ATTACH and SEIZE of a traced task, and of the tracer itself, are EPERM; of no task ESRCH",
    ATTACH,
    (bench) => {
      const tracee = bench.tracee();
      const zombie = bench.tracee().die();
      for (const request of attaching) {
        for (const [name, tid, result] of [
          ["a traced task", tracee.tid, "EPERM"],
          ["the tracer", process.pid, "EPERM"],
          ["a zombie", zombie.tid, "EPERM"],
          ["no such task", NO_PID, "ESRCH"],
          ["pid 0", 0, "ESRCH"],
          ["pid -1", -1, "ESRCH"],
        ] as const) {
          bench.check(
            `${request}: ${name}`,
            { result: tracee.request(request, 0, 0, tid) },
            { result },
          );
        }
      }
    },
  );
  fact("SEIZE with an address, or with an unknown option, is EIO", ATTACH, (bench) => {
    const tracee = bench.tracee();
    tracee.detach();
    for (const [name, address, options] of [
      ["address 1", 1, 0],
      ["an option", 0, UNKNOWN],
    ] as const) {
      bench.check(name, { result: tracee.request("SEIZE", address, options) }, { result: "EIO" });
    }
    bench.check("then as usual", { result: tracee.request("SEIZE") }, { result: 0 });
  });
  fact("SETOPTIONS with an unknown option is EINVAL", CHECK, (bench) => {
    const tracee = bench.tracee();
    for (const request of ["SETOPTIONS", "OLDSETOPTIONS"] as const) {
      for (const [options, result] of [
        [UNKNOWN, "EINVAL"],
        [0, 0],
        [OPTIONS.EXITKILL, 0],
      ] as const) {
        const seen = { result: tracee.request(request, 0, options) };
        bench.check(`${request}, 0x${options.toString(16)}`, seen, { result });
      }
    }
  });
  fact("ATTACH stops a running task by SIGSTOP", STOPPED, (bench) => {
    const tracee = bench.tracee().release();
    const result = tracee.request("ATTACH");
    bench.check("", { result, stop: tracee.wait() }, { result: 0, stop: "SIGSTOP" });
  });
  fact(
    "SEIZE does not stop a running task; INTERRUPT does, by PTRACE_EVENT_STOP and SIGTRAP",
    STOPPED,
    (bench) => {
      const tracee = bench.tracee().seizeRunning();
      bench.check("SEIZE", { stop: tracee.glance() }, { stop: "no stop" });
      const result = tracee.request("INTERRUPT");
      bench.check("INTERRUPT", { result, stop: tracee.wait() }, { result: 0, stop: TRAPPED });
    },
  );
  fact(
    "A stopped task traps at once: by ATTACH with its signal, by SEIZE with PTRACE_EVENT_STOP",
    STOPPED,
    (bench) => {
      for (const [request, stop] of [
        ["ATTACH", "SIGSTOP"],
        ["SEIZE", "PTRACE_EVENT_STOP, SIGSTOP"],
      ] as const) {
        const tracee = bench.tracee();
        tracee.detach();
        const result = tracee.request(request);
        bench.check(request, { result, stop: tracee.wait() }, { result: 0, stop });
      }
    },
  );
  fact("The options of SEIZE count at once", ATTACH, (bench) => {
    const tracee = bench.tracee().seize(OPTIONS.TRACESYSGOOD);
    const stop = tracee.go({ rax: 39n }, "syscall", "SYSCALL");
    bench.check("TRACESYSGOOD", { stop }, { stop: "system call" });
  });
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
  fact("LISTEN at a stop that is no PTRACE_EVENT_STOP is EIO", REQUEST, (bench) => {
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
  fact(
    "DETACH with a signal above 64 is EIO, and the task stays traced",
    "ptrace_detach, kernel/ptrace.c",
    (bench) => {
      const tracee = bench.tracee();
      bench.check("65", { result: tracee.request("DETACH", 0, 65) }, { result: "EIO" });
      bench.check("then GETREGS", tracee.read("GETREGS"), { result: 0 });
    },
  );
});
