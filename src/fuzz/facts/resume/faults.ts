import {
  CODE,
  CONSTANT,
  CONSTANTS,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
  STACK,
} from "../../case/code.ts";
import {
  BUS_ADRALN,
  by,
  type Expectation,
  FPE_INTDIV,
  ILL_ILLOPN,
  type Row,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SI_KERNEL,
  type StopName,
  setupFacts,
} from "../fact.ts";
import { setregs, show, unsigned, type Words } from "../setups.ts";

const RF = 0x10202n;
/** The unmapped page after the code, and addresses of the kernel's half. */
const HOLE = CODE + 4096n;
const [KERNEL, KERNEL_END] = [0xffff_8000_0000_0000n, unsigned(-4096n)];

const TRAPS = "arch/x86/kernel/traps.c";
const GP = `exc_general_protection, ${TRAPS}`;
const UNMAPPED = "do_user_addr_fault, arch/x86/mm/fault.c";
const DENIED = "access_error, arch/x86/mm/fault.c";
const IRET = `fixup_bad_iret, ${TRAPS}`;

const go = (code: string, words: Words = {}) => setregs(words, { on: "CONT", code });
const load = (rdi: bigint, eflags = 0x202n) => go("load", { rdi, eflags });
const store = (rdi: bigint) => go("store", { rdi });
const push = (rsp: bigint) => go("pushf", { rsp });
const fetch = (rip: bigint) => setregs({ rip }, { on: "CONT" });

/** A fault: rip stays, and RF is set. */
function fault(stop: StopName, code: number, address: bigint, rip: bigint): Expectation {
  return { stop, code, address, stopped: { rip, eflags: RF, orig_rax: -1n } };
}
const unmapped = (address: bigint, code: string) =>
  fault("SIGSEGV", SEGV_MAPERR, unsigned(address), placeOf(code));
const denied = (address: bigint, code: string) =>
  fault("SIGSEGV", SEGV_ACCERR, address, placeOf(code));
const continues = (stopped: Words): Expectation => ({ stop: "SIGTRAP", stopped });

export const instructions = setupFacts("exceptions", (fact) => {
  fact(
    "INT3: SIGTRAP, SI_KERNEL, si_addr 0, rip after it, RF clear",
    by(`exc_int3, ${TRAPS}`, "R43"),
    [
      "",
      go("int3"),
      {
        ...{ stop: "SIGTRAP", code: SI_KERNEL, address: 0n },
        stopped: { rip: placeOf("int3") + 1n, eflags: 0x202n, orig_rax: -1n },
      },
    ],
  );
  fact(
    "UD2: SIGILL, ILL_ILLOPN, si_addr = rip, RF set",
    by(`handle_invalid_op, ${TRAPS}`, "R44 R51"),
    ["", go("ud2"), fault("SIGILL", ILL_ILLOPN, placeOf("ud2"), placeOf("ud2"))],
  );
  fact("HLT: SIGSEGV, SI_KERNEL, si_addr 0", by(GP, "R45"), [
    "",
    go("hlt"),
    fault("SIGSEGV", SI_KERNEL, 0n, placeOf("hlt")),
  ]);
  const div = placeOf("div");
  fact(
    "DIV by 0, or with a quotient of more than 64 bits: SIGFPE, FPE_INTDIV, si_addr = rip",
    by(`exc_divide_error, ${TRAPS}`, "R46"),
    ...[0n, 1n, 7n].map((rdi): Row => {
      const it = go("div", { rdi, rdx: rdi });
      return [`rdx = rdi = ${rdi}`, it, fault("SIGFPE", FPE_INTDIV, div, div)];
    }),
  );
  fact(
    "MOV SS of a selector that is not a data segment: SIGSEGV, SI_KERNEL",
    by(GP, "R56"),
    ...[0n, 0x10n].map((rax): Row => {
      return [show(rax), go("movss", { rax }), fault("SIGSEGV", SI_KERNEL, 0n, placeOf("movss"))];
    }),
  );
  fact(
    "RF that was written is clear after an instruction",
    by("SDM volume 3, 18.3.1.1", "R52"),
    ...["nops", "int3"].map((code): Row => {
      return [code, go(code, { eflags: RF }), continues({ eflags: 0x202n })];
    }),
  );
});

