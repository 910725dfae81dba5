import { requestFacts } from "../fact.ts";
import { REQUEST } from "../sources.ts";
import { differsAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { REQUESTS, type Request } from "./numbers.ts";

const CHECK = "ptrace_check_attach, kernel/ptrace.c";
/** Numbers that no request of x86-64 has. */
const UNKNOWN = [10, 11, 20, 22, 23, 27, 29, 34, 99, 0x41ff, 0x4fff, 2 ** 31 - 1, -1];
const NO_PID = 2 ** 31 - 1;
const SIGKILL = 9;

/** All requests that need a stopped tracee: the others attach, interrupt or kill. */
const ALL: readonly Request[] = [
  ...Object.keys(REQUESTS).filter(
    (name): name is keyof typeof REQUESTS =>
      name in REQUESTS && !["TRACEME", "ATTACH", "SEIZE", "INTERRUPT", "KILL"].includes(name),
  ),
  ...UNKNOWN,
];
const ALWAYS = ["INTERRUPT", "KILL"] as const;

/** Checks that requests to a task fail with ESRCH. */
function unreachable(bench: Bench, tid: number, requests: readonly Request[]): void {
  const tracee = bench.tracee();
  for (const request of requests) {
    const result = tracee.request(request, 0, 0, tid);
    bench.check(String(request), { result }, { result: "ESRCH" });
  }
}

export const requests = requestFacts("requests and tasks", (fact) => {
  fact(
    "A request with an unknown number is EIO, and the registers stay",
    REQUEST,
    (bench, tracee) => {
      const before = tracee.read("GETREGS");
      for (const number of UNKNOWN) {
        bench.check(String(number), { result: tracee.request(number) }, { result: "EIO" });
      }
      const differs = differsAt(before, tracee.read("GETREGS"), 216);
      bench.check("registers", { differs }, { differs: "nowhere" });
    },
  );
  fact(
    "GETFPXREGS and SETFPXREGS are of 32-bit tracers: EIO",
    "arch_ptrace, arch/x86/kernel/ptrace.c",
    (bench, tracee) => {
      for (const request of ["GETFPXREGS", "SETFPXREGS"] as const) {
        bench.check(request, tracee.read(request), { result: "EIO", written: 0 });
      }
    },
  );
  fact(
    "Requests to a running tracee are ESRCH, also those with an unknown number",
    CHECK,
    (bench) => {
      unreachable(bench, bench.tracee().spin().tid, ALL);
    },
  );
  fact("Requests to a zombie are ESRCH", CHECK, (bench) => {
    unreachable(bench, bench.tracee().die().tid, ALL);
  });
  fact(
    "Requests to a task that is not traced are ESRCH, also INTERRUPT and KILL",
    CHECK,
    (bench, tracee) => {
      tracee.detach();
      unreachable(bench, tracee.tid, [...ALL, ...ALWAYS]);
    },
  );
  fact("Requests to the tracer itself are ESRCH", CHECK, (bench) => {
    unreachable(bench, process.pid, [...ALL, ...ALWAYS]);
  });
  fact(
    "Requests to a pid without a task are ESRCH",
    "find_get_task_by_vpid, kernel/pid.c",
    (bench) => {
      unreachable(bench, NO_PID, [...ALL, ...ALWAYS]);
    },
  );
  fact("PTRACE_KILL of a running tracee and of a zombie succeeds", REQUEST, (bench) => {
    const running = bench.tracee().spin();
    bench.check("running", { result: running.request("KILL") }, { result: 0 });
    const zombie = bench.tracee().die();
    bench.check("a zombie", { result: zombie.request("KILL") }, { result: 0 });
  });
  fact("PTRACE_KILL kills a stopped tracee", REQUEST, (bench, tracee) => {
    tracee.request("SETOPTIONS", 0, 0);
    const result = tracee.request("KILL");
    bench.check("", { result, end: tracee.wait() }, { result: 0, end: "killed by SIGKILL" });
  });
  fact("TRACEME by a task that is traced is EPERM", "ptrace_traceme, kernel/ptrace.c", (bench) => {
    const { errno } = bench.tracee().stub.inject("ptrace", 0, 0, 0, 0);
    bench.check("", { errno }, { errno: "EPERM" });
  });
  fact(
    "After SIGKILL a stopped tracee stops at PTRACE_EVENT_EXIT, then ends",
    "ptrace_stop, kernel/signal.c",
    (bench) => {
      const tracee = bench.tracee("event");
      const seen = { end: tracee.next("CONT", SIGKILL) };
      bench.check("", seen, { end: "killed by SIGKILL" });
    },
  );
});
