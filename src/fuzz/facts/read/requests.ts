import { ARCH_PTRACE, REQUEST } from "../sources.ts";
import { refused } from "./answer.ts";
import { each, requestFacts } from "./bench.ts";
import { NO_PID, REQUESTS, type Request } from "./numbers.ts";
import {
  call,
  detach,
  die,
  KEEP,
  next,
  options,
  read,
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
/** Numbers that no request of x86-64 has. */
const UNKNOWN = [10, 11, 20, 22, 23, 27, 29, 34, 99, 0x41ff, 0x4fff, 2 ** 31 - 1, -1];
const [SIGKILL, SYS_PTRACE] = [9, 101];

/** All requests that need a stopped tracee: the others attach, interrupt or kill. */
const OTHERS = ["TRACEME", "ATTACH", "SEIZE", "INTERRUPT", "KILL"];
const isKnown = (name: string): name is keyof typeof REQUESTS => name in REQUESTS;
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
    [read("GETREGS"), KEEP],
    ...each("%", UNKNOWN, (number) => [request(number), "EIO"]),
    ["registers", read("GETREGS"), { written: 216, differs: "nowhere" }],
  ],
  "GETFPXREGS and SETFPXREGS are of 32-bit tracers: EIO": [
    ARCH_PTRACE,
    ...each("%", ["GETFPXREGS", "SETFPXREGS"], (it) => [read(it), refused("EIO")]),
  ],
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
    ["", call(SYS_PTRACE, 0), "EPERM"],
  ],
  "After SIGKILL a stopped tracee stops at PTRACE_EVENT_EXIT, then ends": [
    "ptrace_stop, kernel/signal.c",
    ["", [to("event"), next("CONT", SIGKILL)], { stop: "killed by SIGKILL" }],
  ],
});
