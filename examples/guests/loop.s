# Loops for ever: its host has to interrupt it.

        .globl _start
_start:
        jmp _start

        .section .note.GNU-stack, "", @progbits
