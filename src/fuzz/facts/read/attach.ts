import { eachRequest, pairs, requestFacts } from "../fact.ts";
import { NO_PID, OPTIONS } from "./numbers.ts";

const ATTACH = "ptrace_attach, kernel/ptrace.c";
const STOPPED = "ptrace_set_stopped, kernel/ptrace.c";
const CHECK = "check_ptrace_options, kernel/ptrace.c";
/** A bit of no option. */
const UNKNOWN = 1 << 30;
const TRAPPED = "PTRACE_EVENT_STOP, SIGTRAP";
const REQUESTS = ["ATTACH", "SEIZE"] as const;

/** Requests to tasks by their ids. */
const refused = (request: (typeof REQUESTS)[number], tids: Record<string, number>, errno: string) =>
  eachRequest(`${request}: %`, Object.entries(tids), ([, tid]) => [
    (t) => t.request(request, 0, 0, tid),
    errno,
  ]);

export const attaching = requestFacts("ATTACH, SEIZE, DETACH", {
  "ATTACH and SEIZE of a traced task, and of the tracer itself, are EPERM; without such a task ESRCH":
    [
      ATTACH,
      ({ tid }, bench) => {
        const zombie = bench.tracee().die().tid;
        const tasks = { "a traced task": tid, "the tracer": process.pid, "a zombie": zombie };
        return REQUESTS.flatMap((request) => [
          ...refused(request, tasks, "EPERM"),
          ...refused(request, { "no such task": NO_PID, "pid 0": 0, "pid -1": -1 }, "ESRCH"),
        ]);
      },
    ],
  "SEIZE with an address, or with an unknown option, is EIO": [
    ATTACH,
    ["address 1", (t) => t.detach().request("SEIZE", 1, 0), "EIO"],
    ["an option", (t) => t.request("SEIZE", 0, UNKNOWN), "EIO"],
    ["then as usual", (t) => t.request("SEIZE"), 0],
  ],
  "SETOPTIONS with an unknown option is EINVAL": [
    CHECK,
    ...eachRequest(
      "%, 0x%",
      pairs(["SETOPTIONS", "OLDSETOPTIONS"], [BigInt(UNKNOWN), 0n, BigInt(OPTIONS.EXITKILL)]),
      ([request, options]) => [
        (t) => t.request(request, 0, Number(options)),
        Number(options) === UNKNOWN ? "EINVAL" : 0,
      ],
    ),
  ],
  "ATTACH stops a running task by SIGSTOP": [
    STOPPED,
    [
      "",
      (t) => ({ result: t.release().request("ATTACH"), stop: t.wait() }),
      { result: 0, stop: "SIGSTOP" },
    ],
  ],
  "SEIZE does not stop a running task; INTERRUPT does, by PTRACE_EVENT_STOP and SIGTRAP": [
    STOPPED,
    ["SEIZE", (t) => ({ stop: t.seizeRunning().glance() }), { stop: "no stop" }],
    ["INTERRUPT", (t) => t.interrupt(), { result: 0, stop: TRAPPED }],
  ],
  "A stopped task traps at once: by ATTACH with its signal, by SEIZE with PTRACE_EVENT_STOP": [
    STOPPED,
    ...eachRequest("%", REQUESTS, (request) => [
      (_, bench) => {
        const tracee = bench.tracee().detach();
        return { result: tracee.request(request), stop: tracee.wait() };
      },
      { result: 0, stop: request === "ATTACH" ? "SIGSTOP" : "PTRACE_EVENT_STOP, SIGSTOP" },
    ]),
  ],
  "The options of SEIZE apply at once": [
    ATTACH,
    [
      "TRACESYSGOOD",
      (t) => ({ stop: t.seize(OPTIONS.TRACESYSGOOD).go({ rax: 39n }, "syscall", "SYSCALL") }),
      { stop: "system call" },
    ],
  ],
  "DETACH with a signal above 64 is EIO, and the task stays traced": [
    "ptrace_detach, kernel/ptrace.c",
    ["65", (t) => t.request("DETACH", 0, 65), "EIO"],
    ["then GETREGS", (t) => t.read("GETREGS"), { result: 0 }],
  ],
});
