import { BLOCK_SIZE } from "../../case/arch.ts";
import { REQUEST } from "../sources.ts";
import { ABSENT, FOREIGN, SYS, UNKNOWN } from "./arch.ts";
import { each, refused, requestFacts } from "./bench.ts";
import { NO_PID, REQUESTS, type Request, type RequestName } from "./numbers.ts";
import {
  call,
  detach,
  die,
  KEEP,
  next,
  options,
  read,
  registers,
  request,
  spin,
  TID,
  TRACEE,
  TRACER,
  to,
  WAIT,
  type Word,
} from "./verbs.ts";

const CHECK = "ptrace_check_attach, kernel/ptrace.c";
const SIGKILL = 9;

/** All requests that need a stopped tracee: the others attach, interrupt or kill. */
const OTHERS = ["TRACEME", "ATTACH", "SEIZE", "INTERRUPT", "KILL"];
const isKnown = (name: string): name is RequestName =>
  name in REQUESTS && !FOREIGN.some((foreign) => foreign === name);
const STOPPED: readonly Request[] = [
  ...Object.keys(REQUESTS)
    .filter(isKnown)
    .filter((name) => !OTHERS.includes(name)),
  ...UNKNOWN,
];
const ALL: readonly Request[] = [...STOPPED, "INTERRUPT", "KILL"];

/** Requests to a task, all of which fail with ESRCH. */
const unreachable = (tid: Word, requests = ALL) =>
  each("%", requests, (it) => [request(it, 0, 0, tid), "ESRCH"]);

export const requests = requestFacts("requests and tasks", {
  "A request with an unknown number is EIO, and the registers stay": [
    REQUEST,
    [registers, KEEP],
    ...each("%", UNKNOWN, (number) => [request(number), "EIO"]),
    ["registers", registers, { written: BLOCK_SIZE, differs: "nowhere" }],
  ],
  [ABSENT.fact]: [ABSENT.source, ...each("%", ABSENT.requests, (it) => [read(it), refused("EIO")])],
  "Requests to a running tracee are ESRCH, also those with an unknown number": [
    CHECK,
    spin,
    ...unreachable(TID, STOPPED),
  ],
  "Requests to a zombie are ESRCH": [CHECK, die, ...unreachable(TID, STOPPED)],
  "Requests to a task that is not traced are ESRCH, also INTERRUPT and KILL": [
    CHECK,
    detach,
    ...unreachable(TID),
  ],
  "Requests to the tracer itself are ESRCH": [CHECK, ...unreachable(TRACER)],
  "Requests to a pid without a task are ESRCH": [
    "find_get_task_by_vpid, kernel/pid.c",
    ...unreachable(NO_PID),
  ],
  "PTRACE_KILL of a running tracee and of a zombie succeeds": [
    REQUEST,
    ["running", [spin, request("KILL")], 0],
    ["a zombie", [TRACEE, die, request("KILL")], 0],
  ],
  "PTRACE_KILL kills a stopped tracee": [
    REQUEST,
    ["", [options(0), request("KILL"), WAIT], { result: 0, stop: "killed by SIGKILL" }],
  ],
  "TRACEME by a task that is traced is EPERM": [
    "ptrace_traceme, kernel/ptrace.c",
    ["", call(SYS.ptrace, 0), "EPERM"],
  ],
  "After SIGKILL a stopped tracee stops at PTRACE_EVENT_EXIT, then ends": [
    "ptrace_stop, kernel/signal.c",
    ["", [to("event"), next("CONT", SIGKILL)], { stop: "killed by SIGKILL" }],
  ],
});
