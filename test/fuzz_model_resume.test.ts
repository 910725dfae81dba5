import { suite } from "uvu";
import { CONSTANTS, placeOf, SCRATCH, STACK } from "../src/fuzz/case/code.ts";
import { type Fact, Facts } from "./model_facts.ts";

const resuming = suite("fuzz: the model of resuming");
const facts = new Facts();
const { features } = facts.machine;

const EIO = 5;
const [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] = [4, 5, 7, 8, 11];
const [SIGUSR1, SIGUSR2, SIGSTOP] = [10, 12, 19];
const [SI_KERNEL, TRAP_BRKPT, TRAP_TRACE, SEGV_MAPERR, SEGV_ACCERR] = [128, 1, 2, 1, 2];
const [GETPID, CALL_STOP] = [39, 0x85];
const hex = (word: bigint): string => `0x${BigInt.asUintN(64, word).toString(16)}`;
const stop = (signal: number): number => (signal << 8) | 0x7f;
/** What INT3 behind a piece of code of so many bytes comes to. */
const breaks = (code: string, bytes: number) => ({
  ...{ status: stop(SIGTRAP), signal: SIGTRAP, code: SI_KERNEL, address: 0 },
  "stopped.rip": placeOf(code) + BigInt(bytes + 1),
  "stopped.orig_rax": -1,
});
const faults = (signal: number, code: number, address: bigint) => ({
  ...{ status: stop(signal), signal, code, address },
  "stopped.orig_rax": -1,
});
/** A signal that refuses what was asked for, with the registers as they were asked for. */
const refuses = faults(SIGSEGV, SI_KERNEL, 0n);
const traps = (code: number, rip: bigint) => ({
  ...{ status: stop(SIGTRAP), signal: SIGTRAP, code, address: rip, "stopped.rip": rip },
});
const poke = (from: string, registers: Record<number, bigint>) => ({
  ...{ from, way: "POKEUSER" },
  pairs: Object.entries(registers).map(([offset, word]) => ({
    offset: hex(BigInt(offset)),
    word: hex(word),
  })),
});
const at = (code: string, registers: Record<string, string> = {}, more: object = {}) => ({
  ...{ code, registers },
  ...more,
});
const CALL = placeOf("syscall");

const signals: Record<string, Fact> = {
  "there is no signal 65": {
    of: at("int3", {}, { signal: 65 }),
    sees: { resumed: EIO },
    rule: "R1",
  },
  "signal 64 ends the process": {
    of: at("int3", {}, { signal: 64 }),
    sees: { resumed: 0, status: 64 },
  },
  "SIGCHLD does nothing": {
    of: at("nops", {}, { signal: 17 }),
    sees: breaks("nops", 16),
    rule: "R3",
  },
  "SIGTSTP does nothing in an orphaned process group": {
    of: at("nops", {}, { signal: 20 }),
    sees: breaks("nops", 16),
    rule: "R4",
  },
  "SIGSTOP stops": {
    of: at("int3", { rax: "0x7" }, { signal: SIGSTOP }),
    sees: { status: stop(SIGSTOP), "stopped.rax": 7 },
    rule: "R5",
  },
  "a group-stop takes no signal": {
    of: at("int3", {}, { from: "group", signal: 11 }),
    sees: breaks("int3", 0),
    rule: "R7",
  },
  "a signal given at the stop of a call stops again": {
    of: at("int3", { rax: "0x7" }, { from: "exit", signal: 11 }),
    sees: { status: stop(SIGSEGV), signal: SIGSEGV, code: SI_KERNEL, address: 0, "stopped.rax": 7 },
    rule: "R8",
  },
  "SIGKILL does not": { of: at("int3", {}, { from: "exit", signal: 9 }), sees: { status: 9 } },
  "a signal that is blocked is not delivered": {
    of: { from: "exit", way: "SIGMASK", words: [hex(1n << 9n)], length: 8, signal: SIGUSR1 },
    sees: breaks("syscall", 2),
  },
  "one that an instruction could raise comes in the place of SIGTRAP, though it is blocked": {
    of: { from: "exit", way: "SIGMASK", words: [hex(-1n)], length: 8, signal: SIGILL },
    sees: { status: stop(SIGILL), signal: SIGILL, code: SI_KERNEL, "stopped.rip": CALL + 3n },
    rule: "R65",
  },
};

