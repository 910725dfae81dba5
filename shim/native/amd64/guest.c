/* Guests' registers: what makes a block fit to be resumed, and the system call that it stopped at.
 */
#include "guest.h"
#include "machine.h"

/* What the kernel pops when it emulates a vsyscall: the return address of the CALL. */
#define RETURN_ADDRESS_LENGTH sizeof(uint64_t)

void native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    struct user_regs_struct *registers = registers_at(memory, block);
    const struct user_regs_struct *from = read_only(memory, initial);

    registers->cs = from->cs;
    registers->ss = from->ss;
    registers->ds = from->ds;
    registers->es = from->es;
    registers->fs = from->fs;
    registers->gs = from->gs;
    /* -1: in no system call, so that the kernel restarts none. */
    registers->orig_rax = UINT64_MAX;
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
    registers_at(memory, block)->rax = result;
}

void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->rip = address;
    registers->rsp -= RETURN_ADDRESS_LENGTH;
}
