import { placeOf } from "../../case/arm64/code.ts";
import { each, requestFacts } from "../read/bench.ts";
import type { Request } from "../read/numbers.ts";
import { int, register } from "../read/places.ts";
import {
  CALL,
  callOf,
  go,
  next,
  registers,
  regset,
  type Script,
  set,
  setResult,
  signal,
  to,
} from "../read/verbs.ts";
import { DO_SIGNAL } from "./sources.ts";

const [PPOLL, GETPID, SIGUSR1] = [73, 172, 10];
/** ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, and ERESTART_RESTARTBLOCK. */
const RESTARTS = [512n, 513n, 514n, 516n];
const errno = (number: bigint) => (1n << 64n) - number;
const [SVC, AFTER] = [placeOf("svc"), placeOf("svc") + 4n];

/** The next stop, and the registers there. */
const stops = (request: Request): Script => [next(request), registers];
/** A wait that only a signal ends: ppoll of no files. */
const interrupt: Script = [go(callOf(PPOLL, 0n, 0n, 0n, 0n), "svc", "SYSCALL"), signal(SIGUSR1)];
/** A signal at the exit of getpid, where x0 is written. */
const exitWith = (result: bigint): Script => [to("exit"), ...[setResult(result), signal(SIGUSR1)]];

export const interruptedCalls = requestFacts(
  "interrupted calls",
  {
    "A signal interrupts ppoll: -ERESTARTNOHAND at the exit; at the signal pc is at the SVC again":
      [
        DO_SIGNAL,
        interrupt,
        ["the exit", stops("SYSCALL"), { stop: "system call", x0: errno(514n), pc: AFTER }],
        ["the signal", stops("SYSCALL"), { stop: "SIGUSR1", x0: 0n, pc: SVC }],
        [
          "the entry again",
          stops("SYSCALL"),
          { stop: "system call", x8: BigInt(PPOLL), pc: AFTER },
        ],
      ],
    "A code of a restart in x0 at the exit: at the signal x0 is the argument, and pc at the SVC": [
      DO_SIGNAL,
      ...each("-%", RESTARTS, (code) => [
        [to("signal"), exitWith(errno(code)), stops("SYSCALL")],
        { stop: "SIGUSR1", x0: 11n, pc: SVC },
      ]),
    ],
    "Another result at the exit stays, and pc after the SVC": [
      DO_SIGNAL,
      ...each("-%", [4n, 511n, 515n], (code) => [
        [exitWith(errno(code)), stops("SYSCALL")],
        { stop: "SIGUSR1", x0: errno(code), pc: AFTER },
      ]),
    ],
    "A code of a restart without a signal is the program's": [
      DO_SIGNAL,
      ...each("-%", RESTARTS, (code) => [
        [to("exit"), setResult(errno(code)), stops("CONT")],
        { stop: "SIGTRAP", x0: errno(code) },
      ]),
    ],
    "At the signal the call is over: NT_ARM_SYSTEM_CALL is -1, and x0 is not looked at again": [
      DO_SIGNAL,
      [
        "the number",
        [exitWith(errno(512n)), next("SYSCALL"), regset("NT_ARM_SYSTEM_CALL", 4)],
        { stop: "SIGUSR1", number: -1 },
      ],
      [
        "x0",
        [
          ...[exitWith(0n), next("SYSCALL")],
          ...[set({ ...CALL, x0: errno(512n), pc: AFTER }), stops("CONT")],
        ],
        { stop: "SIGTRAP", x0: errno(512n) },
      ],
    ],
    "A call with a pending signal at SYSEMU restarts, if x0 has the code": [
      DO_SIGNAL,
      [to("sysemu"), setResult(errno(512n)), signal(SIGUSR1)],
      ["the signal", stops("SYSEMU"), { stop: "SIGUSR1", pc: SVC }],
      ["the call", stops("SYSEMU"), { stop: "system call", pc: AFTER, x8: BigInt(GETPID) }],
    ],
  },
  {
    ...{ x0: register("x0"), x8: register("x8"), pc: register("pc") },
    number: int(0),
  },
);