const restarts: Record<string, Fact> = {
  "-ERESTARTSYS makes a call again, wherever rip is": {
    of: at("nops", { rax: hex(-512n), orig_rax: "0x7", rip: hex(placeOf("nops") + 2n) }),
    sees: { ...breaks("nops", 16), "stopped.rax": 7 },
    rule: "R10",
  },
  "-ERESTART_RESTARTBLOCK asks for restart_syscall": {
    of: at("nops", { rax: hex(-516n), orig_rax: "0x7", rip: hex(placeOf("nops") + 2n) }),
    sees: { "stopped.rax": 219 },
    rule: "R11",
  },
  "-515 is left as it is": {
    of: at("nops", { rax: hex(-515n), orig_rax: "0x7" }),
    sees: { "stopped.rax": -515 },
  },
  "an int is no error": {
    of: at("nops", { rax: "0xfffffe00", orig_rax: "0x7" }),
    sees: { "stopped.rax": 0xffff_fe00 },
  },
  "orig_rax counts as an int": {
    of: at("nops", { rax: hex(-512n), orig_rax: "0xffffffff" }),
    sees: { "stopped.rax": -512 },
    rule: "R12",
  },
  "from the exit of a call -512 reaches the program": {
    of: at("nops", { rax: hex(-512n), orig_rax: "0x7" }, { from: "exit" }),
    sees: { "stopped.rax": -512 },
  },
  "from a group-stop a call is made again": {
    of: at("nops", { rax: hex(-514n), orig_rax: "0x7" }, { from: "group" }),
    sees: { "stopped.rax": 7 },
  },
  "a handler gets -EINTR for -ERESTARTSYS": {
    of: at("nops", { rax: hex(-512n), orig_rax: "0x7" }, { signal: SIGUSR1 }),
    sees: { "frame.rax": -4, "frame.rip": placeOf("nops") },
    rule: "R14",
  },
  "with SA_RESTART the call is made again after it": {
    of: at("nops", { rax: hex(-512n), orig_rax: "0x7" }, { signal: SIGUSR2 }),
    sees: { "frame.rax": 7, "frame.rip": placeOf("nops") - 2n },
    rule: "R15",
  },
  "-ERESTARTNOINTR is made again in any case": {
    of: at("nops", { rax: hex(-513n), orig_rax: "0x7" }, { signal: SIGUSR1 }),
    sees: { "frame.rax": 7, "frame.rip": placeOf("nops") - 2n },
  },
  "-ERESTARTNOHAND is not, even with SA_RESTART": {
    of: at("nops", { rax: hex(-514n), orig_rax: "0x7" }, { signal: SIGUSR2 }),
    sees: { "frame.rax": -4, "frame.rip": placeOf("nops") },
    rule: "R13",
  },
};

const handlers: Record<string, Fact> = {
  "a handler is entered with the signal's number, and without DF and TF": {
    of: at("nops", { eflags: "0x702", rcx: "0x9" }, { signal: SIGUSR1 }),
    sees: {
      ...breaks("handler", 0),
      ...{ "stopped.rdi": SIGUSR1, "stopped.rax": 0, "stopped.rcx": 9 },
      ...{ "stopped.eflags": 0x202, "frame.eflags": 0x702, "frame.oldmask": 0 },
    },
    rule: "R22",
  },
  "a handler runs in 64 bits with a stack segment that can be used": {
    of: at("nops", { cs: "0x23", ss: "0x7" }, { signal: SIGUSR1 }),
    sees: { "stopped.cs": 0x33, "stopped.ss": 0x2b, "frame.selectors": 0x0007_0000_0000_0023n },
    rule: "R21",
  },
  "where there is no room for a frame there is SIGSEGV": {
    of: at("nops", { rsp: hex(SCRATCH + 600n) }, { signal: SIGUSR1 }),
    sees: {
      ...{ status: stop(SIGSEGV), signal: SIGSEGV, code: SI_KERNEL, address: 0 },
      "stopped.rip": placeOf("nops"),
    },
    rule: "R19",
  },
  "a single-step stops before a handler's first instruction": {
    of: at("nops", {}, { signal: SIGUSR1, on: "SINGLESTEP" }),
    sees: {
      ...{ status: stop(SIGTRAP), signal: SIGTRAP, code: 5, "stopped.rip": placeOf("handler") },
      "frame.eflags": 0x202,
    },
    rule: "R24",
  },
};

