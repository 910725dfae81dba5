/*
 * Constants, register blocks, clone words, wait options and signal sets. This file sees the
 * kernel's own headers; status words, which only the libc's <sys/wait.h> takes apart, are in
 * status.c, for that header declares the signals a second time.
 */
#include "native.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>
#include <asm/processor-flags.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <sys/syscall.h>

/*
 * <asm/signal.h> says _NSIG, which x86's exported headers leave undefined. A signal set has one bit
 * for each signal.
 */
#undef SIGRTMAX
#define SIGRTMAX ((int32_t)(8 * sizeof(sigset_t)))

/* MAX_ERRNO of the kernel's include/linux/err.h, which is not exported. */
#define LAST_ERRNO 4095

/* The kernel's include/linux/errno.h, which is not exported: only a tracer sees these. */
#define RESTARTSYS 512
#define RESTARTNOINTR 513
#define RESTARTNOHAND 514
#define RESTART_RESTARTBLOCK 516

/* The length of the instruction SYSCALL, 0f 05. */
#define SYSCALL_LENGTH 2

/* What the kernel pops from the stack when it emulates a vsyscall: the return address of the CALL.
 */
#define RETURN_ADDRESS_LENGTH sizeof(uint64_t)

/* clang-format off */
/* The registers that the kernel's pt_regs saves, in the order of the block, and those after them. */
#define SAVED_REGISTERS(each)                                                                      \
    each(r15) each(r14) each(r13) each(r12) each(rbp) each(rbx) each(r11) each(r10) each(r9)       \
    each(r8) each(rax) each(rcx) each(rdx) each(rsi) each(rdi) each(orig_rax) each(rip) each(cs)   \
    each(eflags) each(rsp) each(ss)
#define REGISTERS(each)                                                                            \
    SAVED_REGISTERS(each)                                                                          \
    each(fs_base) each(gs_base) each(ds) each(es) each(fs) each(gs)
/* clang-format on */

#define INDEX(name) INDEX_##name,
enum { REGISTERS(INDEX) INDEX_END };

#define ASSERT_WORD(name)                                                                          \
    _Static_assert(sizeof(((struct user_regs_struct *)0)->name) == sizeof(uint64_t) &&             \
                       offsetof(struct user_regs_struct, name) == sizeof(uint64_t) * INDEX_##name, \
                   #name " is a word in its place");
REGISTERS(ASSERT_WORD)
_Static_assert(INDEX_END == 27 && sizeof(struct user_regs_struct) == sizeof(uint64_t) * INDEX_END,
               "a block is 27 words, all of them listed");

/* The kernel exports no user_regs_struct, but its pt_regs is the start of one. */
#define ASSERT_KERNEL_OFFSET(name)                                                                 \
    _Static_assert(offsetof(struct user_regs_struct, name) == offsetof(struct pt_regs, name),      \
                   "the libc and the kernel agree about " #name);
SAVED_REGISTERS(ASSERT_KERNEL_OFFSET)

_Static_assert(SIGRTMAX == 64, "a signal set is one word");

struct native_constant {
    const char *name;
    int64_t value;
};

/* The conversion keeps the sign of AT_FDCWD and adds none to the unsigned CLONE_IO and __WCLONE. */
#define CONSTANT(name) {#name, (int64_t)(name)},

/* The build writes constants.inc: each name to be offered, under an #ifdef. */
static const struct native_constant constants[] = {
#include "constants.inc"
    {NULL, 0},
};

#define CONSTANTS (sizeof(constants) / sizeof(constants[0]) - 1)

uint32_t native_encoder_abi(void) {
    return ENCODER_ABI;
}

const char *native_constant_name(uint32_t index) {
    return index < CONSTANTS ? constants[index].name : NULL;
}

int64_t native_constant_value(uint32_t index) {
    return index < CONSTANTS ? constants[index].value : 0;
}

static struct user_regs_struct *registers_at(void *memory, uint32_t block) {
    return (struct user_regs_struct *)((unsigned char *)memory + block);
}

static const struct user_regs_struct *read_only(const void *memory, uint32_t block) {
    return (const struct user_regs_struct *)((const unsigned char *)memory + block);
}

/*
 * Register by register, for compilers make a call of memcpy out of a loop or an assignment of the
 * struct, and no libc is there to take it.
 */
static void copy_registers(struct user_regs_struct *to, const struct user_regs_struct *from) {
#define COPY_REGISTER(name) to->name = from->name;
    REGISTERS(COPY_REGISTER)
#undef COPY_REGISTER
}

void native_encode_syscall(void *memory, uint32_t block, uint32_t initial, uint64_t number,
                           uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3,
                           uint64_t arg4, uint64_t arg5) {
    struct user_regs_struct *registers = registers_at(memory, block);

    copy_registers(registers, registers_at(memory, initial));
    registers->rax = number;
    registers->rdi = arg0;
    registers->rsi = arg1;
    registers->rdx = arg2;
    registers->r10 = arg3;
    registers->r8 = arg4;
    registers->r9 = arg5;
    /* -1: in no system call, so that the kernel does not restart the one before. */
    registers->orig_rax = UINT64_MAX;
}

void native_rewind_syscall(void *memory, uint32_t block) {
    registers_at(memory, block)->rip -= SYSCALL_LENGTH;
}

uint64_t native_syscall_result(const void *memory, uint32_t block) {
    return read_only(memory, block)->rax;
}

int32_t native_syscall_errno(uint64_t result) {
    uint64_t error = 0 - result;

    return error <= LAST_ERRNO ? (int32_t)error : 0;
}

int32_t native_restarts_syscall(int32_t error) {
    return error == RESTARTSYS || error == RESTARTNOINTR || error == RESTARTNOHAND ||
           error == RESTART_RESTARTBLOCK;
}

void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->r15 = (uint32_t)parent;
    registers->rbx = 1;
}

void native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    struct user_regs_struct *registers = registers_at(memory, block);
    const struct user_regs_struct *from = read_only(memory, initial);

    registers->cs = from->cs;
    registers->ss = from->ss;
    registers->ds = from->ds;
    registers->es = from->es;
    registers->fs = from->fs;
    registers->gs = from->gs;
    registers->orig_rax = ~0UL;
}

