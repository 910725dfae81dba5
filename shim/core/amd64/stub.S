// The stub code: everything that a stub runs by itself. It is copied to a page, so it is position
// independent. System calls preserve R15 and RBX, so these carry the bootstrap convention
// (assembly/amd64/syscall.ts).
//
//   begin ──> prctl ──> getppid == R15? ──> RBX = 0 ──> kill(getpid(), SIGSTOP) ──> INT3
//     ^                      └─ no: exit(1)              │ all injected calls are
//     │                                                  │ executed by the SYSCALL here
//     └──── RBX == 1 and RAX == 0: a cloned child ───────┘
//
// gVisor's systrap replaces each executed pair `mov $nr, %eax; syscall` with a jump. A call injected
// at such a SYSCALL would run something else, and the target of the jump is unmapped with all other
// memory. So each SYSCALL here follows a different instruction, except that of the exit.

#include "ring.h"
#include <asm-generic/errno.h>
#include <asm/unistd.h>

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGSTOP 19
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define ORPHAN 1 // exit status if the parent is not the one in R15

    .text
    .globl stublab_stub_begin, stublab_stub_syscall, stublab_stub_rest, stublab_stub_end
    .hidden stublab_stub_begin, stublab_stub_syscall, stublab_stub_rest, stublab_stub_end
    .globl stublab_stub_serve, stublab_stub_wake, stublab_stub_sleep
    .hidden stublab_stub_serve, stublab_stub_wake, stublab_stub_sleep
    .balign 16
stublab_stub_begin:
    mov $__NR_prctl, %eax
    mov $PR_SET_PDEATHSIG, %edi
    mov $SIGKILL, %esi
    syscall
    test %rax, %rax
    jnz fail

    // If the parent died before the prctl, no signal comes: the parent is then another process.
    mov $__NR_getppid, %eax
    mov $ORPHAN, %edi
    syscall
    test %rax, %rax
    js fail
    cmp %r15, %rax
    jne leave

    mov $__NR_getpid, %eax
    xor %ebx, %ebx
    syscall
    test %rax, %rax
    js fail
    mov %rax, %rdi
    mov $__NR_kill, %eax
    mov $SIGSTOP, %esi
stublab_stub_syscall:
    syscall
    cmp $1, %rbx
    je cloned
trap:
    int3
stublab_stub_rest:
    jmp trap
cloned:
    test %rax, %rax
    jz stublab_stub_begin
    jmp trap

fail:
    neg %rax
    mov %eax, %edi
leave:
    mov $__NR_exit, %eax
    syscall
    hlt

// The loop over a ring (ring.h). A system call preserves all of its registers:
//
//   R12 the ring   R13 the entry   R14 the end of the entries   EBP the last turn
//
//   serve ──> is there another turn? ──> execute its entries ──> done = turn ──> INT3 if it halts
//     ^           └─ no: spin, then sleep until there is                              │
//     └───────────────────────────────────────────────────────────────────────────────┘
stublab_stub_serve:
    mov RING_TURN(%r12), %eax
    cmp %ebp, %eax
    je idle
    mov %eax, %ebp
    lea RING_ENTRIES(%r12), %r13
    mov RING_COUNT(%r12), %r14d
    shl $ENTRY_SHIFT, %r14
    add %r13, %r14
entry:
    cmp %r14, %r13
    je ended
    cmpl $0, ENTRY_FLAGS(%r13)
    jne refer
execute:
    mov ENTRY_NUMBER(%r13), %eax
    mov ENTRY_ARGUMENTS(%r13), %rdi
    mov ENTRY_ARGUMENTS+8(%r13), %rsi
    mov ENTRY_ARGUMENTS+16(%r13), %rdx
    mov ENTRY_ARGUMENTS+24(%r13), %r10
    mov ENTRY_ARGUMENTS+32(%r13), %r8
    mov ENTRY_ARGUMENTS+40(%r13), %r9
    syscall
    mov %rax, ENTRY_RESULT(%r13)
next:
    add $ENTRY_SIZE, %r13
    jmp entry

refer:
    mov ENTRY_FLAGS(%r13), %ecx
    test $ENTRY_CANCEL, %ecx
    jnz cancel
argument:
    bsf %ecx, %edx
    jz execute
    btr %edx, %ecx
    mov ENTRY_ARGUMENTS(%r13,%rdx,8), %rax
    mov (%r12,%rax), %rax
    mov %rax, ENTRY_ARGUMENTS(%r13,%rdx,8)
    cmp $-4095, %rax
    jb argument
cancel:
    movq $-ECANCELED, ENTRY_RESULT(%r13)
    jmp next

ended:
    mov %ebp, %eax
    xchg %eax, RING_DONE(%r12)
    cmpl $0, RING_HALT(%r12)
    jne halt
    cmpl $0, RING_HOST(%r12)
    je idle
    mov $__NR_futex, %eax
    lea RING_DONE(%r12), %rdi
    mov $FUTEX_WAKE, %esi
    mov $1, %edx
    syscall
stublab_stub_wake:
idle:
    mov RING_SPINS(%r12), %ecx
spin:
    cmp RING_TURN(%r12), %ebp
    jne stublab_stub_serve
    pause
    sub $1, %ecx
    jns spin
    mov $1, %eax
    xchg %eax, RING_STUB(%r12)
    mov $__NR_futex, %eax
    lea RING_TURN(%r12), %rdi
    mov $FUTEX_WAIT, %esi
    xor %r10d, %r10d
    mov %ebp, %edx
    syscall
stublab_stub_sleep:
    movl $0, RING_STUB(%r12)
    jmp stublab_stub_serve
halt:
    int3
    jmp stublab_stub_serve
stublab_stub_end:

// A program that only exits, with the number of its arguments as status. An execve resets the exit
// signal of a process to SIGCHLD (begin_new_exec in the kernel), so that its end does no harm to its
// parent.

.macro idle
    mov (%rsp), %edi
    mov $__NR_exit, %eax
    syscall
.endm

    .section .rodata
    .globl stublab_idle_begin, stublab_idle_end
    .hidden stublab_idle_begin, stublab_idle_end
    .set LOAD_ADDRESS, 0x400000
stublab_idle_begin:
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0          // 64 bits, little-endian, System V
    .quad 0
    .short 2, 62                                   // ET_EXEC, EM_X86_64
    .long 1
    .quad LOAD_ADDRESS + (idle_code - stublab_idle_begin)
    .quad idle_segment - stublab_idle_begin
    .quad 0
    .long 0
    .short 64, 56, 1, 0, 0, 0
idle_segment:
    .long 1, 5                                     // PT_LOAD, PF_R | PF_X
    .quad 0, LOAD_ADDRESS, LOAD_ADDRESS
    .quad stublab_idle_end - stublab_idle_begin, stublab_idle_end - stublab_idle_begin
    .quad 0x1000
idle_code:
    idle
stublab_idle_end:

// The same program, as the entry of the library itself (scripts/libraries.mjs).
    .text
    .globl stublab_idle_entry
    .hidden stublab_idle_entry
stublab_idle_entry:
    idle

// A signal handler that only interrupts system calls, and its restorer.

    .text
    .globl stublab_ignore, stublab_restorer
    .hidden stublab_ignore, stublab_restorer
stublab_ignore:
    ret
stublab_restorer:
    mov $__NR_rt_sigreturn, %eax
    syscall

    .section .note.GNU-stack, "", @progbits
