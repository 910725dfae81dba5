import type { Machine } from "./machine.ts";

export const arm64: Machine = {
  elf: 183n,
  registers: [...Array.from({ length: 31 }, (_, i) => `x${i}`), "sp", "pc", "pstate"],
  callRegisters: {
    number: "x8",
    arguments: ["x0", "x1", "x2", "x3", "x4", "x5"],
    result: "x0",
  },
  registerRequests: ["PTRACE_GETREGSET", "PTRACE_SETREGSET"],
  // With 52 bits. Most kernels have 48 bits, some 39.
  mostUserSpace: 2 ** 52,
  instructionPointer: "pc",
  // struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0, pc and x9.
  word: { result: 0, instructionPointer: 32, mark: 9 },
  syscallLength: 4,
  auditArch: "AUDIT_ARCH_AARCH64",
  parent: "x7",
  // A BRK (rseq-arm64.h).
  rseqSignature: 0xd428bc00,
  // SIGTRAP
  haltSignal: 5,
  // do_signal in arch/arm64/kernel/signal.c looks only whether pc is still the SVC of that call.
  restartsBeforeStops: true,
  ringEntry: "x20",
  enterRing(frame, loop, ring, turn) {
    frame.set("pc", loop);
    frame.set("x19", ring);
    frame.set("x22", BigInt(turn));
  },
  // The state beside the register block (shim/core/arm64/xstate.c) has no components.
  components: 0n,
  // More than SVE and SME need with vectors of 2048 bits, of which ZA takes 64 KiB.
  largestXstate: 96 << 10,
};
