import { HOST_ARCH } from "../../../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";
import type { ErrnoName, RequestName } from "./numbers.ts";

/** An instruction that traps. */
interface Trap {
  readonly name: string;
  /** The piece of code that begins with it. */
  readonly code: string;
  /** The si_code of its signal, and whether si_addr is its address; else it is 0. */
  readonly si: number;
  readonly hasAddress: boolean;
}

/** A system call of another architecture. */
interface CompatCall {
  readonly instruction: string;
  readonly code: string;
  /** Bytes of the instruction. */
  readonly length: number;
  /** The other architecture, and its AUDIT_ARCH. */
  readonly name: string;
  readonly audit: bigint;
  readonly number: bigint;
  readonly words: Readonly<Record<string, bigint>>;
}

/** What facts about requests have to know about an architecture: the exports of its module. */
interface ReadArch {
  /** The requests that only other architectures have, and numbers that none here has. */
  readonly FOREIGN: readonly RequestName[];
  /** The fact about requests that do not exist here, although others like them do. */
  readonly ABSENT: {
    readonly fact: string;
    readonly source: string;
    readonly requests: readonly RequestName[];
  };
  readonly UNKNOWN: readonly number[];
  /** The requests that read and write all registers, and all that read some. */
  readonly READS: "GETREGS" | "GETREGSET";
  readonly WRITES: "SETREGS" | "SETREGSET";
  readonly READERS: readonly RequestName[];
  readonly AUDIT_ARCH: bigint;
  /** Numbers of system calls: asm/unistd.h. */
  readonly SYS: Readonly<
    Record<
      "clone" | "execve" | "exit_group" | "faccessat" | "getpid" | "prctl" | "ptrace" | "seccomp",
      number
    >
  >;
  readonly STACK_POINTER: string;
  readonly BREAKPOINT: Trap;
  readonly UNDEFINED: Trap;
  /** A call of getpid as programs of another architecture make it, with the arguments 1 to 6. */
  readonly COMPAT_CALL: CompatCall | undefined;
  /** The register whose address the piece of code "load" reads. */
  readonly LOADED: string;
  /** An address from which on programs have no memory. */
  readonly USER_END: bigint;
  /** The errnos with which kernels refuse PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG that do not have it. */
  readonly NO_DISPATCH: readonly ErrnoName[];
}

const MODULES: Readonly<Record<typeof HOST_ARCH, ReadArch>> = { amd64, arm64 };

export const {
  ABSENT,
  FOREIGN,
  UNKNOWN,
  READS,
  WRITES,
  READERS,
  AUDIT_ARCH,
  SYS,
  STACK_POINTER,
  BREAKPOINT,
  UNDEFINED,
  COMPAT_CALL,
  LOADED,
  USER_END,
  NO_DISPATCH,
} = MODULES[HOST_ARCH];
