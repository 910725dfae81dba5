# Writes to a page that nobody mapped. Where the host maps it on the fault, the guest goes on: it reads back
# what it wrote and exits with 0, or 1 if that is something else. Where it does not, the guest dies of it.

        .globl _start
_start:
        movabs  $0x200000000, %rbx
        movq    $42, 8(%rbx)            # the fault
        xorl    %edi, %edi
        cmpq    $42, 8(%rbx)
        setne   %dil
        movl    $60, %eax               # exit
        syscall

        .section .note.GNU-stack, "", @progbits
