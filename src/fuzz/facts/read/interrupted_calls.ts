import { placeOf } from "../../case/code.ts";
import { requestFacts } from "../fact.ts";
import type { Tracee } from "./tracee.ts";

const [PAUSE, GETPPID, GETPID, SIGUSR1] = [34n, 110n, 39n, 10];
const ERESTARTNOHAND = (1n << 64n) - 514n;
const SYSCALL = placeOf("syscall");

/** The stop, and some registers there. */
function at(tracee: Tracee, stop: string) {
  if (stop === "no stop") return { stop };
  const [rax, rip, number] = ["rax", "rip", "orig_rax"].map((name) => tracee.register(name));
  return { stop, rax, rip, number };
}

export const interruptedCalls = requestFacts("interrupted calls", (fact) => {
  fact(
    "A signal interrupts pause: -ERESTARTNOHAND at the exit and at the signal, then the entry again",
    "arch_do_signal_or_restart, arch/x86/kernel/signal.c",
    (bench, tracee) => {
      tracee.go({ rax: PAUSE }, "syscall", "SYSCALL");
      tracee.signal(SIGUSR1);
      const exit = { stop: "system call", rax: ERESTARTNOHAND };
      bench.check("the exit", at(tracee, tracee.next("SYSCALL")), exit);
      const signal = { stop: "SIGUSR1", rax: ERESTARTNOHAND };
      bench.check("the signal", at(tracee, tracee.next("SYSCALL")), signal);
      const again = { stop: "system call", rip: SYSCALL + 2n, number: PAUSE };
      bench.check("the entry again", at(tracee, tracee.next("SYSCALL")), again);
    },
  );
  fact(
    "A signal pending at a SYSEMU stop has its stop with unchanged registers, then restarts the call",
    "arch_do_signal_or_restart, arch/x86/kernel/signal.c",
    (bench) => {
      const tracee = bench.tracee("sysemu");
      const before = tracee.register("r15");
      tracee.set({ rax: (1n << 64n) - 512n, orig_rax: GETPID, rip: SYSCALL + 2n });
      tracee.signal(SIGUSR1);
      const unchanged = {
        stop: "SIGUSR1",
        rax: (1n << 64n) - 512n,
        rip: SYSCALL + 2n,
        number: GETPID,
      };
      bench.check("the signal", at(tracee, tracee.next("SYSEMU")), unchanged);
      const again = { stop: "system call", rip: SYSCALL + 2n, number: GETPID };
      bench.check("the call", at(tracee, tracee.next("SYSEMU")), again);
      bench.check("r15", { r15: tracee.register("r15") }, { r15: before });
    },
  );
  fact(
    "Without a filter a call whose number was set to -1 is skipped, and keeps rax",
    "syscall_trace_enter, kernel/entry/common.c",
    (bench, tracee) => {
      for (const [number, rax] of [
        [-1n, 12345n],
        [0xffff_ffffn, 12345n],
      ] as const) {
        tracee.go({ rax: GETPPID }, "syscall", "SYSCALL");
        tracee.set({ rax: 12345n, orig_rax: number, rip: SYSCALL + 2n });
        bench.check(`orig_rax = ${number}`, at(tracee, tracee.next()), { stop: "SIGTRAP", rax });
      }
      tracee.go({ rax: GETPPID }, "syscall", "SYSCALL");
      tracee.set({ rax: 12345n, orig_rax: GETPID, rip: SYSCALL + 2n });
      const own = { stop: "SIGTRAP", rax: BigInt(tracee.tid) };
      bench.check("another number", at(tracee, tracee.next()), own);
    },
  );
});
