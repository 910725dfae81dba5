import type { RegisterBlock } from "../../core/encoder/block.ts";
import { HOST_ARCH } from "../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

/** What running a guest has to know about an architecture: the exports of its module. */
interface GuestArch {
  readonly ELF_MACHINE: number;
  readonly ELF_MACHINE_NAME: string;
  readonly MACHINE: string;
  readonly STAT: Readonly<
    Record<"size" | "inode" | "links" | "mode" | "length" | "blockSize" | "blocks", number>
  >;
  readonly STACK_POINTER: string;
  readonly PROTECTION_FLAGS: readonly string[];
  readonly MAPPING_FLAGS: readonly string[];
  readonly INDEPENDENT_BASE: bigint;
  readonly CODE_ADDRESS: bigint;
  readonly STACK_TOP: bigint;
  readonly STACK_SIZE: bigint;
  /** A small program: what `doctor` runs. */
  readonly TRIAL: Uint8Array;
  canResume(registers: RegisterBlock): boolean;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, GuestArch>> = { amd64, arm64 };

export const {
  ELF_MACHINE,
  ELF_MACHINE_NAME,
  MACHINE,
  STAT,
  STACK_POINTER,
  PROTECTION_FLAGS,
  MAPPING_FLAGS,
  INDEPENDENT_BASE,
  CODE_ADDRESS,
  STACK_TOP,
  STACK_SIZE,
  TRIAL,
  canResume,
} = MODULES[HOST_ARCH];
