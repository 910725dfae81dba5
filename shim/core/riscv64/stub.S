// The stub code: everything that a stub runs by itself. It is copied to a page, so it is position
// independent. System calls preserve all registers but a0; s1 and s2 carry the bootstrap convention
// (assembly/riscv64/syscall.ts).
//
//   begin ──> prctl ──> getppid == s1? ──> s2 = 0 ──> kill(getpid(), SIGSTOP) ──> EBREAK
//     ^                     └─ no: exit(1)              │ all injected calls are
//     │                                                 │ executed by the ECALL here
//     └──── s2 == 1 and a0 == 0: a cloned child ────────┘
//
// The program counter stays at an EBREAK that has trapped.

#include <asm/unistd.h>

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGSTOP 19
#define ORPHAN 1 // exit status if the parent is not the one in s1

    .text
    .option norvc
    .option norelax
    .globl stublab_stub_begin, stublab_stub_syscall, stublab_stub_rest, stublab_stub_end
    .balign 16
stublab_stub_begin:
    li a7, __NR_prctl
    li a0, PR_SET_PDEATHSIG
    li a1, SIGKILL
    ecall
    bnez a0, fail

    // If the parent died before the prctl, no signal comes: the parent is then another process.
    li a7, __NR_getppid
    ecall
    bltz a0, fail
    mv a1, a0
    li a0, ORPHAN
    bne a1, s1, leave

    li a7, __NR_getpid
    li s2, 0
    ecall
    bltz a0, fail
    li a7, __NR_kill
    li a1, SIGSTOP
stublab_stub_syscall:
    ecall
    bnez s2, cloned
stublab_stub_rest:
    ebreak
    j stublab_stub_rest
cloned:
    beqz a0, stublab_stub_begin
    j stublab_stub_rest

fail:
    neg a0, a0
leave:
    li a7, __NR_exit
    ecall
    unimp
stublab_stub_end:

// There is no program with which a stub resets its exit signal: the probe's is SIGCHLD.
    .globl stublab_idle_begin, stublab_idle_end
stublab_idle_begin:
stublab_idle_end:

// A signal handler that only interrupts system calls. There is no restorer (machine.h).
    .globl stublab_ignore, stublab_restorer
stublab_ignore:
    ret
    .set stublab_restorer, 0

    .section .note.GNU-stack, "", %progbits
