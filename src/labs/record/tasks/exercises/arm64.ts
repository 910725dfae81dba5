import { hex } from "../../../../lib/errors.ts";

export const LOAD = "ldr x2, [x1]";

export function guest(call: string, argument?: number, address?: bigint): string[] {
  const [low, high] = [(address ?? 0n) & 0xffffn, (address ?? 0n) >> 16n].map(hex);
  return [
    `mov x8, #SYS_${call}`,
    ...(argument === undefined ? [] : [`mov x0, #${argument}`]),
    "svc #0",
    ...(address === undefined ? [] : [`movz x1, #${low}`, `movk x1, #${high}, lsl #16`, LOAD]),
    "udf #0",
  ];
}
