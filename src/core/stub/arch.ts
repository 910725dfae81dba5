import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_ARCH } from "../shim/host_arch.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

/** What the stub layer has to know about an architecture: the exports of its module. */
interface StubArch {
  readonly MOST_USER_SPACE: number;
  readonly INSTRUCTION_POINTER: string;
  readonly WORD: {
    readonly result: number;
    readonly instructionPointer: number;
    readonly mark: number;
  };
  readonly SYSCALL_LENGTH: number;
  readonly AUDIT_ARCH: string;
  readonly PARENT: string;
  readonly RSEQ_SIGNATURE: number;
  readonly HALT_SIGNAL: number | undefined;
  readonly RESTARTS_BEFORE_STOPS: boolean;
  enterRing(frame: RegisterBlock, loop: bigint, ring: bigint, turn: number): void;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, StubArch>> = { amd64, arm64 };

export const {
  MOST_USER_SPACE,
  INSTRUCTION_POINTER,
  WORD,
  SYSCALL_LENGTH,
  AUDIT_ARCH,
  PARENT,
  RSEQ_SIGNATURE,
  HALT_SIGNAL,
  RESTARTS_BEFORE_STOPS,
  enterRing,
} = MODULES[HOST_ARCH];
