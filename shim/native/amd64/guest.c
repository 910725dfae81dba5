/* What only amd64 does with registers. */
#include "machine.h"
#include "result.h"

#include <asm/ptrace.h>
#include <asm/unistd.h>

/* The kernel exports no user_regs_struct, but its pt_regs is the start of one. */
#define ASSERT_KERNEL_OFFSET(name, member)                                                         \
    _Static_assert(offsetof(register_block, member) == offsetof(struct pt_regs, member),           \
                   "the libc and the kernel agree about " #name);
SAVED_REGISTERS(ASSERT_KERNEL_OFFSET)

/* The kernel pops the return address of the CALL when it emulates a vsyscall. */
#define RETURN_ADDRESS_LENGTH sizeof(uint64_t)

int32_t native_restart_syscall(void *memory, uint32_t block, uint64_t original) {
    register_block *registers = place_in(memory, block);
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

int32_t native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    register_block *registers = place_in(memory, block);
    const register_block *from = place_in(memory, initial);

    registers->cs = from->cs;
    registers->ss = from->ss;
    registers->ds = from->ds;
    registers->es = from->es;
    registers->fs = from->fs;
    registers->gs = from->gs;
    leave_call(registers);
    return (registers->eflags & X86_EFLAGS_TF) != 0;
}

void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address) {
    register_block *registers = place_in(memory, block);

    registers->rip = address;
    registers->rsp -= RETURN_ADDRESS_LENGTH;
}
