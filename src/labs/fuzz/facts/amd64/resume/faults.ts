import {
  CODE,
  CONSTANT,
  CONSTANTS,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
  STACK,
} from "../../../case/amd64/code.ts";
import {
  by,
  type CodeName,
  type Expectation,
  each,
  refusal,
  type StopName,
  setupFacts,
  trap,
} from "../../fact.ts";
import { unsigned, type Words } from "../../words.ts";
import { setregs } from "../setups.ts";
import { BAD_IRET, INT3, PROTECTION, UD2 } from "../sources.ts";

const RF = 0x10202n;
/** The unmapped page after the code, and addresses of the kernel's half. */
const HOLE = CODE + 4096n;
/** The end of user space with four levels of page tables. */
const TOP = 1n << 47n;
const [KERNEL, KERNEL_END] = [0xffff_8000_0000_0000n, unsigned(-4096n)];
const LAST = TOP - 4096n;
const END = SCRATCH + BigInt(SCRATCH_SIZE);

const AFTER_INT3 = { rip: placeOf("int3") + 1n, eflags: 0x202n, orig_rax: -1n };
const STRADDLE = placeOf("straddle");
const UNALIGNED = { rip: placeOf("load"), eflags: 0x50202n };

const UNMAPPED = "do_user_addr_fault, arch/x86/mm/fault.c";
const DENIED = "access_error, arch/x86/mm/fault.c";

const go = (code: string, words: Words = {}) => setregs(words, { on: "CONT", code });
const load = (rdi: bigint, eflags = 0x202n) => go("load", { rdi, eflags });
const store = (rdi: bigint) => go("store", { rdi });
const push = (rsp: bigint) => go("pushf", { rsp });
const fetch = (rip: bigint) => setregs({ rip }, { on: "CONT" });

/** A fault: rip stays, and RF is set. */
function fault(stop: StopName, code: CodeName, address: bigint, at: string | bigint): Expectation {
  const rip = typeof at === "string" ? placeOf(at) : at;
  return { stop, code, address: unsigned(address), stopped: { rip, eflags: RF, orig_rax: -1n } };
}
const unmapped = (address: bigint, at: string | bigint) =>
  fault("SIGSEGV", "SEGV_MAPERR", address, at);
const denied = (address: bigint, at: string | bigint) =>
  fault("SIGSEGV", "SEGV_ACCERR", address, at);
const protection = (at: string) => fault("SIGSEGV", "SI_KERNEL", 0n, at);
const after = (code: string, size: bigint) => trap({ rip: placeOf(code) + size });

export const instructions = setupFacts("exceptions", {
  "INT3: SIGTRAP, SI_KERNEL, si_addr 0, rip after it, RF clear": [
    by(INT3, "R43"),
    ["", go("int3"), { stop: "SIGTRAP", code: "SI_KERNEL", address: 0n, stopped: AFTER_INT3 }],
  ],
  "UD2: SIGILL, ILL_ILLOPN, si_addr = rip, RF set": [
    by(UD2, "R44 R51"),
    ["", go("ud2"), fault("SIGILL", "ILL_ILLOPN", placeOf("ud2"), "ud2")],
  ],
  "HLT: SIGSEGV, SI_KERNEL, si_addr 0": [by(PROTECTION, "R45"), ["", go("hlt"), protection("hlt")]],
  "DIV by 0, or with a quotient of more than 64 bits: SIGFPE, FPE_INTDIV, si_addr = rip": [
    by("exc_divide_error, arch/x86/kernel/traps.c", "R46"),
    ...each("rdx = rdi = %", [0n, 1n, 7n], (rdi) => [
      go("div", { rdi, rdx: rdi }),
      fault("SIGFPE", "FPE_INTDIV", placeOf("div"), "div"),
    ]),
  ],
  "MOV SS of a selector that is not a data segment: SIGSEGV, SI_KERNEL": [
    by(PROTECTION, "R56"),
    ...each("%", [0n, 0x10n], (rax) => [go("movss", { rax }), protection("movss")]),
  ],
  "RF that was written is clear after an instruction": [
    by("SDM volume 3, 18.3.1.1", "R52"),
    ...each("%", ["nops", "int3"], (code) => [go(code, { eflags: RF }), trap({ eflags: 0x202n })]),
  ],
});

const refusedLoad = protection("load");

