/* What the machine is, as /proc/cpuinfo says and a stub shows. */

import { constants } from "node:os";
import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { Deadline } from "../../../../core/shim/records.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import { errnoName } from "../../../../lib/errno.ts";
import { StopError } from "../../../../lib/errors.ts";
import { cpuinfo } from "../cpuinfo.ts";
import { type Feature, OF_PROCESSOR } from "./features.ts";
import { checksXstateSize, restoresAltstackFirst } from "./frames.ts";
import { ALL_BITS, CS_32, OF_KERNEL, PLACE, SI_CODE, SIGNAL, type Trial } from "./trials.ts";
import { PTRACE_SETFPREGS, readFpregs, readXstate } from "./xstate.ts";

export { FEATURES } from "./features.ts";
export { UNSEEN_CALLS } from "./trials.ts";
export const VSYSCALL_HALF = 0xffff_ffff;
/** The features that only a stub shows. */
export const KERNEL_FEATURES: readonly Feature[] = [
  ...new Set(OF_KERNEL.map(([name]) => name)),
  "altstack_first",
];

const [PTRACE_POKEUSER, PTRACE_GETSIGINFO] = [6, 0x4202];
/** Debug register 6 without an event: DR6_RESERVED, asm/debugreg.h. */
const DR6_RESET = 0xffff_0ff0n;
const { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } = constants.signals;
/** What a stub shows: features of the kernel, and how the XSAVE area is laid out. */
export function readKernel(stub: Stub) {
  const five = hasFiveLevels(stub);
  const able = takesCs32(stub);
  const isFor = (trial: Trial) => {
    if (!("where" in trial) || trial.where === undefined) return true;
    return trial.where === "cs32" ? able : (trial.where === "la57") === five;
  };
  const shown = OF_KERNEL.filter(([, trial]) => isFor(trial) && shows(trial, stub));
  const features = [...featuresIn(cpuinfo()("flags")), ...shown.map(([name]) => name)];
  if (five) features.push("la57");
  const xstate = readXstate(stub);
  if (checksXstateSize(stub, xstate.frameLength)) features.push("xstate_size_check");
  if (restoresAltstackFirst(stub)) features.push("altstack_first");
  return { ...xstate, features };
}

/** The features that flags of /proc/cpuinfo name. */
function featuresIn(flags: string): Feature[] {
  const named = new Set(flags.split(" "));
  return OF_PROCESSOR.filter((name) => named.has(name));
}

/**
 * Whether a hint above the 47 bits of four levels of page tables is followed. gVisor shows the flag la57 of the processor,
 * and has four levels.
 */
function hasFiveLevels(stub: Stub): boolean {
  const hint = 1n << 48n;
  const { tracer } = stub;
  const flags = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
  const page = stub.call("mmap", hint, PAGE_SIZE, tracer.flag("PROT_READ"), flags, -1, 0);
  stub.call("munmap", page, PAGE_SIZE);
  return page === hint;
}

function shows(trial: Trial, stub: Stub): boolean {
  if ("code" in trial) return leaves(trial, stub);
  if ("fpregs" in trial) return setsFpregs(trial, stub);
  if ("request" in trial) return request(trial, stub) === trial.result;
  try {
    const { errno } = stub.inject(trial.call);
    return errno !== null && errno === errnoName(Number(trial.errno));
  } catch (error) {
    if (error instanceof StopError) return trial.errno === "stops";
    throw error;
  }
}

/** Whether cs of 32-bit code can be written, and is what was written. */
function takesCs32({ tracer, thread }: Stub): boolean {
  const write = (cs: bigint) => tracer.shim.ptrace(PTRACE_POKEUSER, thread.tid, CS_OFFSET, cs);
  const own = thread.expect("stopped").registers().cs ?? 0n;
  write(CS_32);
  const isTaken = thread.expect("stopped").registers().cs === CS_32;
  write(own);
  return isTaken;
}

/** Makes a request, and undoes it with zeros. */
function request(
  { request, words }: Extract<Trial, { request: number }>,
  { tracer, thread }: Stub,
): number {
  const make = (data: BigUint64Array) =>
    tracer.shim.ptrace(request, thread.tid, data.byteLength, data);
  const result = make(BigUint64Array.from(words));
  if (words.length > 0) make(new BigUint64Array(words.length));
  return result;
}

