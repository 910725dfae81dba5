import type { Arch } from "../../../../core/machine/index.ts";
import { AMD64 } from "./amd64_constants.ts";
import { ARM64 } from "./arm64_constants.ts";
import { numberIn } from "./tables.ts";

const amd64 = {
  constants: AMD64,
  /** The architecture's name in the audit and seccomp interfaces: the value of an AUDIT_ARCH_*. */
  audit: numberIn(AMD64, "AUDIT_ARCH_X86_64"),
  /** The registers of a system call (syscall(2)). */
  number: "rax",
  args: ["rdi", "rsi", "rdx", "r10", "r8", "r9"],
  result: "rax",
  /** The instruction pointer, and the length of SYSCALL (0f 05). */
  counter: "rip",
  callSize: 2n,
  /** The bootstrap convention: where the stub code expects the pid of its parent, and 1 in a clone. */
  parent: "r15",
  mark: "rbx",
  /** The register that keeps the number of a call in its low half, or -1 outside a call: the kernel restarts nothing. */
  called: "orig_rax",
  selectors: ["cs", "ss", "ds", "es", "fs", "gs"],
  stack: "rsp",
  flags: "eflags",
  /** A trap after every instruction. */
  trapFlag: numberIn(AMD64, "X86_EFLAGS_TF"),
  /** Whether the kernel has a vsyscall page. */
  hasVsyscalls: true,
};

const arm64: Omit<typeof amd64, "called"> & { readonly called?: string } = {
  constants: ARM64,
  audit: numberIn(ARM64, "AUDIT_ARCH_AARCH64"),
  number: "x8",
  args: ["x0", "x1", "x2", "x3", "x4", "x5"],
  result: "x0",
  // The length of SVC, and of every instruction.
  counter: "pc",
  callSize: 4n,
  parent: "x7",
  mark: "x9",
  selectors: [],
  stack: "sp",
  flags: "pstate",
  // A guest cannot step itself.
  trapFlag: 0,
  hasVsyscalls: false,
};

/** What the encoder knows of an architecture: registers by their names. */
export type Machine = typeof arm64;

export const MACHINES: Readonly<Record<Arch, Machine>> = { amd64, arm64 };
