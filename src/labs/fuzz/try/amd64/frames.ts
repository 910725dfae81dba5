/* Signal frames that a stub returns from, and what shows in them of the kernel. */

import { constants } from "node:os";
import { Deadline } from "../../../../core/shim/records.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import { FRAME_MAGIC1, PTRACE_SETFPREGS, ROOM, readFpregs, SW_BYTES } from "./xstate.ts";

const { SIGSEGV, SIGTRAP } = constants.signals;

const SYS_RT_SIGRETURN = 15n;
/** xmm0 in struct user_i387_struct. */
const XMM0 = 160;
/** In struct ucontext: ss_sp and ss_size of its stack, and the address of its floating point. */
const [SS_SP, SS_SIZE, FPSTATE] = [16, 32, 224];
export const FRAME_MAGIC2 = 0x4650_5845;
export const FRAME_FPSTATE = 1024;

/**
 * Words of a signal frame and its floating point, by their offsets from struct ucontext; some are added to the
 * address of the frame, or to that of the SYSCALL. asm/ucontext.h, asm/sigcontext.h. The rest is 0, such as
 * xstate_size and xstate_bv; after the area is its second magic number.
 */
export const FRAME_WORDS: readonly (readonly [
  offset: number,
  word: bigint,
  to?: "frame" | "syscall",
])[] = [
  [168, 2n, "syscall"], // rip: after the SYSCALL, on the way to the INT3
  [176, 2n], // eflags
  [184, 0x33n | (0x2bn << 48n)], // cs, ss
  [FPSTATE, BigInt(FRAME_FPSTATE), "frame"],
  [FRAME_FPSTATE + XMM0, 1n],
  [FRAME_FPSTATE + Number(SW_BYTES), (0xffff_ffffn << 32n) | BigInt(FRAME_MAGIC1)], // and extended_size
];

/**
 * Has a stub return from the frame of FRAME_WORDS, with changes, at this page.
 *
 * @returns SIGTRAP if the kernel takes it, SIGSEGV if it refuses it
 */
function returnFrom(stub: Stub, page: bigint, change: (frame: DataView) => void): number {
  const { tracer, thread } = stub;
  const frame = new DataView(new ArrayBuffer(ROOM));
  const syscall = thread.initial.dump().rip ?? 0n;
  for (const [offset, word, to] of FRAME_WORDS) {
    const base = to === "frame" ? page : to === "syscall" ? syscall : 0n;
    frame.setBigUint64(offset, base + word, true);
  }
  change(frame);
  stub.write(page, new Uint8Array(frame.buffer));
  const registers = tracer.frame;
  registers.copyFrom(thread.initial);
  registers.set("rax", SYS_RT_SIGRETURN);
  registers.set("rsp", page);
  thread.expect("stopped").writeRegisters(registers);
  const deadline = new Deadline(tracer.deadline);
  for (;;) {
    const { signal } = thread.next(deadline);
    if (signal === SIGTRAP || signal === SIGSEGV) return signal;
  }
}

/**
 * Whether rt_sigreturn checks xstate_size: of a frame in which it is 0 only x87 and SSE are taken then, among them xmm0.
 * Linux 6.16 to 7.0 ignore it (check_xstate_in_sigframe), and take no component, because xstate_bv is 0.
 */
export function checksXstateSize(stub: Stub, frameLength: number): boolean {
  const { tracer, thread } = stub;
  const own = readFpregs(thread.tid, tracer);
  if (frameLength === 0 || own === undefined) return false;
  const page = stub.map(ROOM);
  returnFrom(stub, page, (frame) =>
    frame.setUint32(FRAME_FPSTATE + frameLength, FRAME_MAGIC2, true),
  );
  const taken = readFpregs(thread.tid, tracer);
  tracer.shim.ptrace(PTRACE_SETFPREGS, thread.tid, 0, own);
  stub.call("munmap", page, ROOM);
  return taken !== undefined && new DataView(taken.buffer).getUint32(XMM0, true) === 1;
}

/** A stack far from that of a stub, and floating point where nothing is mapped. */
export const ALTSTACK = { address: 0x1000n, size: 0x10_0000n, unmapped: 64n } as const;
/** struct sigaltstack. */
const STACK_SIZE = 24;

/** Whether rt_sigreturn restores the alternate stack before it refuses a frame's floating point: from Linux 6.12 on. */
export function restoresAltstackFirst(stub: Stub): boolean {
  const { address, size, unmapped } = ALTSTACK;
  const page = stub.map(ROOM);
  const read = () => {
    stub.call("sigaltstack", 0, page);
    return stub.read(page, STACK_SIZE);
  };
  const own = read();
  const signal = returnFrom(stub, page, (frame) => {
    frame.setBigUint64(SS_SP, address, true);
    frame.setBigUint64(SS_SIZE, size, true);
    frame.setBigUint64(FPSTATE, unmapped, true);
  });
  const restored = new BigUint64Array(read().slice().buffer)[0];
  stub.write(page, own);
  stub.call("sigaltstack", page, 0);
  stub.call("munmap", page, ROOM);
  return signal === SIGSEGV && restored === address;
}
