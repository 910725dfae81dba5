// Writes to a page that is not mapped. If the host maps the page on the fault, the guest continues: it reads the
// value back, and exits with 0 if it is correct, else 1. If the host does not, the fault kills the guest.

        .globl _start
_start:
#ifdef __aarch64__
        mov     x19, #0x200000000
        mov     x1, #42
        str     x1, [x19, #8]           // the fault
        ldr     x2, [x19, #8]
        cmp     x2, #42
        cset    x0, ne
        mov     x8, #93                 // exit
        svc     #0
#else
        movabs  $0x200000000, %rbx
        movq    $42, 8(%rbx)            // the fault
        xorl    %edi, %edi
        cmpq    $42, 8(%rbx)
        setne   %dil
        movl    $60, %eax               // exit
        syscall
#endif

        .section .note.GNU-stack, "", %progbits
