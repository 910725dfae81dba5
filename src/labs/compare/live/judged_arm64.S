// What stubs under judgement run: see judged_amd64.S. The data is 64 kB after the code, so that it has pages of its own
// whatever their size.

#include <asm/unistd.h>

#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGNALFD_SIGINFO 128

    .globl judged_begin, judged_end
judged_begin:
// Where a stub is resumed with registers that are judged: it stops at once, and shows where it started.
restarted:
    brk #0
entry:
    nop
landed:
    brk #0

// A system call that makes children. The parent meets BRK; a child sees to it that it dies with its parent, and then
// waits to be killed, or exits with the low byte of x19 where x19 is not 0.
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
    mov w0, w19
    mov x8, #__NR_exit
    svc #0

// A call that queues a signal, as its registers say, and a read of it from the signalfd in x19 to where its siginfo was.
queue:
    svc #0
    mov x20, x0
    mov x8, #__NR_read
    mov w0, w19
    mov x1, x2
    mov x2, #SIGNALFD_SIGINFO
    svc #0
    brk #0

// A call that is only asked about.
ask:
    svc #0
    brk #0
judged_end:

    .section .note.GNU-stack, "", @progbits
