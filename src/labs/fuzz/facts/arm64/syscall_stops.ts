import { placeOf } from "../../case/arm64/code.ts";
import { each, requestFacts } from "../read/bench.ts";
import type { Request } from "../read/numbers.ts";
import { int, register } from "../read/places.ts";
import {
  at,
  callOf,
  go,
  next,
  put,
  registers,
  regset,
  type Script,
  set,
  setRegset,
  setResult,
  TID,
  TRACEE,
  to,
  type Word,
} from "../read/verbs.ts";
import { PTRACE, REPORT_SYSCALL, SVC, SYSCALL_ENTER } from "./sources.ts";

const [GETPID, GETPPID, NO_CALL] = [172, 173, 9999];
const [SYSTEM_CALL, ENOSYS] = ["NT_ARM_SYSTEM_CALL", (1n << 64n) - 38n] as const;
const AFTER = placeOf("svc") + 4n;
/** What x7 has, and what is written to it. */
const [OWN, OTHER] = [0x77n, 0x55n];

/** A new tracee at the entry of a call, or at its exit. */
const enter = (number: number, it: Request = "SYSCALL"): Script => [
  TRACEE,
  go({ ...callOf(number, 11n), x7: OWN }, "svc", it),
];
const leave = (number: number): Script => [enter(number), next("SYSCALL")];

const setNumber = (number: Word): Script => [put(number), setRegset(SYSTEM_CALL, 4)];
/** Writes the registers at a stop of a call, behind its SVC. */
const rewrite = (number: number, words: Readonly<Record<string, bigint>> = {}): Script =>
  set({ ...callOf(number, 11n), x7: OWN, pc: AFTER, ...words });
/** What the call was good for, at the breakpoint behind it. */
const after: Script = [next(), registers];

const STOPS = [
  ["entry", enter(GETPID), 0n],
  ["exit", leave(GETPID), 1n],
  ["sysemu", enter(GETPID, "SYSEMU"), 0n],
] as const;

export const syscallStops = requestFacts(
  "system call stops",
  {
    "At a stop of a system call x7 reads 0 on the way in and 1 on the way out": [
      REPORT_SYSCALL,
      ...each("%", STOPS, ([, reach, x7]) => [[reach, registers], { stop: "system call", x7 }]),
    ],
    "What is written to x7 at a stop of a system call is lost": [
      REPORT_SYSCALL,
      ...each("%", STOPS, ([, reach]) => [
        [reach, rewrite(GETPID, { x7: OTHER }), after],
        { stop: "SIGTRAP", x7: OWN },
      ]),
    ],
    "At a stop of a system call pc is after the SVC, and x8 has the number": [
      SVC,
      ...each("%", STOPS, ([, reach]) => [[reach, registers], { pc: AFTER, x8: BigInt(GETPID) }]),
    ],
    "x0 has the argument at the entry and at SYSEMU, and the result at the exit": [
      SVC,
      ["entry", [enter(GETPID), registers], { x0: 11n }],
      ["sysemu", [enter(GETPID, "SYSEMU"), registers], { x0: 11n }],
      ["exit", [leave(GETPID), registers], { x0: TID }],
    ],
    "NT_ARM_SYSTEM_CALL has the number at each stop of a call, and -1 at other stops": [
      `system_call_get, ${PTRACE}`,
      ["signal", regset(SYSTEM_CALL, 4), { number: -1 }],
      ...each("%", ["entry", "exit", "sysemu"], (where) => [
        [at(where), regset(SYSTEM_CALL, 4)],
        { number: GETPID },
      ]),
    ],
    "A number that is written to x8 at the entry does not change the call": [
      SVC,
      ["", [enter(GETPID), rewrite(GETPPID), after], { x0: TID, x8: BigInt(GETPPID) }],
    ],
    "A number that is written to NT_ARM_SYSTEM_CALL at the entry changes the call, and x8 stays": [
      SYSCALL_ENTER,
      ["getpid", [enter(GETPPID), setNumber(GETPID), after], { x0: TID, x8: BigInt(GETPPID) }],
      ["no such call", [enter(GETPPID), setNumber(NO_CALL), after], { x0: ENOSYS }],
    ],
    "The call -1 is skipped, and keeps x0": [
      SVC,
      ["x0 as it was", [enter(GETPID), setNumber(0xffff_ffff), after], { x0: 11n }],
      [
        "x0 written",
        [enter(GETPID), setNumber(0xffff_ffff), setResult(12345n), after],
        { x0: 12345n },
      ],
    ],
    "A program's own call -1 is ENOSYS": [
      SVC,
      ["", [go(callOf(-1, 11n), "svc", "SYSCALL"), after], { x0: ENOSYS }],
    ],
    "SYSEMU skips the call, and keeps x0": [
      SYSCALL_ENTER,
      ["x0 as it was", [enter(GETPID, "SYSEMU"), after], { stop: "SIGTRAP", x0: 11n }],
      ["x0 written", [enter(GETPID, "SYSEMU"), setResult(5n), after], { x0: 5n }],
    ],
    "A result that is written at the exit is the program's": [
      REPORT_SYSCALL,
      ...each("0x%", [0n, 0x1234n, ENOSYS], (x0) => [
        [leave(GETPID), setResult(x0), after],
        { x0 },
      ]),
    ],
    "A length of NT_ARM_SYSTEM_CALL that is not a multiple of 4 is EINVAL": [
      `system_call_set, ${PTRACE}`,
      to("entry"),
      ...each("% bytes", [1, 2, 3, 5], (length) => [
        [put(0), setRegset(SYSTEM_CALL, length)],
        "EINVAL",
      ]),
      ["no bytes", [setRegset(SYSTEM_CALL, 0), regset(SYSTEM_CALL, 4)], { number: GETPID }],
    ],
  },
  {
    ...Object.fromEntries(["x0", "x7", "x8", "pc"].map((name) => [name, register(name)])),
    number: int(0),
  },
);
