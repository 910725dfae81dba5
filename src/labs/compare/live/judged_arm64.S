// What stubs under judgement run: see judged_amd64.S. The data is 64 kB behind the code, so that it has pages of its own
// whatever their size.

#include <asm/unistd.h>
#include "build/slots.h"

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGNALFD_SIGINFO 128

    .set data, 0
    .globl judged_begin, judged_end
judged_begin:
// Writes the registers down, and meets BRK: x0 is kept in TPIDR_EL0, and has the address of the data meanwhile.
// It can be entered in three places, each of which notes that it was: one instruction before `entry`, where a restart
// leads; at `entry`; and after an SVC.
restarted:
    msr tpidr_el0, x0
    mov x0, #0x10010000
    stp x1, x2, [x0, #SLOT_general + 8]
    adr x1, entry - 4
    b common
    b restarted
entry:
    msr tpidr_el0, x0
    mov x0, #0x10010000
    stp x1, x2, [x0, #SLOT_general + 8]
    adr x1, entry
    b common
call:
    svc #0
afterCall:
    msr tpidr_el0, x0
    mov x0, #0x10010000
    stp x1, x2, [x0, #SLOT_general + 8]
    adr x1, afterCall
common:
    str x1, [x0, #SLOT_start]
    stp x3, x4, [x0, #SLOT_general + 24]
    stp x5, x6, [x0, #SLOT_general + 40]
    stp x7, x8, [x0, #SLOT_general + 56]
    stp x9, x10, [x0, #SLOT_general + 72]
    stp x11, x12, [x0, #SLOT_general + 88]
    stp x13, x14, [x0, #SLOT_general + 104]
    stp x15, x16, [x0, #SLOT_general + 120]
    stp x17, x18, [x0, #SLOT_general + 136]
    stp x19, x20, [x0, #SLOT_general + 152]
    stp x21, x22, [x0, #SLOT_general + 168]
    stp x23, x24, [x0, #SLOT_general + 184]
    stp x25, x26, [x0, #SLOT_general + 200]
    stp x27, x28, [x0, #SLOT_general + 216]
    stp x29, x30, [x0, #SLOT_general + 232]
    mrs x1, tpidr_el0
    str x1, [x0, #SLOT_general]
    mov x1, sp
    str x1, [x0, #SLOT_stackPointer]
    mrs x1, nzcv
    str x1, [x0, #SLOT_flags]
landed:
    brk #0

// A system call that makes children. The parent meets BRK; a child sees to it that it dies with its parent, and then
// waits to be killed, or exits with x20 where x19 is not 0.
clone:
    svc #0
    cbz x0, child
    brk #0
child:
    mov x8, #__NR_prctl
    mov x0, #PR_SET_PDEATHSIG
    mov x1, #SIGKILL
    svc #0
    cbnz w19, exit
waits:
    mov x8, #__NR_ppoll
    mov x0, #0
    mov x1, #0
    mov x2, #0
    mov x3, #0
    svc #0
    b waits
exit:
    mov w0, w20
    mov x8, #__NR_exit
    svc #0

// A call that queues a signal, as its registers say, and a read of it from the signalfd in x20.
queue:
    svc #0
    mov x9, #0x10010000
    str x0, [x9, #SLOT_queued]
    mov x8, #__NR_read
    mov w0, w20
    add x1, x9, #SLOT_signalfd
    mov x2, #SIGNALFD_SIGINFO
    svc #0
    str x0, [x9, #SLOT_received]
    brk #0

// A call that is only asked about.
askSyscall:
    svc #0
    brk #0
judged_end:

    .section .note.GNU-stack, "", @progbits
