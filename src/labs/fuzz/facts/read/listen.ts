import { JOBCTL, PTRACE_SIGNAL, REQUEST } from "../sources.ts";
import { BREAKPOINT, READERS } from "./arch.ts";
import { each, type Row, requestFacts } from "./bench.ts";
import { TRAPPED } from "./numbers.ts";
import { int, KEPT_RESULT } from "./places.ts";
import {
  at,
  enter,
  GLANCE,
  go,
  KEEP,
  kill,
  next,
  read,
  request,
  type Script,
  seize,
  seizeRunning,
  set,
  signal,
  spin,
  stopBy,
  TRACEE,
  WAIT,
  WHERES,
} from "./verbs.ts";

const [SIGUSR1, SIGCONT, SIGSTOP] = [10, 18, 19];
const STOPPED = "PTRACE_EVENT_STOP, SIGSTOP";
const CALL = "system call";
const OTHERS = [...READERS, "CONT", "LISTEN", "GETSIGINFO", "SETOPTIONS"] as const;

/** Leads a tracee to a stop by a breakpoint, seized, which is not a PTRACE_EVENT_STOP. */
const toSeized: Script = [seizeRunning, stopBy("INTERRUPT"), go({}, BREAKPOINT.code)];
const listen: Script = [seize(), request("LISTEN")];

export const listening = requestFacts(
  "INTERRUPT, LISTEN",
  {
    "INTERRUPT and LISTEN of a task that was attached are EIO, at any stop": [
      REQUEST,
      ...WHERES.flatMap((where): (Row | Script)[] => [
        at(where),
        ...each(`%, ${where}`, ["INTERRUPT", "LISTEN"], (it) => [request(it), "EIO"]),
      ]),
      ["INTERRUPT, running", [TRACEE, spin, request("INTERRUPT")], "EIO"],
    ],
    "LISTEN at a stop that is not a PTRACE_EVENT_STOP is EIO": [
      REQUEST,
      toSeized,
      [BREAKPOINT.name, request("LISTEN"), { result: "EIO" }],
      ["entry", [enter, request("LISTEN")], { stop: CALL, result: "EIO" }],
    ],
    "INTERRUPT at a stop traps the task again after it is resumed": [
      REQUEST,
      toSeized,
      set({}, "spin"),
      ["", [request("INTERRUPT"), KEEP, next()], { interrupted: 0, stop: TRAPPED }],
    ],
    "While a task listens, every other request is ESRCH, and it does not run": [
      REQUEST,
      ["LISTEN", listen, 0],
      ...each("%", OTHERS, (it) => [request(it), "ESRCH"]),
      ["stop", GLANCE, { stop: "no stop" }],
    ],
    "INTERRUPT ends LISTEN: the task traps with the signal of its group-stop": [
      JOBCTL,
      listen,
      ["", stopBy("INTERRUPT"), { result: 0, stop: STOPPED }],
    ],
    "SIGCONT ends LISTEN: the task traps with SIGTRAP, then stops by SIGCONT": [
      JOBCTL,
      listen,
      ["trap", [kill(SIGCONT), WAIT], { stop: TRAPPED }],
      ["then", next(), { stop: "SIGCONT" }],
    ],
    "A seized task stops for a group-stop by PTRACE_EVENT_STOP, and its signal first": [
      JOBCTL,
      toSeized,
      ["signal", [signal(SIGSTOP), next()], { stop: "SIGSTOP" }],
      [
        "group-stop",
        [next("CONT", SIGSTOP), read("GETSIGINFO")],
        { stop: STOPPED, code: (128 << 8) | SIGSTOP },
      ],
    ],
    "A signal stops a seized task as it does an attached one": [
      PTRACE_SIGNAL,
      toSeized,
      ["", [signal(SIGUSR1), next()], { stop: "SIGUSR1" }],
    ],
  },
  { code: int(8), interrupted: KEPT_RESULT },
);
