import { hex } from "../../../../lib/errors.ts";

export const LOAD = "mov (%rax), %rbx";

export function guest(call: string, argument?: number, address?: bigint): string[] {
  return [
    `mov $SYS_${call}, %eax`,
    ...(argument === undefined ? [] : [`mov $${argument}, %edi`]),
    "syscall",
    ...(address === undefined ? [] : [`mov $${hex(address)}, %rax`, LOAD]),
    "hlt",
  ];
}
