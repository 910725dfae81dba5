// What stubs under judgement run: one page of machine code, and after it a page of data. Both lie at the same address in
// each of them (code.ts), so that a case is the same in every run.

#include <asm/unistd.h>

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGNALFD_SIGINFO 128

    .globl judged_begin, judged_end
judged_begin:
// Where a stub is resumed with registers that are judged: wherever it starts, it stops at once, and shows where that was.
// A restart leads two bytes before `entry`. A single step ends at `landed`, too.
restarted:
    int3
    int3
entry:
    nop
landed:
    int3

// A system call that makes children. The parent meets INT3; a child sees to it that it dies with its parent, and then
// waits to be killed, or exits with the low byte of rbx where rbx is not 0.
clone:
    syscall
    test %rax, %rax
    jz child
    int3
child:
    mov $__NR_prctl, %eax
    mov $PR_SET_PDEATHSIG, %edi
    mov $SIGKILL, %esi
    syscall
    test %ebx, %ebx
    jnz exit
waits:
    mov $__NR_pause, %eax
    syscall
    jmp waits
exit:
    mov %ebx, %edi
    mov $__NR_exit, %eax
    syscall

// A call that queues a signal, as its registers say, and a read of it from the signalfd in rbx to where its siginfo was.
// In between there is no breakpoint: it would unblock SIGTRAP.
queue:
    syscall
    mov %rax, %r12
    mov $__NR_read, %eax
    mov %ebx, %edi
    mov %rdx, %rsi
    mov $SIGNALFD_SIGINFO, %edx
    syscall
    int3

// Calls that are only asked about: filters and SYSEMU keep them from being executed.
ask:
    syscall
    int3
askInt80:
    int $0x80
    int3
askVsyscall:
    call *%rax
    int3
judged_end:

    .section .note.GNU-stack, "", @progbits
