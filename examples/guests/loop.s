# Loops forever, until its host interrupts it.

        .globl _start
_start:
        jmp _start

        .section .note.GNU-stack, "", @progbits
