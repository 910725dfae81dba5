# What a stub executes that is disturbed (../disturb.c): it clones a thread, and stops. The thread waits for a word at r9, and
# then makes a call again and again: r13 with rbp, r14 and r15, each after as many turns as r12 says.
    .section .rodata
    .globl disturber, disturber_end
disturber:
    syscall
    test %eax, %eax
    jnz 3f
1:  cmpl $0, (%r9)
    je 1b
    mov %r12, %rcx
2:  dec %rcx
    jnz 2b
    mov %r13, %rax
    mov %rbp, %rdi
    mov %r14, %rsi
    mov %r15, %rdx
    syscall
    jmp 1b
3:  int3
disturber_end:
    .section .note.GNU-stack, "", @progbits
