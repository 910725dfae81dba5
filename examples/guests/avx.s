# Keeps a value in each YMM register across system calls. The host executes some of them in the same stub that
# runs this guest. Exits with 0 if all values are intact, 1 if one is not, 2 on a processor without AVX.

        .set    ROUNDS, 300
        .set    MAPPED, 0x300000000

        .globl _start
_start:
        movl    $1, %eax
        cpuid
        andl    $0x18000000, %ecx       # OSXSAVE and AVX
        cmpl    $0x18000000, %ecx
        movl    $2, %edi
        jne     exit
        xorl    %ecx, %ecx
        xgetbv
        andl    $6, %eax                # the kernel saves XMM and YMM
        cmpl    $6, %eax
        jne     exit

        leaq    values(%rip), %rsi
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovups 32*\n(%rsi), %ymm\n
        .endr
        movl    $ROUNDS, %ebx
round:
        movl    $39, %eax               # getpid
        syscall
        movl    $1, %eax                # write of 0 bytes
        movl    $1, %edi
        xorl    %edx, %edx
        syscall
        movl    $9, %eax                # mmap
        movabs  $MAPPED, %rdi
        movl    $4096, %esi
        movl    $3, %edx
        movl    $0x32, %r10d            # MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
        movq    $-1, %r8
        xorl    %r9d, %r9d
        syscall
        movl    $11, %eax               # munmap
        movabs  $MAPPED, %rdi
        movl    $4096, %esi
        syscall
        decl    %ebx
        jnz     round

        leaq    after(%rip), %rdi
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovups %ymm\n, 32*\n(%rdi)
        .endr
        leaq    values(%rip), %rsi
        movl    $512, %ecx
        repe    cmpsb
        setne   %dil
        movzbl  %dil, %edi
exit:
        movl    $60, %eax
        syscall

        .data
values:                                 # 64 different words
        .set    word, 0x0123456789abcdef
        .rept   64
        .quad   word
        .set    word, word + 0x1111111111111111
        .endr

        .bss
after:
        .skip   512

        .section .note.GNU-stack, "", @progbits
