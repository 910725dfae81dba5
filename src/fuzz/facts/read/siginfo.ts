import { CONSTANTS, placeOf } from "../../case/code.ts";
import { requestFacts } from "../fact.ts";
import { type Answer, intAt, wordAt } from "./answer.ts";
import { NOWHERE } from "./numbers.ts";

/** sizeof(siginfo_t); all of it is written. */
const SIZE = 128;
const WHOLE = { result: 0, written: SIZE };
const GET = "ptrace_getsiginfo, kernel/ptrace.c";
const SET = "ptrace_setsiginfo, kernel/ptrace.c";
const NOTIFY = "ptrace_notify, kernel/signal.c";
const JOBCTL = "do_jobctl_trap, kernel/signal.c";
const [SI_USER, SI_TKILL, SI_KERNEL, CALL] = [0, -6, 0x80, 0x85];
const [SIGTRAP, SIGUSR1, SIGSEGV, SIGCONT, SIGSTOP] = [5, 10, 11, 18, 19];

/** Signal, code, the sender, and the address of a fault; sender and address share their bytes. */
function infoOf(answer: Answer) {
  const [signo, errno, code] = [0, 4, 8].map((at) => intAt(answer, at));
  const [pid, uid] = [intAt(answer, 16), intAt(answer, 20)];
  return { ...answer, signo, errno, code, pid, uid, address: wordAt(answer, 16) };
}

export const siginfo = requestFacts("GETSIGINFO, SETSIGINFO", (fact) => {
  const uid = process.getuid?.() ?? 0;
  fact("GETSIGINFO at a stop by an exception has its si_code and si_addr", GET, (bench, tracee) => {
    const int3 = { ...WHOLE, signo: SIGTRAP, errno: 0, code: SI_KERNEL, address: 0n };
    bench.check("INT3", infoOf(tracee.read("GETSIGINFO")), int3);
    tracee.go({}, "ud2");
    const ud2 = { ...WHOLE, signo: 4, code: 2, address: placeOf("ud2") };
    bench.check("UD2", infoOf(tracee.read("GETSIGINFO")), ud2);
    tracee.go({ rdi: CONSTANTS - 4096n }, "load");
    const load = { ...WHOLE, signo: SIGSEGV, code: 1, address: CONSTANTS - 4096n };
    bench.check("a load", infoOf(tracee.read("GETSIGINFO")), load);
  });
  fact(
    "GETSIGINFO at a stop by a sent signal has the sender's pid and uid",
    GET,
    (bench, tracee) => {
      tracee.signal(SIGUSR1);
      tracee.next();
      const sender = { ...WHOLE, signo: SIGUSR1, pid: process.pid, uid };
      bench.check("tgkill", infoOf(tracee.read("GETSIGINFO")), { ...sender, code: SI_TKILL });
      process.kill(tracee.tid, SIGCONT);
      tracee.next();
      const continued = { ...sender, signo: SIGCONT, code: SI_USER };
      bench.check("kill", infoOf(tracee.read("GETSIGINFO")), continued);
    },
  );
  fact(
    "GETSIGINFO at a stop of a system call: SIGTRAP, si_code 0x85, the tracee's own pid",
    NOTIFY,
    (bench) => {
      for (const where of ["entry", "exit", "sysemu"] as const) {
        const tracee = bench.tracee(where);
        const expected = { ...WHOLE, signo: SIGTRAP, code: CALL, pid: tracee.tid, uid };
        bench.check(where, infoOf(tracee.read("GETSIGINFO")), expected);
      }
    },
  );
  fact(
    "Without PTRACE_O_TRACESYSGOOD si_code at a stop of a system call is SIGTRAP",
    "ptrace_report_syscall, include/linux/ptrace.h",
    (bench, tracee) => {
      tracee.request("SETOPTIONS", 0, 0);
      const stop = tracee.go({ rax: 39n }, "syscall", "SYSCALL");
      const seen = { ...infoOf(tracee.read("GETSIGINFO")), stop };
      bench.check("", seen, { ...WHOLE, stop: "SIGTRAP", signo: SIGTRAP, code: SIGTRAP });
    },
  );
  fact("GETSIGINFO at an event has the event in the second byte of si_code", NOTIFY, (bench) => {
    const expected = { ...WHOLE, signo: SIGTRAP, code: (6 << 8) | SIGTRAP };
    bench.check("PTRACE_EVENT_EXIT", infoOf(bench.tracee("event").read("GETSIGINFO")), expected);
  });
  fact("GETSIGINFO in a group-stop is EINVAL, which identifies the group-stop", JOBCTL, (bench) => {
    const expected = { result: "EINVAL", written: 0 };
    bench.check("", bench.tracee("group").read("GETSIGINFO"), expected);
  });
  fact(
    "GETSIGINFO of a seized task in a group-stop has PTRACE_EVENT_STOP and the signal",
    JOBCTL,
    (bench) => {
      const expected = { ...WHOLE, signo: SIGSTOP, code: (128 << 8) | SIGSTOP };
      bench.check("", infoOf(bench.tracee().seize().read("GETSIGINFO")), expected);
    },
  );
  fact("GETSIGINFO after PTRACE_INTERRUPT has PTRACE_EVENT_STOP and SIGTRAP", JOBCTL, (bench) => {
    const tracee = bench.tracee().seizeRunning();
    tracee.request("INTERRUPT");
    const stop = tracee.wait();
    const seen = { ...infoOf(tracee.read("GETSIGINFO")), stop };
    const code = (128 << 8) | SIGTRAP;
    bench.check("", seen, { ...WHOLE, stop: "PTRACE_EVENT_STOP, SIGTRAP", signo: SIGTRAP, code });
  });
  fact("GETSIGINFO to an address that is not mapped is EFAULT", GET, (bench) => {
    const result = bench.tracee().request("GETSIGINFO", 0, NOWHERE);
    bench.check("", { result }, { result: "EFAULT" });
  });
  fact("SETSIGINFO replaces what GETSIGINFO reads", SET, (bench, tracee) => {
    const words = new BigUint64Array(16);
    words.set([BigInt(SIGUSR1), 0xffff_ffffn, 0x5_0000_0004n, 0x77n]);
    const result = tracee.write("SETSIGINFO", words);
    const seen = infoOf(tracee.read("GETSIGINFO"));
    const expected = { result: 0, set: 0, signo: SIGUSR1, code: -1, pid: 4, uid: 5 };
    bench.check("", { ...seen, set: result }, expected);
  });
  fact(
    "SETSIGINFO in a group-stop is EINVAL, and from an address that is not mapped EFAULT",
    SET,
    (bench) => {
      const tracee = bench.tracee("group");
      const result = tracee.write("SETSIGINFO", new BigUint64Array(16));
      bench.check("in a group-stop", { result }, { result: "EINVAL" });
      const faulty = tracee.request("SETSIGINFO", 0, NOWHERE);
      bench.check("not mapped", { result: faulty }, { result: "EFAULT" });
    },
  );
});
