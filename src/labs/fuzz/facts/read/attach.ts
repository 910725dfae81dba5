import { FOREIGN, READS } from "./arch.ts";
import { each, type Row, requestFacts } from "./bench.ts";
import { NO_PID, OPTIONS, TRAPPED } from "./numbers.ts";
import {
  detach,
  die,
  enter,
  GLANCE,
  registers,
  release,
  request,
  seize,
  seizeRunning,
  stopBy,
  TID,
  TRACEE,
  TRACER,
  type Word,
} from "./verbs.ts";

const ATTACH = "ptrace_attach, kernel/ptrace.c";
const STOPPED = "ptrace_set_stopped, kernel/ptrace.c";
const CHECK = "check_ptrace_options, kernel/ptrace.c";
/** A bit of no option. */
const UNKNOWN = 1 << 30;
const EXITKILL = BigInt(OPTIONS.EXITKILL);
const STOP = "PTRACE_EVENT_STOP, SIGSTOP";
const REQUESTS = ["ATTACH", "SEIZE"] as const;
const SETTERS = ["SETOPTIONS", "OLDSETOPTIONS"] as const;

/** Requests to tasks by their ids. */
const refused = (it: (typeof REQUESTS)[number], tids: Record<string, Word>, errno: string) =>
  each(`${it}: %`, Object.entries(tids), ([, tid]) => [request(it, 0, 0, tid), errno]);

/** Both requests for options, with one that is unknown, and with others. */
const setOptions = (it: (typeof SETTERS)[number]) => [
  ...each(`${it}, 0x%`, [BigInt(UNKNOWN)], () => [request(it, 0, UNKNOWN), "EINVAL"]),
  ...each(`${it}, 0x%`, [0n, EXITKILL], (options) => [request(it, 0, Number(options)), 0]),
];

export const attaching = requestFacts("ATTACH, SEIZE, DETACH", {
  "ATTACH and SEIZE of a traced task, and of the tracer itself, are EPERM; without such a task ESRCH":
    [
      ATTACH,
      ...REQUESTS.flatMap((it): Row[] => [
        ...refused(it, { "a traced task": TID, "the tracer": TRACER }, "EPERM"),
        [`${it}: a zombie`, [TRACEE, die, request(it)], "EPERM"],
        ...refused(it, { "no such task": NO_PID, "pid 0": 0, "pid -1": -1 }, "ESRCH"),
      ]),
    ],
  "SEIZE with an address, or with an unknown option, is EIO": [
    ATTACH,
    ["address 1", [detach, request("SEIZE", 1)], "EIO"],
    ["an option", request("SEIZE", 0, UNKNOWN), "EIO"],
    ["then as usual", request("SEIZE"), 0],
  ],
  "SETOPTIONS with an unknown option is EINVAL": [
    CHECK,
    ...SETTERS.filter((it) => !FOREIGN.includes(it)).flatMap(setOptions),
  ],
  "ATTACH stops a running task by SIGSTOP": [
    STOPPED,
    release,
    ["", stopBy("ATTACH"), { result: 0, stop: "SIGSTOP" }],
  ],
  "SEIZE does not stop a running task; INTERRUPT does, by PTRACE_EVENT_STOP and SIGTRAP": [
    STOPPED,
    ["SEIZE", [seizeRunning, GLANCE], { stop: "no stop" }],
    ["INTERRUPT", stopBy("INTERRUPT"), { result: 0, stop: TRAPPED }],
  ],
  "A stopped task traps at once: by ATTACH with its signal, by SEIZE with PTRACE_EVENT_STOP": [
    STOPPED,
    detach,
    ["ATTACH", stopBy("ATTACH"), { result: 0, stop: "SIGSTOP" }],
    ["SEIZE", [TRACEE, detach, stopBy("SEIZE")], { result: 0, stop: STOP }],
  ],
  "The options of SEIZE apply at once": [
    ATTACH,
    seize(OPTIONS.TRACESYSGOOD),
    ["TRACESYSGOOD", enter, { stop: "system call" }],
  ],
  "DETACH with a signal above 64 is EIO, and the task stays traced": [
    "ptrace_detach, kernel/ptrace.c",
    ["65", request("DETACH", 0, 65), "EIO"],
    [`then ${READS}`, registers, { result: 0 }],
  ],
});
