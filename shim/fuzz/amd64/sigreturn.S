// The loop of a stub that tries register setups by itself: a signal handler that records the
// outcome of the last setup, writes the next one to its signal frame, and returns there.
//
//   INT3 ──> handler: note the outcome ──> any left? ──> words into the frame ──> rt_sigreturn
//              ^                            └─ no: the host's turn, until it is ours   │
//              └──────────── signal, on the alternate stack <── the setup runs <───────┘
//
// It is copied to a page, so it is position independent; the host writes the address of the
// exchange into the copy. Whatever registers a setup leaves, the kernel enters a handler with good CS, RSP, DF
// and TF. AC may be set, so all memory accesses are aligned. The code calls no function and saves
// no register. No signal is blocked, because to block and unblock them takes as long as all else
// here: one of another process that interrupts the loop is passed over.

#include "records.h"
#include "register_indices.h"
#include <asm/unistd.h>

#define SIG_SETMASK 2
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define PLAIN_FLAGS 0x202
// NT and ID
#define STAYING_FLAGS 0x204000
// enum stublab_fpstate
#define FPSTATE_LAST 1
#define FPSTATE_IMAGE 2

// struct ucontext and struct sigcontext: asm/ucontext.h, asm/sigcontext.h
#define UC_FLAGS 0
#define UC_REGISTERS 40
#define SC_CS (UC_REGISTERS + 8 * FRAME_SELECTORS)
#define SC_SS (SC_CS + 6)
#define SC_FPSTATE (UC_REGISTERS + 8 * STUBLAB_SIGCONTEXT)

// An XSAVE area: struct fxregs_state, struct xstate_header
#define MXCSR 24
#define XSTATE_BV 512
#define INITIAL_MXCSR 0x1f80

// siginfo_t
#define SI_SIGNO 0
#define SI_CODE 8
#define SI_ADDR 16

// The registers that both a signal frame and a block have.
.macro each_register use
    \use FRAME_R8, REG_R8
    \use FRAME_R9, REG_R9
    \use FRAME_R10, REG_R10
    \use FRAME_R11, REG_R11
    \use FRAME_R12, REG_R12
    \use FRAME_R13, REG_R13
    \use FRAME_R14, REG_R14
    \use FRAME_R15, REG_R15
    \use FRAME_RDI, REG_RDI
    \use FRAME_RSI, REG_RSI
    \use FRAME_RBP, REG_RBP
    \use FRAME_RBX, REG_RBX
    \use FRAME_RDX, REG_RDX
    \use FRAME_RAX, REG_RAX
    \use FRAME_RCX, REG_RCX
    \use FRAME_RSP, REG_RSP
    \use FRAME_RIP, REG_RIP
    \use FRAME_EFLAGS, REG_EFLAGS
.endm

// From the frame at R13 to the outcome at R12.
.macro note in_frame, in_block
    mov UC_REGISTERS+8*\in_frame(%r13), %rax
    mov %rax, OUTCOME_STOPPED+8*\in_block(%r12)
.endm

.macro note_selector selector, in_block
    mov \selector, %eax
    mov %rax, OUTCOME_STOPPED+8*\in_block(%r12)
.endm

// 32-bit code can pop these two, and no frame has them. RAX = the current value.
.macro restore_selector selector
    mov EXCHANGE_SELECTOR(%r15), %ecx
    cmp %ecx, %eax
    je 1f
    mov %ecx, \selector
1:
.endm

// From the setup at R12 to the frame at R13.
.macro put in_frame, in_block
    mov SETUP_WORDS+8*\in_block(%r12), %rax
    mov %rax, UC_REGISTERS+8*\in_frame(%r13)
.endm

    .text
    .globl stublab_sigreturn_begin, stublab_sigreturn_exchange, stublab_sigreturn_handler
    .globl stublab_sigreturn_enter, stublab_sigreturn_end
    .hidden stublab_sigreturn_begin, stublab_sigreturn_exchange, stublab_sigreturn_handler
    .hidden stublab_sigreturn_enter, stublab_sigreturn_end
    .balign 16
stublab_sigreturn_begin:
    int3
    .balign 8, 0xcc
stublab_sigreturn_exchange:
    .quad 0

