import { HOLE, placeOf } from "../../case/arch.ts";
import { JOBCTL, REPORT_SYSCALL } from "../sources.ts";
import { BREAKPOINT, LOADED, UNDEFINED } from "./arch.ts";
import { answers, each, refused, requestFacts } from "./bench.ts";
import { NOWHERE, TRAPPED } from "./numbers.ts";
import { int, KEPT_RESULT, type Value, word } from "./places.ts";
import {
  at,
  enter,
  go,
  KEEP,
  kill,
  next,
  options,
  read,
  request,
  seize,
  seizeRunning,
  signal,
  stopBy,
  TID,
  TRACER,
  to,
  UID,
  write,
} from "./verbs.ts";

const GET = "ptrace_getsiginfo, kernel/ptrace.c";
const SET = "ptrace_setsiginfo, kernel/ptrace.c";
const NOTIFY = "ptrace_notify, kernel/signal.c";
const [SI_USER, SI_TKILL, CALL] = [0, -6, 0x85];
const [SIGILL, SIGTRAP, SIGUSR1, SIGSEGV, SIGCONT, SIGSTOP] = [4, 5, 10, 11, 18, 19];
const [EVENT_EXIT, EVENT_STOP] = [6 << 8, 128 << 8];

const info = read("GETSIGINFO");
/** Signal, code, the sender, and the address of a fault; sender and address share their bytes. */
const PLACES = {
  ...{ signo: int(0), errno: int(4), code: int(8), pid: int(16), uid: int(20) },
  ...{ address: word(16), set: KEPT_RESULT },
};

/** All of siginfo_t is written. */
const has = (signo: number, code: number, more: Readonly<Record<string, Value>> = {}) =>
  answers(128, { signo, code, ...more });
const raised = (
  signo: number,
  { code, si, hasAddress }: typeof BREAKPOINT,
  more: Readonly<Record<string, Value>> = {},
) => has(signo, si, { ...more, address: hasAddress ? placeOf(code) : 0n });
const sender = { pid: TRACER, uid: UID };

/** A siginfo_t with code -1 and another sender. */
const INFO = [SIGUSR1, 0xffff_ffffn, 0x5_0000_0004n, 0x77n, ...Array.from({ length: 12 }, () => 0)];

export const siginfo = requestFacts(
  "GETSIGINFO, SETSIGINFO",
  {
    "GETSIGINFO at a stop by an exception has its si_code and si_addr": [
      GET,
      [BREAKPOINT.name, info, raised(SIGTRAP, BREAKPOINT, { errno: 0 })],
      [UNDEFINED.name, [go({}, UNDEFINED.code), info], raised(SIGILL, UNDEFINED)],
      ["a load", [go({ [LOADED]: HOLE }, "load"), info], has(SIGSEGV, 1, { address: HOLE })],
    ],
    "GETSIGINFO at a stop by a sent signal has the sender's pid and uid": [
      GET,
      ["tgkill", [signal(SIGUSR1), next(), info], has(SIGUSR1, SI_TKILL, sender)],
      ["kill", [kill(SIGCONT), next(), info], has(SIGCONT, SI_USER, sender)],
    ],
    "GETSIGINFO at a stop of a system call: SIGTRAP, si_code 0x85, the tracee's own pid": [
      NOTIFY,
      ...each("%", ["entry", "exit", "sysemu"], (where) => [
        [at(where), info],
        has(SIGTRAP, CALL, { pid: TID, uid: UID }),
      ]),
    ],
    "Without PTRACE_O_TRACESYSGOOD si_code at a stop of a system call is SIGTRAP": [
      REPORT_SYSCALL,
      options(0),
      ["", [enter, info], has(SIGTRAP, SIGTRAP, { stop: "SIGTRAP" })],
    ],
    "GETSIGINFO at an event has the event in the second byte of si_code": [
      NOTIFY,
      ["PTRACE_EVENT_EXIT", [to("event"), info], has(SIGTRAP, EVENT_EXIT | SIGTRAP)],
    ],
    "GETSIGINFO in a group-stop is EINVAL, which identifies the group-stop": [
      JOBCTL,
      ["", [to("group"), info], refused("EINVAL")],
    ],
    "GETSIGINFO of a seized task in a group-stop has PTRACE_EVENT_STOP and the signal": [
      JOBCTL,
      ["", [seize(), info], has(SIGSTOP, EVENT_STOP | SIGSTOP)],
    ],
    "GETSIGINFO after PTRACE_INTERRUPT has PTRACE_EVENT_STOP and SIGTRAP": [
      JOBCTL,
      [
        "",
        [seizeRunning, stopBy("INTERRUPT"), info],
        has(SIGTRAP, EVENT_STOP | SIGTRAP, { stop: TRAPPED }),
      ],
    ],
    "GETSIGINFO to an address that is not mapped is EFAULT": [
      GET,
      ["", request("GETSIGINFO", 0, NOWHERE), "EFAULT"],
    ],
    "SETSIGINFO replaces what GETSIGINFO reads": [
      SET,
      [
        "",
        [write("SETSIGINFO", INFO), KEEP, info],
        { result: 0, set: 0, signo: SIGUSR1, code: -1, pid: 4, uid: 5 },
      ],
    ],
    "SETSIGINFO in a group-stop is EINVAL, and from an address that is not mapped EFAULT": [
      SET,
      ["in a group-stop", [to("group"), write("SETSIGINFO", INFO)], "EINVAL"],
      ["not mapped", request("SETSIGINFO", 0, NOWHERE), "EFAULT"],
    ],
  },
  PLACES,
);
