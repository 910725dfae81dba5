import { placeOf, SCRATCH } from "../../case/amd64/code.ts";
import { each, requestFacts } from "../read/bench.ts";
import type { Request } from "../read/numbers.ts";
import { register } from "../read/places.ts";
import {
  arrive,
  go,
  KEEP,
  kept,
  next,
  poke,
  read,
  requires,
  type Script,
  set,
  signal,
  TID,
  TRACEE,
  to,
  type Words,
} from "../read/verbs.ts";
import { DO_SIGNAL, SYSCALL_ENTER } from "./sources.ts";

const [PAUSE, GETPPID, GETPID, SIGUSR1] = [34n, 110n, 39n, 10];
const code = (number: bigint) => (1n << 64n) - number;
const [ERESTARTSYS, ERESTARTNOHAND, RESTARTBLOCK] = [code(512n), code(514n), code(516n)];
const rip = placeOf("syscall") + 2n;

/** The next stop, and the registers there. */
const stops = (request: Request): Script => [next(request), read("GETREGS")];

/** The end of a call whose number was changed at its entry stop. */
const renumbered = (number: bigint): Script => [
  go({ rax: GETPPID }, "syscall", "SYSCALL"),
  set({ rax: 12345n, orig_rax: number, rip }),
  stops("CONT"),
];

/** 1000 seconds, as 32-bit words as well. */
const LONG = [1000n, 0n];
/** Sleeps of 64 and of 32 bits: the call, its arguments, the code that makes it, and what restarts it. */
const SLEEPS = {
  "64-bit": [{ rax: 35n, rdi: SCRATCH, rsi: 0n }, "syscall", 219n],
  "32-bit": [{ rax: 162n, rbx: SCRATCH, rcx: 0n }, "int80", 0n],
} as const;

/** A sleep that a signal interrupts, to the stop at the exit. */
const interruptSleep = (call: Words, code: string): Script => [
  ...[TRACEE, code === "int80" ? requires("32-bit calls") : [], poke(LONG)],
  ...[go(call, code, "SYSCALL"), signal(SIGUSR1), next("SYSCALL")],
];

const interruptPause: Script = [go({ rax: PAUSE }, "syscall", "SYSCALL"), signal(SIGUSR1)];
const unchanged = { stop: "SIGUSR1", rax: ERESTARTSYS, rip, number: GETPID };

const PLACES = {
  ...{ rax: register("rax"), rip: register("rip") },
  ...{ number: register("orig_rax"), r15: register("r15") },
};

export const interruptedCalls = requestFacts(
  "interrupted calls",
  {
    "A signal interrupts pause: -ERESTARTNOHAND at the exit and at the signal, then the entry again":
      [
        DO_SIGNAL,
        interruptPause,
        ["the exit", stops("SYSCALL"), { stop: "system call", rax: ERESTARTNOHAND }],
        ["the signal", stops("SYSCALL"), { stop: "SIGUSR1", rax: ERESTARTNOHAND }],
        ["the entry again", stops("SYSCALL"), { stop: "system call", rip, number: PAUSE }],
      ],
    "A signal pending at a SYSEMU stop has its stop with unchanged registers, then restarts the call":
      [
        DO_SIGNAL,
        [to("sysemu"), read("GETREGS"), KEEP],
        [set({ rax: ERESTARTSYS, orig_rax: GETPID, rip }), signal(SIGUSR1)],
        ["the signal", stops("SYSEMU"), unchanged],
        ["the call", stops("SYSEMU"), { stop: "system call", rip, number: GETPID }],
        ["r15", read("GETREGS"), { r15: kept("r15") }],
      ],
    "A sleep that a signal interrupts continues as restart_syscall, with the number that this has in its own bits":
      [
        "get_nr_restart_syscall, arch/x86/kernel/signal.c",
        ...each("%, the exit", Object.entries(SLEEPS), ([, [call, code]]) => [
          [interruptSleep(call, code), read("GETREGS")],
          { stop: "system call", rax: RESTARTBLOCK },
        ]),
        ...each("%, the entry", Object.entries(SLEEPS), ([, [call, code, restart]]) => [
          [interruptSleep(call, code), next("SYSCALL"), arrive("SIGUSR1"), stops("SYSCALL")],
          { stop: "system call", number: restart },
        ]),
      ],
    "Without a filter a call whose number was set to -1 is skipped, and keeps rax": [
      SYSCALL_ENTER,
      ...each("orig_rax = %", ["-1", "4294967295"], (number) => [
        renumbered(BigInt(number)),
        { stop: "SIGTRAP", rax: 12345n },
      ]),
      ["another number", renumbered(GETPID), { stop: "SIGTRAP", rax: TID }],
    ],
  },
  PLACES,
);
