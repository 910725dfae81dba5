import type { RegisterBlock } from "../../../core/encoder/block.ts";
import { HOST_ARCH, HOST_MACHINE } from "../../../core/machine/index.ts";
import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";

/** The machine of the guests on this one. */
export const GUEST_MACHINE = { amd64, arm64 }[HOST_ARCH];

/** Where code without a format is loaded: the lowest address that unprivileged processes may map. */
export const CODE_ADDRESS = 0x10000n;

export const STACK_SIZE = 8n << 20n;

/** The lowest base of a segment that the kernel refuses to set. */
export const BASE_LIMIT = BigInt(HOST_MACHINE.mostUserSpace);

/**
 * Whether the kernel can restore a guest's registers. WRFSBASE and WRGSBASE accept every canonical address, but the
 * kernel refuses to restore a base in its own half.
 */
export function canResume(registers: RegisterBlock): boolean {
  return GUEST_MACHINE.segmentBases.every((name) => registers.get(name) < BASE_LIMIT);
}