int32_t native_is_single_stepping(const void *memory, uint32_t block) {
    return (read_only(memory, block)->eflags & X86_EFLAGS_TF) != 0;
}

int32_t native_decode_guest_syscall(void *memory, uint32_t block) {
    struct user_regs_struct *registers = registers_at(memory, block);

    /* At the stop rax is -ENOSYS already; the number is the low half of what it was. */
    registers->rax = registers->orig_rax;
    return (int32_t)registers->orig_rax;
}

uint64_t native_guest_argument(const void *memory, uint32_t block, int32_t index) {
    const struct user_regs_struct *registers = read_only(memory, block);

    switch (index) {
    case 0:
        return registers->rdi;
    case 1:
        return registers->rsi;
    case 2:
        return registers->rdx;
    case 3:
        return registers->r10;
    case 4:
        return registers->r8;
    case 5:
        return registers->r9;
    default:
        return 0;
    }
}

void native_encode_guest_result(void *memory, uint32_t block, uint64_t result) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->rax = result;
}

void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->rip = address;
    registers->rsp -= RETURN_ADDRESS_LENGTH;
}

static int has_all(uint64_t flags, uint64_t wanted) {
    return (flags & wanted) == wanted;
}

/* What kernel_clone and copy_process refuse (kernel/fork.c), whoever asks. */
static int clone_refuses(uint64_t flags) {
    return has_all(flags, CLONE_NEWNS | CLONE_FS) || has_all(flags, CLONE_NEWUSER | CLONE_FS) ||
           ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) ||
           ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM)) ||
           ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID))) ||
           has_all(flags, CLONE_PIDFD | CLONE_DETACHED) ||
           /* clone(2) has one address for both. */
           has_all(flags, CLONE_PIDFD | CLONE_PARENT_SETTID) ||
           has_all(flags, CLONE_NEWIPC | CLONE_SYSVSEM);
}

int64_t native_encode_clone(uint64_t flags, int32_t exit_signal) {
    if ((flags & CSIGNAL) || flags > UINT32_MAX)
        return -EINVAL;
    if (exit_signal < 0 || exit_signal > CSIGNAL)
        return -EINVAL;
    if (clone_refuses(flags))
        return -EINVAL;
    return (int64_t)(flags | (uint32_t)exit_signal);
}

uint64_t native_clone_flags(uint64_t word) {
    return word & UINT32_MAX & ~(uint64_t)CSIGNAL;
}

int32_t native_clone_exit_signal(uint64_t word) {
    return (int32_t)(word & CSIGNAL);
}

int64_t native_encode_wait_options(uint64_t options) {
    const uint64_t known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

    return (options & ~known) ? -EINVAL : (int64_t)options;
}

static uint64_t signal_bit(int32_t signal) {
    return signal < 1 || signal > SIGRTMAX ? 0 : (uint64_t)1 << (signal - 1);
}

uint64_t native_signal_set(int32_t signal) {
    return signal_bit(signal);
}

uint64_t native_blockable_signals(uint64_t set) {
    return set & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
}
