// The code that runs guests without a tracer: a handler for every signal, which hands the stub's
// turn to the host and waits for the next one. It is copied to the page below the stub code, so it
// is position independent. The host reads and writes the guest's state in the signal frame.
//
//   INT3 ──> handler: selectors, bases ──> the host's turn ──> spin, yield, sleep ──> its own turn
//              ^                                                                          │
//              └── signal, on the alternate stack <── the guest <── rt_sigreturn <────────┘
//
// While the handler runs, all signals are blocked. The kernel enters it with good CS, RSP, DF and
// TF. AC may be set, so all memory accesses are aligned. The handler calls no function and saves no
// register. A guest can jump to any of these instructions: the filter allows the system calls of the
// loop only.

#include "handler_layout.h"
#include <asm/unistd.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define PR_SET_PDEATHSIG 1
#define PR_SET_NO_NEW_PRIVS 38
#define SECCOMP_SET_MODE_FILTER 1
#define SIGKILL 9
#define SIGNALS 64
#define SIGSET_SIZE 8

    .text
    .globl stublab_handler_begin, stublab_handler_limits, stublab_handler, stublab_handler_end
    .globl stublab_handler_set_up, stublab_handler_is_set_up
    .hidden stublab_handler_begin, stublab_handler_limits, stublab_handler, stublab_handler_end
    .hidden stublab_handler_set_up, stublab_handler_is_set_up
    .balign 16
stublab_handler_begin:
    int3 // the signal with which a stub enters the handler
    hlt
    .balign 8, 0xcc
// How often it looks for its turn, and how often it yields, before it sleeps.
stublab_handler_limits:
    .long 0, 0

.macro note selector, found
    mov \selector, %eax
    mov %rax, \found(%rbx)
.endm

.macro restore selector, found, own
    mov \own(%rbx), %rax
    cmp %rax, \found(%rbx)
    je 1f
    mov %eax, \selector
1:
.endm

// RSI = siginfo, RDX = ucontext. RBX = the header, R12 = the ucontext.
stublab_handler:
    lea stublab_handler_begin-HEADER_LENGTH(%rip), %rbx
    mov %rdx, %r12
    mov %rdx, HEADER_CONTEXT(%rbx)
    mov %rsi, HEADER_INFO(%rbx)
    note %ds, HEADER_FOUND_DS
    note %es, HEADER_FOUND_ES
    note %fs, HEADER_FOUND_FS
    note %gs, HEADER_FOUND_GS
    rdfsbase %rax
    rdgsbase %rcx
    mov %rax, HEADER_FOUND_FS_BASE(%rbx)
    mov %rcx, HEADER_FOUND_GS_BASE(%rbx)
    mov $TURN_HOST, %eax
    xchg %eax, HEADER_TURN(%rbx)
    cmpl $0, HEADER_HOST_SLEEPS(%rbx)
    je spin_begin
    mov $__NR_futex, %eax
    lea HEADER_TURN(%rbx), %rdi
    mov $FUTEX_WAKE, %esi
    mov $1, %edx
    syscall

spin_begin:
    mov stublab_handler_limits(%rip), %ebp
spin:
    cmpl $TURN_STUB, HEADER_TURN(%rbx)
    je take
    pause
    sub $1, %ebp
    jns spin

    mov stublab_handler_limits+4(%rip), %ebp
yield:
    sub $1, %ebp
    js doze
    mov $__NR_sched_yield, %eax
    syscall
    cmpl $TURN_STUB, HEADER_TURN(%rbx)
    jne yield
    jmp take

doze:
    mov $1, %eax
    xchg %eax, HEADER_STUB_SLEEPS(%rbx)
sleep:
    mov $__NR_futex, %eax
    lea HEADER_TURN(%rbx), %rdi
    mov $FUTEX_WAIT, %esi
    mov $TURN_HOST, %edx
    xor %r10d, %r10d
    syscall
    cmpl $TURN_STUB, HEADER_TURN(%rbx)
    jne sleep

take:
    // A signal may have ended a sleep.
    cmpl $0, HEADER_STUB_SLEEPS(%rbx)
    je 1f
    movl $0, HEADER_STUB_SLEEPS(%rbx)
1:
    restore %ds, HEADER_FOUND_DS, HEADER_DS
    restore %es, HEADER_FOUND_ES, HEADER_ES
    restore %fs, HEADER_FOUND_FS, HEADER_FS
    restore %gs, HEADER_FOUND_GS, HEADER_GS
    // A new selector may have changed the base.
    mov HEADER_FS_BASE(%rbx), %rax
    rdfsbase %rcx
    cmp %rax, %rcx
    je 1f
    wrfsbase %rax
1:
    mov HEADER_GS_BASE(%rbx), %rax
    rdgsbase %rcx
    cmp %rax, %rcx
    je 1f
    wrgsbase %rax
1:
    // RSP is as after the RET to the restorer. rt_sigreturn leaves NT and ID as they are.
    mov %r12, %rsp
    mov $__NR_rt_sigreturn, %eax
    push HEADER_FLAGS(%rbx)
    popf
    syscall
    hlt

// Prepares a stub: the handler for every signal, its stack, the filter. Ends at the INT3 with RAX 0
// or -errno. The kernel refuses handlers for SIGKILL and SIGSTOP.
stublab_handler_set_up:
    lea stublab_handler_begin-HEADER_LENGTH(%rip), %rbx
    mov $1, %r12d
1:
    mov $__NR_rt_sigaction, %eax
    mov %r12d, %edi
    lea HEADER_ACTION(%rbx), %rsi
    xor %edx, %edx
    mov $SIGSET_SIZE, %r10d
    syscall
    inc %r12d
    cmp $SIGNALS, %r12d
    jbe 1b

    mov $__NR_sigaltstack, %eax
    lea HEADER_ALTSTACK(%rbx), %rdi
    xor %esi, %esi
    syscall
    test %rax, %rax
    jnz 2f

    // A stub that was traced from its birth on has none yet.
    mov $__NR_prctl, %eax
    mov $PR_SET_PDEATHSIG, %edi
    mov $SIGKILL, %esi
    syscall
    test %rax, %rax
    jnz 2f

    mov $__NR_prctl, %eax
    mov $PR_SET_NO_NEW_PRIVS, %edi
    mov $1, %esi
    xor %edx, %edx
    xor %r10d, %r10d
    xor %r8d, %r8d
    syscall
    test %rax, %rax
    jnz 2f

    mov $__NR_seccomp, %eax
    mov $SECCOMP_SET_MODE_FILTER, %edi
    xor %esi, %esi
    lea HEADER_PROGRAM(%rbx), %rdx
    syscall
2:
    int3
stublab_handler_is_set_up:
    hlt
stublab_handler_end:

    .section .note.GNU-stack, "", @progbits