// RDI = signal, RSI = siginfo, RDX = ucontext. R15 = the exchange, RBX = index of the setup,
// EBP = the flags to clear.
stublab_sigreturn_handler:
    mov %rdx, %r13
    mov UC_REGISTERS+8*FRAME_EFLAGS(%r13), %ebp
    and $STAYING_FLAGS, %ebp
    mov UC_REGISTERS+8*FRAME_RIP(%r13), %rax
    lea stublab_sigreturn_handler(%rip), %rcx
    sub %rcx, %rax
    cmp $stublab_sigreturn_end-stublab_sigreturn_handler, %rax
    jb interrupted
    mov stublab_sigreturn_exchange(%rip), %r15
    mov EXCHANGE_NEXT(%r15), %ebx
    cmp EXCHANGE_COUNT(%r15), %ebx
    jae give // the INT3 at the beginning is not the outcome of a setup

    imul $OUTCOME_SIZE, %rbx, %rax
    add EXCHANGE_OUTCOMES(%r15), %rax
    mov %rax, %r12
    movl $0, OUTCOME_ERROR(%r12)
    movl $-1, OUTCOME_REFUSED_AT(%r12)
    movl $0, OUTCOME_RESUMED(%r12)
    movq $0, OUTCOME_OBSTACLE(%r12) // and its errno
    // The status word that wait4 reports for a stop by a signal.
    shl $8, %edi
    or $0x7f, %edi
    mov %edi, OUTCOME_STATUS(%r12)
    mov SI_SIGNO(%rsi), %eax
    mov %eax, OUTCOME_SIGNAL(%r12)
    mov SI_CODE(%rsi), %eax
    mov %eax, OUTCOME_CODE(%r12)
    mov SI_ADDR(%rsi), %rax
    mov %rax, OUTCOME_ADDRESS(%r12)
    each_register note
    movzwl SC_CS(%r13), %eax
    mov %rax, OUTCOME_STOPPED+8*REG_CS(%r12)
    movzwl SC_SS(%r13), %eax
    mov %rax, OUTCOME_STOPPED+8*REG_SS(%r12)
    note_selector %ds, REG_DS
    restore_selector %ds
    note_selector %es, REG_ES
    restore_selector %es
    note_selector %fs, REG_FS
    note_selector %gs, REG_GS
    cmpl $0, EXCHANGE_BASES(%r15)
    je noted
    rdfsbase %rax
    mov %rax, OUTCOME_STOPPED+8*REG_FS_BASE(%r12)
    rdgsbase %rax
    mov %rax, OUTCOME_STOPPED+8*REG_GS_BASE(%r12)
noted:
    imul $SETUP_SIZE, %rbx, %rax
    add EXCHANGE_SETUPS(%r15), %rax
    cmpl $FPSTATE_IMAGE, SETUP_FPSTATE(%rax)
    je read_back
done:
    inc %ebx
    mov %ebx, EXCHANGE_NEXT(%r15)
    cmp EXCHANGE_COUNT(%r15), %ebx
    jb next

give:
    movl $0, EXCHANGE_TURN(%r15)
    mov $__NR_futex, %eax
    lea EXCHANGE_TURN(%r15), %rdi
    mov $FUTEX_WAKE, %esi
    mov $1, %edx
    syscall
wait:
    cmpl $0, EXCHANGE_TURN(%r15)
    jne take
    mov $__NR_futex, %eax
    lea EXCHANGE_TURN(%r15), %rdi
    mov $FUTEX_WAIT, %esi
    xor %edx, %edx
    xor %r10d, %r10d
    syscall
    jmp wait
take:
    mov EXCHANGE_NEXT(%r15), %ebx
    cmp EXCHANGE_COUNT(%r15), %ebx
    jae give

next:
    imul $SETUP_SIZE, %rbx, %rax
    add EXCHANGE_SETUPS(%r15), %rax
    mov %rax, %r12
    each_register put
    // CS, GS, FS and SS are one word.
    movzwl SETUP_WORDS+8*REG_CS(%r12), %eax
    movzwl SETUP_WORDS+8*REG_SS(%r12), %ecx
    shl $48, %rcx
    or %rcx, %rax
    mov %rax, SC_CS(%r13)
    mov SETUP_UC_FLAGS(%r12), %eax
    mov %rax, UC_FLAGS(%r13)
    mov SETUP_FPSTATE(%r12), %eax
    cmp $FPSTATE_LAST, %eax
    je last
    ja image
    movq $0, SC_FPSTATE(%r13)