const returning: Record<string, Fact> = {
  "a selector that names nothing becomes 0": {
    of: at("int3", { ds: "0x63", es: "0xffff", fs: "0x2b", gs: "0x7b" }),
    sees: { "stopped.ds": 0, "stopped.es": 0, "stopped.fs": 0x2b, "stopped.gs": 0x7b },
    rule: "R25",
  },
  "IRET clears a null selector": {
    of: at("int3", { ds: "0x3" }),
    sees: { "stopped.ds": 0 },
    rule: "R63",
  },
  "SYSRET leaves it, but not for long": {
    of: poke("exit", { 184: 3n }),
    sees: breaks("syscall", 2),
    rule: "U11",
  },
  "with another rcx it is not SYSRET": {
    of: poke("exit", { 184: 3n, 88: 0n }),
    sees: { "stopped.ds": 0 },
    rule: "R63",
  },
  "a return that is refused leaves it, too": {
    of: at("int3", { fs: "0x3", ss: "0x7" }),
    sees: { ...refuses, "stopped.fs": 3, "stopped.ss": 7 },
  },
  "cs must be code": {
    of: at("int3", { cs: "0x2b" }),
    sees: { ...refuses, "stopped.cs": 0x2b, "stopped.eflags": 0x202 },
    rule: "R26",
  },
  "ss must be data": { of: at("int3", { ss: "0x33" }), sees: refuses, rule: "R27" },
  "32-bit code has no upper half of rip": {
    of: at("int3", { cs: "0x23", rip: hex(placeOf("int3") + (1n << 32n)) }),
    sees: refuses,
    rule: "R62",
  },
  "32-bit code has no upper half of rsp": {
    of: at("int3", { cs: "0x23", rsp: hex(-8n) }),
    sees: { ...breaks("int3", 0), "stopped.rsp": 0xffff_fff8, "stopped.cs": 0x23 },
    rule: "R29",
  },
  "bases stay what was written, whatever the selectors are": {
    of: at("bases", { fs: "0x2b", gs: "0x63", fs_base: "0x1234", gs_base: "0x5678" }),
    sees: features.includes("fsgsbase") ? { "stopped.rax": 0x1234, "stopped.rbx": 0x5678 } : {},
  },
};

