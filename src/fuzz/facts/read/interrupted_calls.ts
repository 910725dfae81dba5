import { placeOf } from "../../case/code.ts";
import { DO_SIGNAL, SYSCALL_ENTER } from "../sources.ts";
import { each, requestFacts, type Step } from "./bench.ts";
import type { Request } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const [PAUSE, GETPPID, GETPID, SIGUSR1] = [34n, 110n, 39n, 10];
const [ERESTARTSYS, ERESTARTNOHAND] = [(1n << 64n) - 512n, (1n << 64n) - 514n];
const rip = placeOf("syscall") + 2n;

/** The next stop, and some registers there. */
const next = (request: Request) => (tracee: Tracee) => {
  const stop = tracee.next(request);
  if (stop === "no stop") return { stop };
  const [rax, rip, number] = ["rax", "rip", "orig_rax"].map((name) => tracee.register(name));
  return { stop, rax, rip, number };
};

/** The end of a call whose number was changed at its entry stop. */
const renumbered = (number: bigint) => (tracee: Tracee) => {
  tracee.go({ rax: GETPPID }, "syscall", "SYSCALL");
  return next("CONT")(tracee.set({ rax: 12345n, orig_rax: number, rip }));
};

const interruptPause: Step = (tracee) => {
  tracee.go({ rax: PAUSE }, "syscall", "SYSCALL");
  return tracee.signal(SIGUSR1);
};

export const interruptedCalls = requestFacts("interrupted calls", {
  "A signal interrupts pause: -ERESTARTNOHAND at the exit and at the signal, then the entry again":
    [
      DO_SIGNAL,
      interruptPause,
      ["the exit", next("SYSCALL"), { stop: "system call", rax: ERESTARTNOHAND }],
      ["the signal", next("SYSCALL"), { stop: "SIGUSR1", rax: ERESTARTNOHAND }],
      ["the entry again", next("SYSCALL"), { stop: "system call", rip, number: PAUSE }],
    ],
  "A signal pending at a SYSEMU stop has its stop with unchanged registers, then restarts the call":
    [
      DO_SIGNAL,
      (t) => {
        const r15 = t.to("sysemu").register("r15");
        t.set({ rax: ERESTARTSYS, orig_rax: GETPID, rip });
        t.signal(SIGUSR1);
        const unchanged = { stop: "SIGUSR1", rax: ERESTARTSYS, rip, number: GETPID };
        return [
          ["the signal", next("SYSEMU"), unchanged],
          ["the call", next("SYSEMU"), { stop: "system call", rip, number: GETPID }],
          ["r15", () => ({ r15: t.register("r15") }), { r15 }],
        ];
      },
    ],
  "Without a filter a call whose number was set to -1 is skipped, and keeps rax": [
    SYSCALL_ENTER,
    ...each("orig_rax = %", ["-1", "4294967295"], (number) => [
      renumbered(BigInt(number)),
      { stop: "SIGTRAP", rax: 12345n },
    ]),
    ({ tid }) => [["another number", renumbered(GETPID), { stop: "SIGTRAP", rax: BigInt(tid) }]],
  ],
});
