// Loops forever, until its host interrupts it.

        .globl _start
_start:
#ifdef __aarch64__
        b       _start
#else
        jmp     _start
#endif

        .section .note.GNU-stack, "", %progbits
