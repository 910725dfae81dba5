// See ../amd64/disturber.S. The word is at x19, the call is x21 with x22, x23 and x24, after x20 turns.
    .section .rodata
    .globl disturber, disturber_end
    .balign 8
disturber:
    svc #0
    cbnz x0, 3f
1:  ldr w9, [x19]
    cbz w9, 1b
    mov x10, x20
2:  subs x10, x10, #1
    b.ne 2b
    mov x8, x21
    mov x0, x22
    mov x1, x23
    mov x2, x24
    svc #0
    b 1b
3:  brk #0
disturber_end:
    .section .note.GNU-stack, "", @progbits
