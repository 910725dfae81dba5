import { Deadline } from "../../../shim/deadline.ts";
import { PAGE_SIZE } from "../../../stub/page_size.ts";
import type { Stub } from "../../../stub/stub.ts";
import { cpuinfo } from "../cpuinfo.ts";

export const FEATURES = ["dit", "ssbs", "tco", "bti", "orig_x0"] as const;
type Feature = (typeof FEATURES)[number];

/** Features that a stub shows by bits of pstate that it keeps: arch/arm64/include/uapi/asm/ptrace.h. */
export const PSTATE_BITS: readonly (readonly [Feature, bigint])[] = [
  ["dit", 1n << 24n],
  ["ssbs", 1n << 12n],
  ["tco", 1n << 25n],
  ["bti", 1n << 10n],
];
export const UNSEEN_CALLS: readonly number[] = [];
/** The features that only a stub shows. */
export const KERNEL_FEATURES = ["dit", "ssbs", "tco", "bti", "orig_x0"] as const;

const [NOP, BRK] = [0xd503_201f, 0xd420_0000];

/** What can be asked without a stub. */
export function readProcessor() {
  const field = cpuinfo();
  const [family, model] = [Number(field("CPU architecture")), Number(field("CPU part"))];
  const features: Feature[] = [];
  return { vendor: field("CPU implementer"), family, model, features };
}

/** What a stub shows. */
export function readKernel(stub: Stub) {
  const kept = keptBits(stub);
  const features: Feature[] = PSTATE_BITS.filter(([, bit]) => (kept & bit) !== 0n).map(
    ([name]) => name,
  );
  return { ...{ features, xstateLength: 0, xfeatures: 0, mxcsrMask: 0 } };
}

/** The bits of pstate that a program has after it has executed a NOP with all of them. */
function keptBits(stub: Stub): bigint {
  const { tracer, thread } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.write(page, new Uint8Array(Uint32Array.of(NOP, BRK).buffer));
  stub.call("mprotect", page, PAGE_SIZE, tracer.flag("PROT_READ") | tracer.flag("PROT_EXEC"));
  const { frame } = tracer;
  frame.copyFrom(thread.initial);
  frame.set("pc", page);
  frame.set(
    "pstate",
    PSTATE_BITS.reduce((bits, [, bit]) => bits | bit, 0n),
  );
  thread.writeRegisters(frame);
  const deadline = new Deadline(tracer.deadline);
  // Signals of other processes are passed over.
  while ((thread.registers().pc ?? 0n) !== page + 4n) thread.next(deadline);
  const { pstate = 0n } = thread.registers();
  stub.call("munmap", page, PAGE_SIZE);
  return pstate;
}
