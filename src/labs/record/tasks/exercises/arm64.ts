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

export const DAMAGES = [
  ["no prctl", "mov x1, #SIGKILL\n    svc #0", "mov x1, #SIGKILL"],
  ["no death signal", "mov x1, #SIGKILL", "mov x1, #0"],
  ["stays", "\n    b.ne leave", ""],
  ["leaves", "b.ne leave", "b.eq leave"],
  ["wrong status", "mov x0, #1\n    b.ne", "mov x0, #0\n    b.ne"],
  ["mark stays", "\n    mov x9, #0", ""],
  ["wrong signal", "mov x1, #SIGSTOP", "mov x1, #SIGCONT"],
  ["wrong target", "mov x1, #SIGSTOP", "mov x0, #0\n    mov x1, #SIGSTOP"],
  ["always cloned", "b.eq cloned", "b.ne cloned"],
  ["parent begins", "cbz x0, begin", "cbnz x0, begin"],
  ["no trap", "\n    brk #0", ""],
  ["wrong mark", "cmp x9, #1", "cmp x9, #2"],
] as const;
