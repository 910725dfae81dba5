import { placeOf } from "../../case/arm64/code.ts";
import { requestFacts } from "../read/bench.ts";
import { int, register, word } from "../read/places.ts";
import { callOf, next, read, registers, type Script, set } from "../read/verbs.ts";
import { REPORT_SYSCALL, SINGLE_STEP } from "./sources.ts";

const [TRAP_BRKPT, TRAP_TRACE, SI_USER] = [1, 2, 0];
const GETPID = 172;
const SS = 1n << 21n;
const at = (code: string, instructions = 0) => placeOf(code) + BigInt(4 * instructions);

/** A step at a piece of code, and its siginfo or its registers. */
const step = (code: string, words: Readonly<Record<string, bigint>> = {}): Script => [
  set(words, code),
  next("SINGLESTEP"),
];
const info = read("GETSIGINFO");

export const singleStep = requestFacts(
  "single-step",
  {
    "A step executes one instruction, and traps with TRAP_TRACE at the next one": [
      SINGLE_STEP,
      ["nop", [step("nops"), registers], { stop: "SIGTRAP", pc: at("nops", 1) }],
      ["nop, twice", [step("nops"), next("SINGLESTEP"), registers], { pc: at("nops", 2) }],
      ["nop, its siginfo", [step("nops"), info], { code: TRAP_TRACE, address: at("nops", 1) }],
      ["a branch to itself", [step("spin"), registers], { stop: "SIGTRAP", pc: at("spin") }],
    ],
    "A step at BRK does not pass it, and traps with TRAP_BRKPT": [
      "brk_handler, arch/arm64/kernel/debug-monitors.c",
      ["registers", [step("brk"), registers], { stop: "SIGTRAP", pc: at("brk") }],
      ["siginfo", [step("brk"), info], { code: TRAP_BRKPT, address: at("brk") }],
    ],
    "A step over a system call traps after it, with SI_USER and the result in x0": [
      REPORT_SYSCALL,
      [
        "registers",
        [step("svc", callOf(GETPID)), registers],
        { stop: "SIGTRAP", pc: at("svc", 1) },
      ],
      ["siginfo", [step("svc", callOf(GETPID)), info], { code: SI_USER }],
    ],
    "At the stop of a step pstate has SS, and a SETREGSET cannot clear it": [
      "user_regs_reset_single_step, arch/arm64/kernel/debug-monitors.c",
      ["read", [step("nops"), registers], { pstate: SS }],
      ["written", [step("nops"), set({}, "nops"), registers], { pstate: SS }],
      ["resumed", [step("nops"), set({}, "brk"), next(), registers], { pstate: 0n }],
    ],
  },
  {
    ...{ pc: register("pc"), pstate: register("pstate") },
    ...{ code: int(8), address: word(16) },
  },
);
