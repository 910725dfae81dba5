// What stubs under judgement run: one page of machine code, and behind it a page that it writes to. Both lie at the same
// address in each of them (code.ts), so that a case is the same in every run.

#include <asm/unistd.h>
#include "build/slots.h"

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGNALFD_SIGINFO 128
#define AT 0x10000000
#define ADDRESS(label) (label - .Lbegin + AT)
#define GENERAL(i) SLOT_general + 8 * i(%rip)
#define SELECTOR(i) SLOT_selectors + 8 * i(%rip)

    .globl judged_begin, judged_end
judged_begin:
.Lbegin:
    .set data, .Lbegin + 0x1000

// Writes the registers down and meets INT3. It can be entered in three places, each of which notes that it was: two bytes
// before `entry`, where a restart leads; at `entry`; and after a SYSCALL.
restarted:
    movl $ADDRESS(entry) - 2, SLOT_start(%rip)
    jmp common
    jmp restarted
entry:
    movl $ADDRESS(entry), SLOT_start(%rip)
    jmp common
call:
    syscall
afterCall:
    movl $ADDRESS(afterCall), SLOT_start(%rip)
common:
    mov %rax, GENERAL(0)
    mov %rcx, GENERAL(1)
    mov %rdx, GENERAL(2)
    mov %rbx, GENERAL(3)
    mov %rsp, GENERAL(4)
    mov %rbp, GENERAL(5)
    mov %rsi, GENERAL(6)
    mov %rdi, GENERAL(7)
    mov %r8, GENERAL(8)
    mov %r9, GENERAL(9)
    mov %r10, GENERAL(10)
    mov %r11, GENERAL(11)
    mov %r12, GENERAL(12)
    mov %r13, GENERAL(13)
    mov %r14, GENERAL(14)
    mov %r15, GENERAL(15)
    movw %es, SELECTOR(0)
    movw %cs, SELECTOR(1)
    movw %ss, SELECTOR(2)
    movw %ds, SELECTOR(3)
    movw %fs, SELECTOR(4)
    movw %gs, SELECTOR(5)
    // Neither of these changes a flag.
    lea SLOT_eflags + 8(%rip), %rsp
    pushfq
    int3
landed:
    int3

// A system call that makes children. The parent meets INT3; a child sees to it that it dies with its parent, and then
// waits to be killed, or exits with r12 where rbx is not 0.
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
    mov %r12d, %edi
    mov $__NR_exit, %eax
    syscall

// A call that queues a signal, as its registers say, and a read of it from the signalfd in r12.
queue:
    syscall
    mov %rax, SLOT_queued(%rip)
    mov $__NR_read, %eax
    mov %r12d, %edi
    lea SLOT_signalfd(%rip), %rsi
    mov $SIGNALFD_SIGINFO, %edx
    syscall
    mov %rax, SLOT_received(%rip)
    int3

// Calls that are only asked about.
askSyscall:
    syscall
    int3
askInt80:
    int $0x80
    int3
askCallRax:
    call *%rax
    int3
judged_end:

    .section .note.GNU-stack, "", @progbits