export const accesses = setupFacts("memory accesses", {
  "Accesses to mapped memory do not fault": [
    "MOV, SDM volume 2",
    ["a load", load(CONSTANTS + 8n), trap({ rax: CONSTANT + 8n })],
    ["a load that is not aligned", load(CONSTANTS + 1n), after("load", 4n)],
    ["a store", store(SCRATCH), after("store", 4n)],
    ["PUSHF at the end of the stack", push(END), trap({ rsp: END - 8n })],
    ["PUSH and POP", go("stack", { rax: 0x1234n }), trap({ rbx: 0x1234n, rsp: STACK })],
  ],
  "An access to an unmapped address, or to the kernel's: SIGSEGV, SEGV_MAPERR, si_addr = the address":
    [
      by(UNMAPPED, "R47"),
      ...each("a load from %", [0n, HOLE, LAST, KERNEL], (at) => [load(at), unmapped(at, "load")]),
      ...each("a store to %", [0n, HOLE, LAST], (at) => [store(at), unmapped(at, "store")]),
      ["PUSHF below the stack", push(SCRATCH), unmapped(SCRATCH - 8n, "pushf")],
      ["PUSHF with rsp = 0", push(0n), unmapped(-8n, "pushf")],
    ],
  "An access to an address that is not canonical: SIGSEGV, SI_KERNEL, si_addr 0": [
    by(PROTECTION, "R45"),
    ["0x800000000000", load(TOP), refusedLoad, "no LA57"],
    ["0xfff0000000000000", load(0xfff0n << 48n), refusedLoad, "no LA57"],
    ["0x4000000000000000", load(1n << 62n), refusedLoad],
  ],
  "A push to an address that is not canonical: SIGBUS, SI_KERNEL, si_addr 0": [
    by("exc_stack_segment, arch/x86/kernel/traps.c", "R49"),
    ["PUSHF", push(1n << 62n), fault("SIGBUS", "SI_KERNEL", 0n, "pushf")],
    ["PUSH", go("stack", { rsp: 1n << 62n }), fault("SIGBUS", "SI_KERNEL", 0n, "stack")],
  ],
  "A load that crosses a page: si_addr is the first byte that is not mapped": [
    by(UNMAPPED, "R54"),
    ...each("%", [HOLE - 4n, CONSTANTS + 4092n], (at) => [load(at), unmapped(at + 4n, "load")]),
  ],
  "A store to memory that is not writable: SIGSEGV, SEGV_ACCERR, si_addr = the address": [
    by(DENIED, "R48"),
    ["code", store(CODE), denied(CODE, "store")],
    ["constants", store(CONSTANTS + 0x123n), denied(CONSTANTS + 0x123n, "store")],
    ["PUSHF", push(CONSTANTS + 8n), denied(CONSTANTS, "pushf")],
  ],
  "With AC an unaligned load: SIGBUS, BUS_ADRALN, si_addr 0, mapped or not": [
    by("exc_alignment_check, arch/x86/kernel/traps.c", "R50"),
    ...each("%", [CONSTANTS + 1n, 1n], (at) => [
      load(at, 0x40202n),
      { stop: "SIGBUS", code: "BUS_ADRALN", address: 0n, stopped: UNALIGNED },
    ]),
  ],
});

export const fetches = setupFacts("rip", {
  "rip in unmapped memory, or in the kernel's half: SIGSEGV, SEGV_MAPERR, si_addr = rip": [
    by(UNMAPPED, "R47"),
    ...each("%", [0n, HOLE, 1n << 32n, KERNEL, KERNEL_END], (it) => [fetch(it), unmapped(it, it)]),
    ["0x800000000000 with LA57", fetch(TOP), { stop: "SIGSEGV", code: "SEGV_MAPERR" }, "LA57"],
  ],
  "rip in memory that is not executable: SIGSEGV, SEGV_ACCERR, si_addr = rip": [
    by(DENIED, "R48"),
    ...each("%", [CONSTANTS, SCRATCH, STACK], (rip) => [fetch(rip), denied(rip, rip)]),
  ],
  "rip that is not canonical: SIGSEGV, SI_KERNEL, si_addr 0, eflags unchanged": [
    by(BAD_IRET, "R28"),
    ...each("%", [TOP, 1n << 55n, 1n << 62n, 0xffff_7fff_ffff_ffffn], (rip) => [
      fetch(rip),
      refusal({ rip, eflags: 0x202n }),
      "no LA57",
    ]),
  ],
  "An instruction that crosses a page: si_addr is the first byte that is not mapped": [
    by(UNMAPPED, "R47"),
    ...each("%", ["edge", "straddle"], (code) => [
      go(code),
      { stop: "SIGSEGV", code: "SEGV_MAPERR", address: HOLE, stopped: { rip: STRADDLE } },
    ]),
  ],
});
