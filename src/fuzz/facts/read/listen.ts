import { JOBCTL, PTRACE_SIGNAL, REQUEST } from "../sources.ts";
import { intAt } from "./answer.ts";
import { atEach, each, request, requestFacts, type Step } from "./bench.ts";
import { TRAPPED } from "./numbers.ts";
import { type Tracee, WHERES } from "./tracee.ts";

const [SIGUSR1, SIGCONT, SIGSTOP] = [10, 18, 19];
const STOPPED = "PTRACE_EVENT_STOP, SIGSTOP";
const CALL = "system call";
const OTHERS = ["GETREGS", "PEEKUSER", "CONT", "LISTEN", "GETSIGINFO", "SETOPTIONS"] as const;

/** Leads a tracee to a stop by INT3, seized, which is not a PTRACE_EVENT_STOP. */
const seize: Step = (tracee) => {
  tracee.seizeRunning().stopBy("INTERRUPT");
  return tracee.run({}, "int3");
};
const listened = (tracee: Tracee) => ({ result: tracee.request("LISTEN") });
const listen: Step = (tracee) => {
  tracee.seize().request("LISTEN");
  return tracee;
};

export const listening = requestFacts("INTERRUPT, LISTEN", {
  "INTERRUPT and LISTEN of a task that was attached are EIO, at any stop": [
    REQUEST,
    ...atEach(WHERES, (t, where) =>
      each(`%, ${where}`, ["INTERRUPT", "LISTEN"], (it) => [() => t.request(it), "EIO"]),
    ),
    ["INTERRUPT, running", (t) => t.spin().request("INTERRUPT"), "EIO"],
  ],
  "LISTEN at a stop that is not a PTRACE_EVENT_STOP is EIO": [
    REQUEST,
    seize,
    ["INT3", listened, { result: "EIO" }],
    ["entry", (t) => ({ stop: t.enter(), ...listened(t) }), { stop: CALL, result: "EIO" }],
  ],
  "INTERRUPT at a stop traps the task again after it is resumed": [
    REQUEST,
    seize,
    (t) => t.set({}, "spin"),
    ["", (t) => ({ result: t.request("INTERRUPT"), stop: t.next() }), { result: 0, stop: TRAPPED }],
  ],
  "While a task listens, every other request is ESRCH, and it does not run": [
    REQUEST,
    ["LISTEN", (t) => t.seize().request("LISTEN"), 0],
    ...each("%", OTHERS, (it) => [request(it), "ESRCH"]),
    ["stop", (t) => ({ stop: t.glance() }), { stop: "no stop" }],
  ],
  "INTERRUPT ends LISTEN: the task traps with the signal of its group-stop": [
    JOBCTL,
    listen,
    ["", (t) => t.stopBy("INTERRUPT"), { result: 0, stop: STOPPED }],
  ],
  "SIGCONT ends LISTEN: the task traps with SIGTRAP, then stops by SIGCONT": [
    JOBCTL,
    listen,
    ["trap", (t) => ({ stop: t.kill(SIGCONT).wait() }), { stop: TRAPPED }],
    ["then", (t) => ({ stop: t.next() }), { stop: "SIGCONT" }],
  ],
  "A seized task stops for a group-stop by PTRACE_EVENT_STOP, and its signal first": [
    JOBCTL,
    seize,
    ["signal", (t) => ({ stop: t.signal(SIGSTOP).next() }), { stop: "SIGSTOP" }],
    [
      "group-stop",
      (t) => ({ stop: t.next("CONT", SIGSTOP), code: intAt(t.read("GETSIGINFO"), 8) }),
      { stop: STOPPED, code: (128 << 8) | SIGSTOP },
    ],
  ],
  "A signal stops a seized task as it does an attached one": [
    PTRACE_SIGNAL,
    seize,
    ["", (t) => ({ stop: t.signal(SIGUSR1).next() }), { stop: "SIGUSR1" }],
  ],
});
