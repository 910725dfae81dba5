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

export const DAMAGES = [
  ["no prctl", "mov $SIGKILL, %esi\n    syscall", "mov $SIGKILL, %esi"],
  ["no death signal", "mov $SIGKILL, %esi", "xor %esi, %esi"],
  ["stays", "\n    jne leave", ""],
  ["leaves", "jne leave", "je leave"],
  ["wrong status", "mov $1, %edi\n    syscall", "xor %edi, %edi\n    syscall"],
  ["mark stays", "\n    xor %ebx, %ebx", ""],
  ["wrong signal", "mov $SIGSTOP, %esi", "mov $SIGCONT, %esi"],
  ["wrong target", "\n    mov %rax, %rdi", ""],
  ["always cloned", "je cloned", "jne cloned"],
  ["parent begins", "jz begin", "jnz begin"],
  ["no trap", "\n    int3", ""],
  ["wrong mark", "cmp $1, %rbx", "cmp $2, %rbx"],
] as const;
