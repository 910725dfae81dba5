import { CODE, CONSTANT, CONSTANTS, placeOf, SCRATCH, SCRATCH_SIZE, STACK } from "../case/code.ts";
import {
  BUS_ADRALN,
  type Expectation,
  type Fact,
  FPE_INTDIV,
  ILL_ILLOPN,
  type Need,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SI_KERNEL,
  setregs,
  show,
  tellOf,
  type Words,
} from "./fact.ts";

const tell = tellOf("faults");

const RF = 0x10202n;
const HOLE = CODE + 4096n;
const KERNEL = 0xffff_8000_0000_0000n;

/** A fault, at which rip stays and RF is set. */
const fault = (
  stop: "SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGFPE",
  code: number,
  address: bigint,
  rip: bigint,
): Expectation => ({ stop, code, address, stopped: { rip, eflags: RF, orig_rax: -1n } });

function* instructions(): Generator<Fact> {
  const go = (code: string, words: Words = {}) => setregs(words, { on: "CONT", code });
  const at = placeOf;
  yield tell("INT3: SIGTRAP, SI_KERNEL, si_addr 0, rip behind it, RF clear", "R43", go("int3"), {
    stop: "SIGTRAP",
    code: SI_KERNEL,
    address: 0n,
    stopped: { rip: at("int3") + 1n, eflags: 0x202n },
  });
  yield tell(
    "UD2: SIGILL, ILL_ILLOPN, si_addr = rip",
    "R44",
    go("ud2"),
    fault("SIGILL", ILL_ILLOPN, at("ud2"), at("ud2")),
  );
  yield tell(
    "HLT: SIGSEGV, SI_KERNEL, si_addr 0",
    "R45",
    go("hlt"),
    fault("SIGSEGV", SI_KERNEL, 0n, at("hlt")),
  );
  yield tell(
    "DIV by 0: SIGFPE, FPE_INTDIV, si_addr = rip",
    "R46",
    go("div", { rdi: 0n }),
    fault("SIGFPE", FPE_INTDIV, at("div"), at("div")),
  );
  yield tell(
    "DIV with a quotient of more than 64 bits: SIGFPE",
    "R46",
    go("div", { rdx: 1n, rdi: 1n }),
    fault("SIGFPE", FPE_INTDIV, at("div"), at("div")),
  );
  yield tell(
    "MOV SS with a selector that is none: SIGSEGV, SI_KERNEL",
    "R56",
    go("movss", { rax: 0x10n }),
    {
      stop: "SIGSEGV",
      stopped: { rip: at("movss") },
    },
  );
}

function* accesses(): Generator<Fact> {
  const load = (rdi: bigint, eflags = 0x202n) =>
    setregs({ rdi, eflags }, { on: "CONT", code: "load" });
  const store = (rdi: bigint) => setregs({ rdi }, { on: "CONT", code: "store" });
  const [loads, stores] = [placeOf("load"), placeOf("store")];
  yield tell("A load from a page of constants", "MOV, SDM volume 2", load(CONSTANTS + 8n), {
    stop: "SIGTRAP",
    stopped: { rax: CONSTANT + 8n },
  });
  for (const [what, at] of [
    ["0", 0n],
    ["a hole between two pages", HOLE],
    ["the last page of the lower half", (1n << 47n) - 4096n],
  ] as const) {
    yield tell(
      `A load from ${what}: SIGSEGV, SEGV_MAPERR, si_addr = the address`,
      "R47",
      load(at),
      fault("SIGSEGV", SEGV_MAPERR, at, loads),
    );
    yield tell(
      `A store to ${what}: SIGSEGV, SEGV_MAPERR, si_addr = the address`,
      "R47",
      store(at),
      fault("SIGSEGV", SEGV_MAPERR, at, stores),
    );
  }
  yield tell(
    "A load from the kernel's half: SIGSEGV, SEGV_MAPERR, si_addr = the address",
    "R47",
    load(KERNEL),
    fault("SIGSEGV", SEGV_MAPERR, KERNEL, loads),
  );
  for (const [at, ...needs] of [[1n << 47n, "no LA57"], [1n << 62n], [0xfff0n << 48n]] as [
    bigint,
    ...Need[],
  ][]) {
    yield tell(
      `A load from ${show(at)}, which is not canonical: SIGSEGV, SI_KERNEL, si_addr 0`,
      "R45",
      load(at),
      fault("SIGSEGV", SI_KERNEL, 0n, loads),
      ...needs,
    );
  }
  yield tell(
    "A load over the end of a page: si_addr is where the next begins",
    "R54",
    load(CODE + 4092n),
    fault("SIGSEGV", SEGV_MAPERR, HOLE, loads),
  );
  for (const [what, at] of [
    ["code", CODE],
    ["constants", CONSTANTS + 0x123n],
  ] as const) {
    yield tell(
      `A store to ${what}: SIGSEGV, SEGV_ACCERR, si_addr = the address`,
      "R48",
      store(at),
      fault("SIGSEGV", SEGV_ACCERR, at, stores),
    );
  }
  yield tell("A store to the stack", "MOV, SDM volume 2", store(SCRATCH), {
    stop: "SIGTRAP",
    stopped: { rip: stores + 4n },
  });
  yield tell(
    "With AC a load that is not aligned: SIGBUS, BUS_ADRALN, si_addr 0",
    "R50",
    load(CONSTANTS + 1n, 0x40202n),
    {
      stop: "SIGBUS",
      code: BUS_ADRALN,
      address: 0n,
      stopped: { rip: loads },
    },
  );
  yield tell("Without AC a load that is not aligned", "MOV, SDM volume 2", load(CONSTANTS + 1n), {
    stop: "SIGTRAP",
    stopped: { rip: loads + 4n },
  });
}

