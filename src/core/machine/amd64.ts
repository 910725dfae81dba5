import type { Machine } from "./machine.ts";

export const amd64: Machine = {
  elf: 62n,
  registers: (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
    "fs_base gs_base ds es fs gs"
  ).split(" "),
  callRegisters: {
    number: "rax",
    arguments: ["rdi", "rsi", "rdx", "r10", "r8", "r9"],
    result: "rax",
  },
  registerRequests: ["PTRACE_GETREGS", "PTRACE_SETREGS"],
  // TASK_SIZE_MAX with four-level paging.
  mostUserSpace: 0x7ffffffff000,
  instructionPointer: "rip",
  // struct user_regs_struct (arch/x86/include/asm/user_64.h): rax, rip and rbx.
  word: { result: 10, instructionPointer: 16, mark: 5 },
  syscallLength: 2,
  auditArch: "AUDIT_ARCH_X86_64",
  parent: "r15",
  rseqSignature: 0x53053053,
  haltSignal: undefined,
  restartsBeforeStops: false,
  ringEntry: "r13",
  enterRing(frame, loop, ring, turn) {
    frame.set("rip", loop);
    frame.set("r12", ring);
    frame.set("rbp", BigInt(turn));
    frame.set("orig_rax", -1n);
  },
  // x87, SSE and AVX: bits of XCR0 (Intel SDM volume 1, 13.1). Another component counts only if its bit in XSTATE_BV is set.
  components: 0b111n,
  // More than AMX needs.
  largestXstate: 16 << 10,
};
