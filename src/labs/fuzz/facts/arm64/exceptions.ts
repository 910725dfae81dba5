import { CONSTANT, CONSTANTS, HOLE, placeOf, STACK } from "../../case/arm64/code.ts";
import { each, requestFacts } from "../read/bench.ts";
import { int, register, word } from "../read/places.ts";
import { go, read, registers, type Script } from "../read/verbs.ts";

const FAULT = "do_page_fault, arch/arm64/mm/fault.c";
const ALIGNMENT = "do_sp_pc_abort, arch/arm64/mm/fault.c";
const UNDEFINED = "do_el0_undef, arch/arm64/kernel/traps.c";
const [SIGILL, SIGBUS, SIGSEGV] = [4, 7, 11];
const [ILL_ILLOPC, BUS_ADRALN, SEGV_MAPERR, SEGV_ACCERR] = [1, 1, 1, 2];

/** What GETSIGINFO has after code was resumed with words. */
const raises = (code: string, words: Readonly<Record<string, bigint>> = {}): Script => [
  go(words, code),
  read("GETSIGINFO"),
];
const is = (signo: number, code: number, address: bigint) => ({ signo, code, address });

export const exceptions = requestFacts(
  "exceptions",
  {
    "pc at an address that is not a multiple of 4 is SIGBUS, BUS_ADRALN": [
      ALIGNMENT,
      ...each("+ %", [1n, 2n, 3n], (by) => [
        raises("nops", { pc: placeOf("nops") + by }),
        is(SIGBUS, BUS_ADRALN, placeOf("nops") + by),
      ]),
    ],
    "An access by sp that is not a multiple of 16 is SIGBUS, BUS_ADRALN": [
      ALIGNMENT,
      ...each("- %", [1n, 4n, 8n], (by) => [
        raises("stack", { sp: STACK - by }),
        is(SIGBUS, BUS_ADRALN, STACK - by),
      ]),
    ],
    "pc where nothing is mapped is SEGV_MAPERR, and at memory without code SEGV_ACCERR": [
      FAULT,
      ["not mapped", raises("nops", { pc: HOLE }), is(SIGSEGV, SEGV_MAPERR, HOLE)],
      ["0", raises("nops", { pc: 0n }), is(SIGSEGV, SEGV_MAPERR, 0n)],
      ["constants", raises("nops", { pc: CONSTANTS }), is(SIGSEGV, SEGV_ACCERR, CONSTANTS)],
    ],
    "A load where nothing is mapped is SEGV_MAPERR, and a store to constants SEGV_ACCERR": [
      FAULT,
      ["load", raises("load", { x1: HOLE }), is(SIGSEGV, SEGV_MAPERR, HOLE)],
      ["store", raises("store", { x1: HOLE }), is(SIGSEGV, SEGV_MAPERR, HOLE)],
      ["constants", raises("store", { x1: CONSTANTS }), is(SIGSEGV, SEGV_ACCERR, CONSTANTS)],
    ],
    "The highest byte of an address is a tag, which a load ignores": [
      "TCR_TBI0, arch/arm64/mm/proc.S",
      ["", [go({ x1: CONSTANTS | (0x12n << 56n) }, "load"), registers], { x0: CONSTANT }],
    ],
    "Instructions that programs may not execute are SIGILL, ILL_ILLOPC": [
      UNDEFINED,
      ...each("%", ["udf", "hlt", "daif"], (code) => [
        raises(code),
        is(SIGILL, ILL_ILLOPC, placeOf(code)),
      ]),
    ],
    "BTYPE has no effect on code that is mapped without PROT_BTI": [
      "do_el0_bti, arch/arm64/kernel/traps.c",
      ...each("pstate = 0x%", [0x400n, 0x800n, 0xc00n], (pstate) => [
        go({ pstate }, "nops"),
        { stop: "SIGTRAP" },
      ]),
    ],
    "The flags of pstate are the program's": [
      "valid_native_regs, arch/arm64/kernel/ptrace.c",
      ...each("0x%", [0n, 0x5000_0000n, 0xf000_0000n], (pstate) => [
        [go({ pstate }, "flags"), registers],
        { x0: pstate },
      ]),
    ],
  },
  { signo: int(0), code: int(8), address: word(16), x0: register("x0") },
);
