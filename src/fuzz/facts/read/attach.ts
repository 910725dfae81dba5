import { requestFacts } from "../fact.ts";
import { OPTIONS } from "./numbers.ts";

const ATTACH = "ptrace_attach, kernel/ptrace.c";
const STOPPED = "ptrace_set_stopped, kernel/ptrace.c";
const CHECK = "check_ptrace_options, kernel/ptrace.c";
/** A bit of no option. */
const UNKNOWN = 1 << 30;
/** No process has it: PID_MAX_LIMIT is 2^22. */
const NO_PID = 2 ** 31 - 1;
const TRAPPED = "PTRACE_EVENT_STOP, SIGTRAP";

const REQUESTS = ["ATTACH", "SEIZE"] as const;

export const attaching = requestFacts("ATTACH, SEIZE, DETACH", (fact) => {
  fact(
    "ATTACH and SEIZE of a traced task, and of the tracer itself, are EPERM; without such a task ESRCH",
    ATTACH,
    (bench, tracee) => {
      const zombie = bench.tracee().die();
      for (const request of REQUESTS) {
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
  fact("SEIZE with an address, or with an unknown option, is EIO", ATTACH, (bench, tracee) => {
    tracee.detach();
    for (const [name, address, options] of [
      ["address 1", 1, 0],
      ["an option", 0, UNKNOWN],
    ] as const) {
      bench.check(name, { result: tracee.request("SEIZE", address, options) }, { result: "EIO" });
    }
    bench.check("then as usual", { result: tracee.request("SEIZE") }, { result: 0 });
  });
  fact("SETOPTIONS with an unknown option is EINVAL", CHECK, (bench, tracee) => {
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
  fact("The options of SEIZE apply at once", ATTACH, (bench) => {
    const tracee = bench.tracee().seize(OPTIONS.TRACESYSGOOD);
    const stop = tracee.go({ rax: 39n }, "syscall", "SYSCALL");
    bench.check("TRACESYSGOOD", { stop }, { stop: "system call" });
  });
  fact(
    "DETACH with a signal above 64 is EIO, and the task stays traced",
    "ptrace_detach, kernel/ptrace.c",
    (bench, tracee) => {
      bench.check("65", { result: tracee.request("DETACH", 0, 65) }, { result: "EIO" });
      bench.check("then GETREGS", tracee.read("GETREGS"), { result: 0 });
    },
  );
});