const calls: Record<string, Fact> = {
  "SYSCALL puts rip into rcx and eflags into r11": {
    of: at("syscall", { rax: "0x3e8", eflags: "0x44602" }),
    sees: {
      ...{ "stopped.rcx": CALL + 2n, "stopped.r11": 0x44602, "stopped.rax": -38 },
      "stopped.rip": CALL + 3n,
    },
    rule: "R38",
  },
  "PTRACE_SYSCALL stops on the way in": {
    of: at("syscall", { rax: "0x7fffffffffffffff" }, { on: "SYSCALL" }),
    sees: {
      ...{ status: stop(CALL_STOP), code: CALL_STOP, "stopped.orig_rax": 2n ** 63n - 1n },
      "stopped.rax": -38,
    },
    rule: "R39",
  },
  "so does PTRACE_SYSEMU": {
    of: at("syscall", { rax: "0x27" }, { on: "SYSEMU" }),
    sees: { status: stop(CALL_STOP), "stopped.orig_rax": GETPID },
  },
  "rax at an entry stop does not choose the call": {
    of: at("int3", { rax: "0x18", orig_rax: "0x3e8" }, { from: "entry", on: "SYSCALL" }),
    sees: { status: stop(CALL_STOP), "stopped.rax": -38 },
    rule: "R34",
  },
  "orig_rax does": {
    of: at("int3", { orig_rax: "0x18" }, { from: "entry", on: "SYSCALL" }),
    sees: { "stopped.rax": 0 },
    rule: "R31",
  },
  "its low half, to be exact": {
    of: at("int3", { orig_rax: "0xffffffff00000018" }, { from: "entry", on: "SYSCALL" }),
    sees: { "stopped.rax": 0, "stopped.orig_rax": 0xffff_ffff_0000_0018n },
  },
  "-1 skips the call, but a filter has its say": {
    of: at("int3", { rax: "0x7", orig_rax: hex(-1n) }, { from: "entry" }),
    sees: { "stopped.rax": -38 },
    rule: "R30",
  },
  "restart_syscall with nothing to restart is -EINTR": {
    of: at("syscall", { rax: "0xdb" }),
    sees: { "stopped.rax": -4 },
    rule: "R32",
  },
  "after SYSEMU the call is not run, though PTRACE_SYSCALL stops on its way out": {
    of: at("int3", { rax: "0x7", orig_rax: "0x18" }, { from: "sysemu", on: "SYSCALL" }),
    sees: { status: stop(CALL_STOP), "stopped.rax": 7 },
    rule: "R33",
  },
  "a single-step on the way out of a call traps at once": {
    of: at("nops", {}, { from: "entry", on: "SINGLESTEP" }),
    sees: traps(TRAP_BRKPT, placeOf("nops")),
    rule: "R35",
  },
  "PTRACE_SYSEMU_SINGLESTEP does not": {
    of: at("nops", {}, { from: "entry", on: "SYSEMU_SINGLESTEP" }),
    sees: traps(TRAP_TRACE, placeOf("nops") + 1n),
    rule: "R36",
  },
  "a single-step over SYSCALL leaves its TF in r11": {
    of: at("syscall", { rax: "0x3e8" }, { on: "SINGLESTEP" }),
    sees: {
      ...traps(TRAP_BRKPT, CALL + 2n),
      ...{ "stopped.r11": 0x302, "stopped.eflags": 0x202 },
    },
  },
  "a program's own TF does not trap after SYSCALL": {
    of: at("syscall", { rax: "0x3e8", eflags: "0x302" }),
    sees: { ...breaks("syscall", 2), "stopped.eflags": 0x302 },
    rule: "R42",
  },
  ...(features.includes("uprobe") && {
    "a filter does not see uprobe": {
      of: at("syscall", { rax: "0x150" }),
      sees: { "stopped.rax": -6 },
      rule: "R68",
    },
  }),
  ...(features.includes("uretprobe") && {
    "a filter does not see uretprobe": {
      of: at("syscall", { rax: "0x14f" }),
      sees: { status: stop(SIGILL), code: SI_KERNEL, "stopped.rax": -1 },
      rule: "R70",
    },
  }),
  ...(features.includes("ia32") && {
    "INT 0x80 takes the low half of rax": {
      of: at("int80", { rax: hex(-2n), rcx: "0x9" }, { on: "SYSCALL" }),
      sees: { status: stop(CALL_STOP), "stopped.orig_rax": 0xffff_fffe, "stopped.rcx": 9 },
      rule: "R58",
    },
  }),
};