export const accesses = setupFacts("memory accesses", (fact) => {
  const end = SCRATCH + BigInt(SCRATCH_SIZE);
  const refusedLoad = fault("SIGSEGV", SI_KERNEL, 0n, placeOf("load"));
  fact(
    "Accesses to mapped memory do not fault",
    "MOV, SDM volume 2",
    ["a load", load(CONSTANTS + 8n), continues({ rax: CONSTANT + 8n })],
    ["a load that is not aligned", load(CONSTANTS + 1n), continues({ rip: placeOf("load") + 4n })],
    ["a store", store(SCRATCH), continues({ rip: placeOf("store") + 4n })],
    ["PUSHF at the end of the stack", push(end), continues({ rsp: end - 8n })],
    ["PUSH and POP", go("stack", { rax: 0x1234n }), continues({ rbx: 0x1234n, rsp: STACK })],
  );
  fact(
    "An access to an unmapped address, or to the kernel's: SIGSEGV, SEGV_MAPERR, si_addr = the address",
    by(UNMAPPED, "R47"),
    ...[0n, HOLE, (1n << 47n) - 4096n, KERNEL].map((at): Row => {
      return [`a load from ${show(at)}`, load(at), unmapped(at, "load")];
    }),
    ...[0n, HOLE, (1n << 47n) - 4096n].map((at): Row => {
      return [`a store to ${show(at)}`, store(at), unmapped(at, "store")];
    }),
    ["PUSHF below the stack", push(SCRATCH), unmapped(SCRATCH - 8n, "pushf")],
    ["PUSHF with rsp = 0", push(0n), unmapped(-8n, "pushf")],
  );
  fact(
    "An access to an address that is not canonical: SIGSEGV, SI_KERNEL, si_addr 0",
    by(GP, "R45"),
    ["0x800000000000", load(1n << 47n), refusedLoad, "no LA57"],
    ["0xfff0000000000000", load(0xfff0n << 48n), refusedLoad, "no LA57"],
    ["0x4000000000000000", load(1n << 62n), refusedLoad],
  );
  fact(
    "A push to an address that is not canonical: SIGBUS, SI_KERNEL, si_addr 0",
    by(`exc_stack_segment, ${TRAPS}`, "R49"),
    ["PUSHF", push(1n << 62n), fault("SIGBUS", SI_KERNEL, 0n, placeOf("pushf"))],
    ["PUSH", go("stack", { rsp: 1n << 62n }), fault("SIGBUS", SI_KERNEL, 0n, placeOf("stack"))],
  );
  fact(
    "A load that crosses a page: si_addr is the first byte that is not mapped",
    by(UNMAPPED, "R54"),
    ...[CODE, CONSTANTS].map((page): Row => {
      return [show(page + 4092n), load(page + 4092n), unmapped(page + 4096n, "load")];
    }),
  );
  fact(
    "A store to memory that is not writable: SIGSEGV, SEGV_ACCERR, si_addr = the address",
    by(DENIED, "R48"),
    ["code", store(CODE), denied(CODE, "store")],
    ["constants", store(CONSTANTS + 0x123n), denied(CONSTANTS + 0x123n, "store")],
    ["PUSHF", push(CONSTANTS + 8n), denied(CONSTANTS, "pushf")],
  );
  fact(
    "With AC an unaligned load: SIGBUS, BUS_ADRALN, si_addr 0, mapped or not",
    by(`exc_alignment_check, ${TRAPS}`, "R50"),
    ...[CONSTANTS + 1n, 1n].map((at): Row => {
      const expected = { stop: "SIGBUS", code: BUS_ADRALN, address: 0n } as const;
      const stopped = { rip: placeOf("load"), eflags: 0x50202n };
      return [show(at), load(at, 0x40202n), { ...expected, stopped }];
    }),
  );
});

export const fetches = setupFacts("rip", (fact) => {
  fact(
    "rip in unmapped memory, or in the kernel's half: SIGSEGV, SEGV_MAPERR, si_addr = rip",
    by(UNMAPPED, "R47"),
    ...[0n, HOLE, 1n << 32n, KERNEL, KERNEL_END].map((rip): Row => {
      return [show(rip), fetch(rip), fault("SIGSEGV", SEGV_MAPERR, rip, rip)];
    }),
    ["0x800000000000 with LA57", fetch(1n << 47n), { stop: "SIGSEGV", code: SEGV_MAPERR }, "LA57"],
  );
  fact(
    "rip in memory that is not executable: SIGSEGV, SEGV_ACCERR, si_addr = rip",
    by(DENIED, "R48"),
    ...[CONSTANTS, SCRATCH, STACK].map((rip): Row => {
      return [show(rip), fetch(rip), fault("SIGSEGV", SEGV_ACCERR, rip, rip)];
    }),
  );
  fact(
    "rip that is not canonical: SIGSEGV, SI_KERNEL, si_addr 0, eflags unchanged",
    by(IRET, "R28"),
    ...[1n << 47n, 1n << 55n, 1n << 62n, 0xffff_7fff_ffff_ffffn].map((rip): Row => {
      const expected = { stop: "SIGSEGV", code: SI_KERNEL, address: 0n } as const;
      return [show(rip), fetch(rip), { ...expected, stopped: { rip, eflags: 0x202n } }, "no LA57"];
    }),
  );
  fact(
    "An instruction that crosses a page: si_addr is the first byte that is not mapped",
    by(UNMAPPED, "R47"),
    ...["edge", "straddle"].map((code): Row => {
      const stopped = { rip: placeOf("straddle") };
      return [code, go(code), { stop: "SIGSEGV", code: SEGV_MAPERR, address: HOLE, stopped }];
    }),
  );
});
