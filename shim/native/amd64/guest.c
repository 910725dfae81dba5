/*
 * Guests' registers: preparing a block for a resume, and the system call at which the guest
 * stopped.
 */
#include "machine.h"

/* The kernel pops the return address of the CALL when it emulates a vsyscall. */
#define RETURN_ADDRESS_LENGTH sizeof(uint64_t)

int32_t native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    struct user_regs_struct *registers = registers_at(memory, block);
    const struct user_regs_struct *from = read_only(memory, initial);

    registers->cs = from->cs;
    registers->ss = from->ss;
    registers->ds = from->ds;
    registers->es = from->es;
    registers->fs = from->fs;
    registers->gs = from->gs;
    /* Not in a system call, so the kernel restarts none. */
    registers->orig_rax = UINT64_MAX;
    return (registers->eflags & X86_EFLAGS_TF) != 0;
}

int32_t native_decode_guest_syscall(void *memory, uint32_t block, uint32_t at) {
    struct user_regs_struct *registers = registers_at(memory, block);
    uint64_t *arguments = place_in(memory, at);

    arguments[0] = registers->rdi;
    arguments[1] = registers->rsi;
    arguments[2] = registers->rdx;
    arguments[3] = registers->r10;
    arguments[4] = registers->r8;
    arguments[5] = registers->r9;
    /* At the stop rax is already -ENOSYS; the number is the low half of orig_rax. */
    registers->rax = registers->orig_rax;
    return (int32_t)registers->orig_rax;
}

void native_encode_guest_result(void *memory, uint32_t block, uint64_t result) {
    registers_at(memory, block)->rax = result;
}

void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address) {
    struct user_regs_struct *registers = registers_at(memory, block);

    registers->rip = address;
    registers->rsp -= RETURN_ADDRESS_LENGTH;
}