const instructions: Record<string, Fact> = {
  "INT3 is behind rip, and leaves RF cleared": {
    of: at("int3", { eflags: "0x10202" }),
    sees: { ...breaks("int3", 0), "stopped.eflags": 0x202 },
    rule: "R52",
  },
  "UD2 is at rip, and sets RF": {
    of: at("ud2"),
    sees: { ...faults(SIGILL, 2, placeOf("ud2")), "stopped.eflags": 0x10202 },
    rule: "R51",
  },
  "HLT is like a wrong selector": {
    of: at("hlt"),
    sees: { ...refuses, "stopped.rip": placeOf("hlt"), "stopped.eflags": 0x10202 },
  },
  "DIV by 0": { of: at("div", { rdi: "0x0" }), sees: faults(SIGFPE, 1, placeOf("div")) },
  "DIV of too much": {
    of: at("div", { rdi: "0x7", rdx: "0x7" }),
    sees: faults(SIGFPE, 1, placeOf("div")),
    rule: "R46",
  },
  "DIV divides 128 bits": {
    of: at("div", { rdi: "0x7", rdx: "0x6", rax: hex(-1n) }),
    sees: { "stopped.rax": -1, "stopped.rdx": 6 },
  },
  "nothing is at 0": {
    of: at("load", { rdi: "0x0" }),
    sees: { ...faults(SIGSEGV, SEGV_MAPERR, 0n), "stopped.rip": placeOf("load") },
    rule: "R47",
  },
  "the kernel's half is like what is not mapped": {
    of: at("load", { rdi: hex(-(1n << 47n)) }),
    sees: faults(SIGSEGV, SEGV_MAPERR, -(1n << 47n) + 2n ** 64n),
  },
  "a load over the end of a page faults at the next": {
    of: at("load", { rdi: hex(CONSTANTS + 4092n) }),
    sees: faults(SIGSEGV, SEGV_MAPERR, CONSTANTS + 4096n),
    rule: "R54",
  },
  "constants cannot be written": {
    of: at("store"),
    sees: faults(SIGSEGV, SEGV_ACCERR, CONSTANTS),
    rule: "R48",
  },
  "the stack cannot be run": {
    of: at("int3", { rip: hex(STACK) }),
    sees: faults(SIGSEGV, SEGV_ACCERR, STACK),
  },
  "an instruction that a page cuts off faults behind it": {
    of: at("edge"),
    sees: {
      ...faults(SIGSEGV, SEGV_MAPERR, placeOf("straddle") + 1n),
      "stopped.rip": placeOf("straddle"),
    },
  },
  "with AC an access that is not aligned is SIGBUS": {
    of: at("load", { rdi: hex(CONSTANTS + 1n), eflags: "0x40202" }),
    sees: { ...faults(SIGBUS, 1, 0n), "stopped.eflags": 0x50202 },
    rule: "R50",
  },
  "AC comes before what is not mapped": {
    of: at("load", { rdi: "0x1", eflags: "0x40202" }),
    sees: faults(SIGBUS, 1, 0n),
  },
  "with TF there is a trap after an instruction, and TF stays": {
    of: at("nops", { eflags: "0x302" }),
    sees: { ...traps(TRAP_TRACE, placeOf("nops") + 1n), "stopped.eflags": 0x302 },
    rule: "R40",
  },
  "a single-step's TF is not seen": {
    of: at("nops", {}, { on: "SINGLESTEP" }),
    sees: { ...traps(TRAP_TRACE, placeOf("nops") + 1n), "stopped.eflags": 0x202 },
    rule: "R41",
  },
  "a single-step shows a program's own TF": {
    of: at("nops", { eflags: "0x302" }, { on: "SINGLESTEP" }),
    sees: { ...traps(TRAP_TRACE, placeOf("nops") + 1n), "stopped.eflags": 0x302 },
  },
  "MOV SS delays a trap over INT3": {
    of: at("movss", { rax: "0x2b", eflags: "0x302" }),
    sees: breaks("movss", 2),
    rule: "R55",
  },
  "MOV SS takes no null selector": {
    of: at("movss", { rax: "0x0" }),
    sees: { ...refuses, "stopped.rip": placeOf("movss") },
    rule: "R56",
  },
  "a byte is a prefix in 64 bits, and INC in 32": {
    of: at("inc32", { cs: "0x23", rax: hex(-1n) }),
    sees: { ...breaks("inc32", 1), "stopped.rax": 0, "stopped.eflags": 0x256 },
  },
  "32-bit code needs a data segment": {
    of: at("load", { cs: "0x23", rax: "0x5" }),
    sees: { ...refuses, "stopped.rip": placeOf("load") + 1n, "stopped.rax": 4 },
    rule: "R57",
  },
  "in 32 bits a push over the end of 4 GB is SIGBUS": {
    of: at("stack", { cs: "0x23", rsp: "0x1" }),
    sees: faults(SIGBUS, SI_KERNEL, 0n),
    rule: "R69",
  },
  ...(!features.includes("la57") && {
    "rip that is not canonical is refused": {
      of: at("int3", { rip: "0x800000000000" }),
      sees: { ...refuses, "stopped.rip": 1n << 47n, "stopped.eflags": 0x202 },
      rule: "R28",
    },
    "a load from what is not canonical is like HLT": {
      of: at("load", { rdi: "0x800000000000" }),
      sees: { ...refuses, "stopped.rip": placeOf("load") },
      rule: "R45",
    },
    "a push to what is not canonical is SIGBUS": {
      of: at("stack", { rsp: "0x800000000008" }),
      sees: { ...faults(SIGBUS, SI_KERNEL, 0n), "stopped.rip": placeOf("stack") },
      rule: "R49",
    },
  }),
};

for (const table of [signals, restarts, handlers, returning, calls, instructions]) {
  facts.test(resuming, table);
}
resuming.after(() => facts.close());
resuming.run();