/** Signals that code can end with; those of other processes are passed over. */
const ENDS: readonly (number | undefined)[] = [SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE];

function leaves(trial: Extract<Trial, { code: unknown }>, stub: Stub): boolean {
  const { code, offset = 0, start = 0, leavesCall = false, breakpoint, words, sees } = trial;
  const { tracer, thread } = stub;
  const access = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const kind = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
  const page = stub.call("mmap", PLACE, PAGE_SIZE, access, kind, -1, 0);
  // A kernel that places it elsewhere cannot be asked.
  if (page !== PLACE) {
    stub.call("munmap", page, PAGE_SIZE);
    return false;
  }
  const own = readFpregs(thread.tid, tracer);
  stub.write(page + BigInt(offset), Uint8Array.from(code));
  stub.call("mprotect", page, PAGE_SIZE, tracer.flag("PROT_READ") | tracer.flag("PROT_EXEC"));
  const { frame } = tracer;
  frame.copyFrom(thread.initial);
  frame.set("rip", page + BigInt(offset + start));
  const deadline = new Deadline(tracer.deadline);
  if (leavesCall) {
    frame.set("rax", tracer.syscallNumber("getpid"));
    thread.expect("stopped").writeRegisters(frame);
    // To its entry, and to its exit.
    for (let stops = 0; stops < 2; stops += thread.wait(deadline).kind === "syscall" ? 1 : 0)
      thread.expect("stopped").resume("PTRACE_SYSCALL");
    thread.expect("stopped").readRegisters(frame);
  }
  for (const [name, word] of Object.entries(words)) frame.set(name, word);
  thread.expect("stopped").writeRegisters(frame);
  if (breakpoint !== undefined) setBreakpoint(stub, page + BigInt(breakpoint), 1n);
  let signal: number | undefined;
  do signal = thread.next(deadline).signal;
  while (!ENDS.includes(signal));
  const info = new Int32Array(32);
  tracer.shim.ptrace(PTRACE_GETSIGINFO, thread.tid, 0, info);
  const seen = {
    ...thread.expect("stopped").registers(),
    [SIGNAL]: BigInt(signal ?? 0),
    [SI_CODE]: BigInt(info[2] ?? 0),
  };
  if (breakpoint !== undefined) setBreakpoint(stub, 0n, 0n);
  if (own !== undefined) tracer.shim.ptrace(PTRACE_SETFPREGS, thread.tid, 0, own);
  stub.call("munmap", page, PAGE_SIZE);
  return ((seen[sees.register] ?? 0n) & (sees.bits ?? ALL_BITS)) === sees.word;
}

/** cs in struct user. */
const CS_OFFSET = 17n * 8n;
/** u_debugreg in struct user. */
const DEBUG_REGISTERS = 848n;

/** Sets debug registers 0, 6 and 7, where there are any. */
function setBreakpoint({ tracer, thread }: Stub, address: bigint, control: bigint): void {
  const poke = (register: bigint, word: bigint) =>
    tracer.shim.ptrace(PTRACE_POKEUSER, thread.tid, DEBUG_REGISTERS + 8n * register, word);
  poke(0n, address);
  poke(7n, control);
  poke(6n, DR6_RESET);
}

/** Makes SETFPREGS, and undoes it. */
function setsFpregs(trial: Extract<Trial, { fpregs: number }>, { tracer, thread }: Stub): boolean {
  const own = readFpregs(thread.tid, tracer);
  if (own === undefined) return false;
  const set = (registers: Uint8Array) =>
    tracer.shim.ptrace(PTRACE_SETFPREGS, thread.tid, 0, registers);
  const others = own.slice();
  new DataView(others.buffer).setBigUint64(trial.fpregs, trial.word, true);
  const result = set(others);
  set(own);
  return result === trial.result;
}

/** What can be asked without one; of five levels of page tables that is only that the processor could have them. */
export function readProcessor() {
  const field = cpuinfo();
  const flags = field("flags");
  const features = featuresIn(flags);
  if (flags.split(" ").includes("la57")) features.push("la57");
  const [family, model] = [Number(field("cpu family")), Number(field("model"))];
  return { vendor: field("vendor_id"), family, model, features };
}
