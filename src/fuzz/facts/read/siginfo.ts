import { CONSTANTS, placeOf } from "../../case/code.ts";
import type { Value } from "../fact.ts";
import { JOBCTL, REPORT_SYSCALL } from "../sources.ts";
import { answers, intAt, refused, wordAt } from "./answer.ts";
import { atEach, request, requestFacts } from "./bench.ts";
import { NOWHERE, TRAPPED } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const GET = "ptrace_getsiginfo, kernel/ptrace.c";
const SET = "ptrace_setsiginfo, kernel/ptrace.c";
const NOTIFY = "ptrace_notify, kernel/signal.c";
const [SI_USER, SI_TKILL, SI_KERNEL, CALL] = [0, -6, 0x80, 0x85];
const [SIGILL, SIGTRAP, SIGUSR1, SIGSEGV, SIGCONT, SIGSTOP] = [4, 5, 10, 11, 18, 19];
const [EVENT_EXIT, EVENT_STOP] = [6 << 8, 128 << 8];
const HOLE = CONSTANTS - 4096n;

/** Signal, code, the sender, and the address of a fault; sender and address share their bytes. */
function info(tracee: Tracee) {
  const answer = tracee.read("GETSIGINFO");
  const [signo, errno, code] = [0, 4, 8].map((at) => intAt(answer, at));
  const [pid, uid] = [intAt(answer, 16), intAt(answer, 20)];
  return { ...answer, signo, errno, code, pid, uid, address: wordAt(answer, 16) };
}
const infoAt = (stop: string, tracee: Tracee) => ({ ...info(tracee), stop });

/** All of siginfo_t is written. */
const has = (signo: number, code: number, more: Readonly<Record<string, Value>> = {}) =>
  answers(128, { signo, code, ...more });
const uid = process.getuid?.() ?? 0;
const sender = { pid: process.pid, uid };

/** A siginfo_t with code -1 and another sender. */
const INFO = new BigUint64Array(16);
INFO.set([BigInt(SIGUSR1), 0xffff_ffffn, 0x5_0000_0004n, 0x77n]);

export const siginfo = requestFacts("GETSIGINFO, SETSIGINFO", {
  "GETSIGINFO at a stop by an exception has its si_code and si_addr": [
    GET,
    ["INT3", info, has(SIGTRAP, SI_KERNEL, { errno: 0, address: 0n })],
    ["UD2", (t) => info(t.run({}, "ud2")), has(SIGILL, 2, { address: placeOf("ud2") })],
    ["a load", (t) => info(t.run({ rdi: HOLE }, "load")), has(SIGSEGV, 1, { address: HOLE })],
  ],
  "GETSIGINFO at a stop by a sent signal has the sender's pid and uid": [
    GET,
    ["tgkill", (t) => info(t.signal(SIGUSR1).resume()), has(SIGUSR1, SI_TKILL, sender)],
    ["kill", (t) => info(t.kill(SIGCONT).resume()), has(SIGCONT, SI_USER, sender)],
  ],
  "GETSIGINFO at a stop of a system call: SIGTRAP, si_code 0x85, the tracee's own pid": [
    NOTIFY,
    ...atEach(["entry", "exit", "sysemu"], (t, where) => [
      [where, () => info(t), has(SIGTRAP, CALL, { pid: t.tid, uid })],
    ]),
  ],
  "Without PTRACE_O_TRACESYSGOOD si_code at a stop of a system call is SIGTRAP": [
    REPORT_SYSCALL,
    (t) => t.options(0),
    ["", (t) => infoAt(t.enter(), t), has(SIGTRAP, SIGTRAP, { stop: "SIGTRAP" })],
  ],
  "GETSIGINFO at an event has the event in the second byte of si_code": [
    NOTIFY,
    ["PTRACE_EVENT_EXIT", (t) => info(t.to("event")), has(SIGTRAP, EVENT_EXIT | SIGTRAP)],
  ],
  "GETSIGINFO in a group-stop is EINVAL, which identifies the group-stop": [
    JOBCTL,
    ["", (t) => t.to("group").read("GETSIGINFO"), refused("EINVAL")],
  ],
  "GETSIGINFO of a seized task in a group-stop has PTRACE_EVENT_STOP and the signal": [
    JOBCTL,
    ["", (t) => info(t.seize()), has(SIGSTOP, EVENT_STOP | SIGSTOP)],
  ],
  "GETSIGINFO after PTRACE_INTERRUPT has PTRACE_EVENT_STOP and SIGTRAP": [
    JOBCTL,
    [
      "",
      (t) => ({ ...t.seizeRunning().stopBy("INTERRUPT"), ...info(t) }),
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
      (t) => ({ set: t.write("SETSIGINFO", INFO), ...info(t) }),
      { result: 0, set: 0, signo: SIGUSR1, code: -1, pid: 4, uid: 5 },
    ],
  ],
  "SETSIGINFO in a group-stop is EINVAL, and from an address that is not mapped EFAULT": [
    SET,
    ["in a group-stop", (t) => t.to("group").write("SETSIGINFO", new BigUint64Array(16)), "EINVAL"],
    ["not mapped", request("SETSIGINFO", 0, NOWHERE), "EFAULT"],
  ],
});
