// The beginning of the guard.
    .text
    .globl _start
_start:
    mov %rsp, %rdi
    and $-16, %rsp
    call begin
    .section .note.GNU-stack, "", @progbits
