import { constants } from "node:os";
import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { Deadline } from "../../../../core/shim/records.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import { cpuinfo } from "../cpuinfo.ts";
import { NO_XSTATE } from "../xstate.ts";

export const FEATURES = ["dit", "ssbs", "tco", "bti", "orig_x0"] as const;
type Feature = (typeof FEATURES)[number];
export const UNSEEN_CALLS: readonly number[] = [];
export const VSYSCALL_HALF = undefined;
/** All of them: only a stub shows them. */
export const KERNEL_FEATURES = FEATURES;

const { SIGTRAP, SIGWINCH } = constants.signals;

/** Bits of pstate that a processor keeps if it has what they are about: arch/arm64/include/uapi/asm/ptrace.h. */
export const PSTATE_BITS: readonly (readonly [Feature, bigint])[] = [
  ["dit", 1n << 24n],
  ["ssbs", 1n << 12n],
  ["tco", 1n << 25n],
  ["bti", 1n << 10n],
];

const [BRK, SVC] = [0xd420_0000, 0xd400_0001];
const ERESTARTNOINTR = 513n;
const ARGUMENT = 5n;

/** What can be asked without a stub. */
export function readProcessor() {
  const field = cpuinfo();
  const [family, model] = [Number(field("CPU architecture")), Number(field("CPU part"))];
  const features: Feature[] = [];
  return { vendor: field("CPU implementer"), family, model, features };
}

/** What a stub shows. */
export function readKernel(stub: Stub) {
  const { tracer, thread } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.write(page, new Uint8Array(Uint32Array.of(BRK, SVC).buffer));
  stub.call("mprotect", page, PAGE_SIZE, tracer.flag("PROT_READ") | tracer.flag("PROT_EXEC"));
  const deadline = new Deadline(tracer.deadline);
  const begin = (words: Readonly<Record<string, bigint>>) => {
    tracer.frame.copyFrom(thread.initial);
    for (const [name, word] of Object.entries(words)) tracer.frame.set(name, word);
    thread.expect("stopped").writeRegisters(tracer.frame);
  };
  begin({ pc: page, pstate: PSTATE_BITS.reduce((bits, [, bit]) => bits | bit, 0n) });
  // Signals of other processes are passed over.
  while (thread.next(deadline).signal !== SIGTRAP);
  const { pstate = 0n } = thread.expect("stopped").registers();
  const features: Feature[] = PSTATE_BITS.filter(([, bit]) => (pstate & bit) !== 0n).map(
    ([name]) => name,
  );
  begin({ pc: page + 4n, x8: tracer.syscallNumber("getpid") });
  const restarted = argumentOfRestart(stub, deadline);
  if (restarted === ARGUMENT) features.push("orig_x0");
  begin({});
  stub.call("munmap", page, PAGE_SIZE);
  return { features, ...NO_XSTATE };
}

/** The argument with which a call is restarted to whose entry a tracer has written another one. */
function argumentOfRestart({ tracer, thread }: Stub, deadline: Deadline): bigint | undefined {
  const { frame } = tracer;
  for (const word of [ARGUMENT, -ERESTARTNOINTR]) {
    do thread.expect("stopped").resume("PTRACE_SYSCALL");
    while (thread.wait(deadline).kind !== "syscall");
    thread.expect("stopped").readRegisters(frame);
    frame.set("x0", word);
    thread.expect("stopped").writeRegisters(frame);
  }
  thread.expect("stopped").resume("PTRACE_CONT", SIGWINCH);
  thread.wait(deadline);
  return thread.expect("stopped").registers().x0;
}
