// The stub code: everything that a stub runs by itself. It is copied to a page, so it is position
// independent. System calls preserve x7 and x9, so these carry the bootstrap convention
// (assembly/arm64/syscall.ts).
//
//   begin ──> prctl ──> getppid == x7? ──> x9 = 0 ──> kill(getpid(), SIGSTOP) ──> BRK
//     ^                     └─ no: exit(1)              │ all injected calls are
//     │                                                 │ executed by the SVC here
//     └──── x9 == 1 and x0 == 0: a cloned child ────────┘
//
// The program counter stays at a BRK that has trapped.

#include "ring.h"
#include <asm-generic/errno.h>
#include <asm/unistd.h>

#define PR_SET_PDEATHSIG 1
#define SIGTRAP 5
#define SIGKILL 9
#define SIGSTOP 19
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define ORPHAN 1 // exit status if the parent is not the one in x7

    .text
    .globl stublab_stub_begin, stublab_stub_syscall, stublab_stub_rest, stublab_stub_end
    .hidden stublab_stub_begin, stublab_stub_syscall, stublab_stub_rest, stublab_stub_end
    .globl stublab_stub_serve, stublab_stub_wake, stublab_stub_sleep
    .hidden stublab_stub_serve, stublab_stub_wake, stublab_stub_sleep
    .balign 16
stublab_stub_begin:
    mov x8, #__NR_prctl
    mov x0, #PR_SET_PDEATHSIG
    mov x1, #SIGKILL
    svc #0
    cbnz x0, fail

    // If the parent died before the prctl, no signal comes: the parent is then another process.
    mov x8, #__NR_getppid
    svc #0
    tbnz x0, #63, fail
    cmp x0, x7
    mov x0, #ORPHAN
    b.ne leave

    mov x8, #__NR_getpid
    mov x9, #0
    svc #0
    tbnz x0, #63, fail
    mov x8, #__NR_kill
    mov x1, #SIGSTOP
stublab_stub_syscall:
    svc #0
    cmp x9, #1
    b.eq cloned
stublab_stub_rest:
    brk #0
    b stublab_stub_rest
cloned:
    cbz x0, stublab_stub_begin
    b stublab_stub_rest

fail:
    neg x0, x0
leave:
    mov x8, #__NR_exit
    svc #0
    udf #0

// The loop over a ring (ring.h). A system call preserves all registers except x0:
//
//   x19 the ring   x20 the entry   x21 the end of the entries   w22 the last turn
//
//   serve ──> is there another turn? ──> execute its entries ──> done = turn ──> SIGTRAP if it halts
//     ^           └─ no: spin, then sleep until there is                                 │
//     └──────────────────────────────────────────────────────────────────────────────────┘
stublab_stub_serve:
    add x23, x19, #RING_TURN
    ldar w0, [x23]
    cmp w0, w22
    b.eq idle
    mov w22, w0
    add x20, x19, #RING_ENTRIES
    ldr w21, [x19, #RING_COUNT]
    add x21, x20, x21, lsl #ENTRY_SHIFT
entry:
    cmp x20, x21
    b.eq ended
    ldr w24, [x20, #ENTRY_FLAGS]
    cbnz w24, refer
execute:
    ldr w8, [x20, #ENTRY_NUMBER]
    ldp x0, x1, [x20, #ENTRY_ARGUMENTS]
    ldp x2, x3, [x20, #ENTRY_ARGUMENTS+16]
    ldp x4, x5, [x20, #ENTRY_ARGUMENTS+32]
    svc #0
    str x0, [x20, #ENTRY_RESULT]
next:
    add x20, x20, #ENTRY_SIZE
    b entry

refer:
    tst w24, #ENTRY_CANCEL
    b.ne cancel
argument:
    cbz w24, execute
    rbit w25, w24
    clz w25, w25
    sub w26, w24, #1
    and w24, w24, w26
    add x26, x20, #ENTRY_ARGUMENTS
    ldr x0, [x26, x25, lsl #3]
    ldr x0, [x19, x0]
    str x0, [x26, x25, lsl #3]
    cmn x0, #4095
    b.lo argument
cancel:
    mov x0, #-ECANCELED
    str x0, [x20, #ENTRY_RESULT]
    b next

ended:
    add x25, x19, #RING_DONE
    stlr w22, [x25]
    dmb ish
    ldr w0, [x19, #RING_HALT]
    cbnz w0, halt
    ldr w0, [x19, #RING_HOST]
    cbz w0, idle
    mov x8, #__NR_futex
    mov x0, x25
    mov x1, #FUTEX_WAKE
    mov x2, #1
    svc #0
stublab_stub_wake:
idle:
    ldr w24, [x19, #RING_SPINS]
spin:
    ldar w0, [x23]
    cmp w0, w22
    b.ne stublab_stub_serve
    yield
    subs w24, w24, #1
    b.pl spin
    mov w0, #1
    add x25, x19, #RING_STUB
    stlr w0, [x25]
    dmb ish
    mov x8, #__NR_futex
    mov x0, x23
    mov x1, #FUTEX_WAIT
    mov w2, w22
    mov x3, #0
    svc #0
stublab_stub_sleep:
    str wzr, [x19, #RING_STUB]
    b stublab_stub_serve
halt:
    // Not a BRK: the next turn is to begin behind it.
    mov x8, #__NR_getpid
    svc #0
    mov x8, #__NR_kill
    mov x1, #SIGTRAP
    svc #0
    b stublab_stub_serve
stublab_stub_end:

// A program that only exits, with the number of its arguments as status. An execve resets the exit
// signal of a process to SIGCHLD (begin_new_exec in the kernel), so that its end does no harm to its
// parent.

.macro idle_program
    ldr w0, [sp]
    mov x8, #__NR_exit
    svc #0
.endm

    .section .rodata
    .globl stublab_idle_begin, stublab_idle_end
    .hidden stublab_idle_begin, stublab_idle_end
    .set LOAD_ADDRESS, 0x400000
    .balign 8
stublab_idle_begin:
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0          // 64 bits, little-endian, System V
    .quad 0
    .short 2, 183                                  // ET_EXEC, EM_AARCH64
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
    .quad 0x10000                                  // the largest page
idle_code:
    idle_program
stublab_idle_end:

// The same program, as the entry of the library itself (scripts/libraries.mjs).
    .text
    .globl stublab_idle_entry
    .hidden stublab_idle_entry
stublab_idle_entry:
    idle_program

// A signal handler that only interrupts system calls, and its restorer.

    .globl stublab_ignore, stublab_restorer
    .hidden stublab_ignore, stublab_restorer
stublab_ignore:
    ret
stublab_restorer:
    mov x8, #__NR_rt_sigreturn
    svc #0

    .section .note.GNU-stack, "", %progbits