function* stack(): Generator<Fact> {
  const push = (rsp: bigint) => setregs({ rsp }, { on: "CONT", code: "pushf" });
  const at = placeOf("pushf");
  const end = SCRATCH + BigInt(SCRATCH_SIZE);
  yield tell("PUSHF at the end of the stack", "PUSHF, SDM volume 2", push(end), {
    stop: "SIGTRAP",
    stopped: { rsp: end - 8n, rip: at + 2n },
  });
  yield tell(
    "PUSHF where there is no stack: SIGSEGV, SEGV_MAPERR below rsp, which stays",
    "R47",
    push(SCRATCH),
    {
      ...fault("SIGSEGV", SEGV_MAPERR, SCRATCH - 8n, at),
    },
  );
  yield tell(
    "PUSHF with rsp = 0: SIGSEGV, SEGV_MAPERR",
    "R47",
    push(0n),
    fault("SIGSEGV", SEGV_MAPERR, -8n, at),
  );
  yield tell(
    "PUSHF into constants: SIGSEGV, SEGV_ACCERR",
    "R48",
    push(CONSTANTS + 8n),
    fault("SIGSEGV", SEGV_ACCERR, CONSTANTS, at),
  );
  yield tell(
    "PUSHF with rsp that is not canonical: SIGBUS, SI_KERNEL, si_addr 0",
    "R49",
    push(1n << 62n),
    fault("SIGBUS", SI_KERNEL, 0n, at),
  );
  yield tell(
    "PUSH and POP take a word along",
    "PUSH, SDM volume 2",
    setregs({ rax: 0x1234n }, { on: "CONT", code: "stack" }),
    {
      stop: "SIGTRAP",
      stopped: { rbx: 0x1234n, rsp: STACK },
    },
  );
}

/** RIP where nothing runs. */
function* fetches(): Generator<Fact> {
  const go = (rip: bigint) => setregs({ rip }, { on: "CONT" });
  for (const [what, rip] of [
    ["0", 0n],
    ["a hole between two pages", HOLE],
    ["4 GB", 1n << 32n],
    ["the kernel's half", KERNEL],
    ["the end of the kernel's half", -4096n],
  ] as const) {
    const address = BigInt.asUintN(64, rip);
    yield tell(
      `rip in ${what}: SIGSEGV, SEGV_MAPERR, si_addr = rip`,
      "R47",
      go(rip),
      fault("SIGSEGV", SEGV_MAPERR, address, rip),
    );
  }
  for (const [what, rip] of [
    ["constants", CONSTANTS],
    ["the stack", SCRATCH],
  ] as const) {
    yield tell(
      `rip in ${what}, which are not to be run: SIGSEGV, SEGV_ACCERR, si_addr = rip`,
      "R48",
      go(rip),
      fault("SIGSEGV", SEGV_ACCERR, rip, rip),
    );
  }
  for (const rip of [1n << 47n, 1n << 55n, 1n << 62n, 0xffff_7fff_ffff_ffffn]) {
    yield tell(
      `rip = ${show(rip)}, which is not canonical: SIGSEGV, SI_KERNEL, si_addr 0`,
      "R28",
      go(rip),
      {
        stop: "SIGSEGV",
        code: SI_KERNEL,
        address: 0n,
        stopped: { rip },
      },
      "no LA57",
    );
  }
  for (const code of ["edge", "straddle"]) {
    yield tell(
      `An instruction (${code}) over the end of a page: SIGSEGV, si_addr is where the next begins`,
      "R47",
      setregs({}, { on: "CONT", code }),
      {
        stop: "SIGSEGV",
        code: SEGV_MAPERR,
        address: HOLE,
        stopped: { rip: placeOf("straddle") },
      },
    );
  }
  yield tell(
    "RF that was set is clear once an instruction has run",
    "R52",
    setregs({ eflags: RF }, { on: "CONT", code: "nops" }),
    {
      stop: "SIGTRAP",
      stopped: { eflags: 0x202n },
    },
  );
}

export const faults: readonly Fact[] = [...instructions(), ...accesses(), ...stack(), ...fetches()];
