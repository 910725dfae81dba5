# Writes to a page that is not mapped. If the host maps the page on the fault, the guest continues: it reads the
# value back, and exits with 0 if it is correct, else 1. If the host does not, the fault kills the guest.

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
