/* What cases have of their own on each architecture; a machine has cases of its own. */

import { type Arch, HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64Code from "./amd64/code.ts";
import * as amd64Kinds from "./amd64/kinds.ts";
import * as arm64Code from "./arm64/code.ts";
import * as arm64Kinds from "./arm64/kinds.ts";
import { constantsFrom } from "./pieces.ts";

/** What the records of each architecture depend on: registers, stops and ways. */
export const KINDS = { amd64: { ...amd64Kinds }, arm64: { ...arm64Kinds } } satisfies Record<
  Arch,
  unknown
>;

export type From = (typeof KINDS)[Arch]["FROM"]["values"][number][0];
export type Way = (typeof KINDS)[Arch]["WAY"]["values"][number][0];

const AMD64 = {
  ...KINDS.amd64,
  ...amd64Code,
  /** The program counter. */
  PC: KINDS.amd64.indexOf("rip"),
  /** The register of the call in progress, which a stub that looks itself does not find in its frame. */
  CALL: KINDS.amd64.indexOf("orig_rax"),
  /** Pieces of code: between two cases, and a system call. */
  REST_CODE: "int3",
  CALL_CODE: "syscall",
  /** The address of a system call of 32-bit programs. */
  CALL_32: amd64Code.placeOf("int80"),
  /** Where the handler stops, from its address: after its INT3. */
  HANDLER_STOP: 1n,
  MODULE: "fuzz.wasm",
  RULES: "rules.json",
};
const ARM64 = {
  ...KINDS.arm64,
  ...arm64Code,
  PC: KINDS.arm64.indexOf("pc"),
  CALL: KINDS.arm64.indexOf("syscallno"),
  REST_CODE: "nop",
  CALL_CODE: "svc",
  CALL_32: 0n,
  /** At the BRK after its NOP. */
  HANDLER_STOP: 4n,
  MODULE: "fuzz-arm64.wasm",
  RULES: "rules-arm64.json",
};

/** By architecture: a module and the table of its rules are read for any. */
export const CASES = { amd64: AMD64, arm64: ARM64 };
const HOST = CASES[HOST_ARCH];

export const { REGISTERS, FRAME_REGISTERS, FROM, WAY, BLOCK_SIZE, BASELINE, CODES } = HOST;
export const { indexOf, placeOf, baselineWith, codePage } = HOST;
export const { CODE, PART, HOLE, CONSTANT, CONSTANTS, SCRATCH, SCRATCH_SIZE, STUB_CODE, PC, CALL } =
  HOST;
export const constantsPage = (): Uint8Array => constantsFrom(CONSTANT, PART);
export { KEPT } from "./amd64/code.ts";
export const { DEBUG_REGISTERS, FIRST_DEBUG_REGISTER, END_OF_DEBUG_REGISTERS } = HOST;
export const { REST_CODE, CALL_CODE, CALL_32, HANDLER_STOP, MODULE, RULES } = HOST;

/** The architecture of a document that names none. */
export const DEFAULT_ARCH: Arch = "amd64";

/** What a case has beside its kinds: that depends on the way. */
export interface Content {
  readonly block?: true;
  readonly frame?: true;
  /** The most of them. Those of a frame damage its image. */
  readonly pairs?: number;
  readonly words?: number;
  /** The kernel's own size, which the length is if none is given; null: each machine has its own. */
  readonly length?: number | null;
}

export const CONTENTS: Readonly<Record<Way, Content>> = {
  ...{ ...AMD64.CONTENTS, ...ARM64.CONTENTS },
  ...HOST.CONTENTS,
};
