// The beginning of the guard.
    .text
    .globl _start
_start:
    mov x0, sp
    bl begin
    .section .note.GNU-stack, "", %progbits
