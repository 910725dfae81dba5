/* System calls and the bootstrap convention in the registers of amd64. */
#include "machine.h"
#include "native.h"
#include "result.h"

#include <asm/ptrace.h>
#include <asm/unistd.h>

/* The length of the instruction SYSCALL, 0f 05. */
#define SYSCALL_LENGTH 2

/* orig_rax outside a system call: the kernel restarts nothing. */
#define NO_CALL UINT64_MAX

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

/*
 * Register by register: compilers turn a loop or an assignment of the struct into a call of memcpy,
 * and there is no libc.
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

    copy_registers(registers, read_only(memory, initial));
    registers->rax = number;
    registers->rdi = arg0;
    registers->rsi = arg1;
    registers->rdx = arg2;
    registers->r10 = arg3;
    registers->r8 = arg4;
    registers->r9 = arg5;
    registers->orig_rax = NO_CALL;
}

void native_rewind_syscall(void *memory, uint32_t block) {
    registers_at(memory, block)->rip -= SYSCALL_LENGTH;
}

int32_t native_restart_syscall(void *memory, uint32_t block, uint64_t original) {
    struct user_regs_struct *registers = registers_at(memory, block);
    int32_t error = errno_of(registers->rax);

    /* orig_rax has the original rax: the number. */
    (void)original;
    if (!asks_for_restart(error) || (uint32_t)registers->orig_rax == (uint32_t)NO_CALL)
        return 0;
    registers->rax =
        error == RESTART_RESTARTBLOCK ? (uint64_t)__NR_restart_syscall : registers->orig_rax;
    registers->rip -= SYSCALL_LENGTH;
    return 1;
}

uint64_t native_syscall_result(void *memory, uint32_t block) {
    return read_only(memory, block)->rax;
}

void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->r15 = (uint32_t)parent;
    registers->rbx = 1;
}