return:
    // RSP is as after the RET to the restorer: the frame begins a word lower.
    mov %r13, %rsp
    // rt_sigreturn leaves NT and ID as they are, and a POPF of the last setup may have set them. The
    // PUSH overwrites the address of the restorer.
    test %ebp, %ebp
    jz cleared
    push $PLAIN_FLAGS
    popf
cleared:
    mov $__NR_rt_sigreturn, %eax
    syscall
damaged:
    hlt

// What a new stub does last. RDI and RSI, R12 and R13 are the addresses and lengths of the program
// that it was forked from and of its stack; the word at R14 is 0. All signals are blocked until the
// last call; one that was sent meanwhile is passed over.
stublab_sigreturn_enter:
    mov $__NR_munmap, %eax
    syscall
    mov %r12, %rdi
    mov %r13, %rsi
    mov $__NR_munmap, %eax
    syscall
    mov $__NR_rt_sigprocmask, %eax
    mov $SIG_SETMASK, %edi
    mov %r14, %rsi
    xor %edx, %edx
    mov $8, %r10d
    syscall
    jmp stublab_sigreturn_begin

// A signal in the loop: that of another process leaves no trace; one of the kernel's own says that
// the loop cannot go on.
interrupted:
    cmpl $0, SI_CODE(%rsi)
    jle return
    jmp damaged

// Clears AC, for accesses that may be misaligned. Below RSP nothing is in use.
.macro permit_misaligned
    push $PLAIN_FLAGS
    popf
.endm

// The words at the offsets of the image's pairs, from the floating point of this frame, which the
// kernel has written; 0 outside of it. RAX = the setup.
read_back:
    mov %rax, %r14
    permit_misaligned
    mov SC_FPSTATE(%r13), %r8
    mov EXCHANGE_IMAGE_LENGTH(%r15), %r9
    sub $8, %r9
    xor %ecx, %ecx
read_next:
    cmp SETUP_COUNT(%r14), %ecx
    jae done
    mov %ecx, %edx
    shl $4, %edx
    mov SETUP_DAMAGE(%r14,%rdx), %rsi
    xor %eax, %eax
    cmp %r9, %rsi
    jg outside
    test %rsi, %rsi
    js outside
    mov (%r8,%rsi), %rax
outside:
    mov %rax, OUTCOME_WRITTEN(%r12,%rcx,8)
    inc %ecx
    jmp read_next

// The floating point of this frame is that of the last setup. XRSTOR initializes what the header does
// not name, but takes mxcsr.
last:
    cmpq $0, EXCHANGE_IMAGE_LENGTH(%r15)
    je return
    mov SC_FPSTATE(%r13), %rcx
    movl $INITIAL_MXCSR, MXCSR(%rcx)
    movq $0, XSTATE_BV(%rcx)
    jmp return

// Writes the image, then its pairs, each as far as it lies in the scratch pages: R8 to R8 + R9.
image:
    permit_misaligned
    mov SETUP_IMAGE(%r12), %r10
    mov %r10, SC_FPSTATE(%r13)
    mov EXCHANGE_SCRATCH(%r15), %r8
    mov EXCHANGE_SCRATCH_SIZE(%r15), %r9
    lea EXCHANGE_IMAGE(%r15), %rsi
    mov EXCHANGE_IMAGE_LENGTH(%r15), %rcx
    mov %r10, %rdi
    mov %r10, %rax
    sub %r8, %rax
    mov %r9, %rdx
    sub %rax, %rdx // the bytes from its beginning to the end of the pages
    cmp %r9, %rax
    jb begins_inside
    neg %rax // the bytes before the pages
    cmp %rcx, %rax
    jae copied
    add %rax, %rsi
    add %rax, %rdi
    sub %rax, %rcx
    mov %r9, %rdx
begins_inside:
    cmp %rdx, %rcx
    cmova %rdx, %rcx
    rep movsb
copied:
    sub $8, %r9
    sub %r8, %r10
    xor %ecx, %ecx
damage_next:
    cmp SETUP_COUNT(%r12), %ecx
    jae return
    mov %ecx, %edx
    shl $4, %edx
    mov SETUP_DAMAGE(%r12,%rdx), %rax
    add %r10, %rax
    mov SETUP_DAMAGE+8(%r12,%rdx), %rdx
    inc %ecx
    cmp %r9, %rax
    ja damage_next
    mov %rdx, (%r8,%rax)
    jmp damage_next
stublab_sigreturn_end:

    .section .note.GNU-stack, "", @progbits
