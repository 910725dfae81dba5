/* System calls and the bootstrap convention in the registers of arm64. */
#include "machine.h"
#include "native.h"
#include "result.h"

#include <asm/unistd.h>

/* The length of SVC, and of every instruction. */
#define SYSCALL_LENGTH 4

/* The register of a call's number (syscall(2)). */
#define NUMBER_REGISTER 8

/* The bootstrap convention: docs/encoder-abi.md. */
#define PARENT_REGISTER 7
#define CLONE_REGISTER 9

#define GENERAL_REGISTERS (sizeof(((struct user_pt_regs *)0)->regs) / sizeof(uint64_t))

_Static_assert(GENERAL_REGISTERS == 31 && REG_sp == 248 && REG_pc == 256 && REG_pstate == 264 &&
                   REGISTERS_SIZE == 272,
               "a block is 34 words: x0 to x30, sp, pc, pstate");

static void copy_registers(struct user_pt_regs *to, const struct user_pt_regs *from) {
    for (size_t i = 0; i < GENERAL_REGISTERS; i++)
        to->regs[i] = from->regs[i];
    to->sp = from->sp;
    to->pc = from->pc;
    to->pstate = from->pstate;
}

void native_encode_syscall(void *memory, uint32_t block, uint32_t initial, uint64_t number,
                           uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3,
                           uint64_t arg4, uint64_t arg5) {
    struct user_pt_regs *registers = registers_at(memory, block);

    copy_registers(registers, read_only(memory, initial));
    registers->regs[NUMBER_REGISTER] = number;
    registers->regs[0] = arg0;
    registers->regs[1] = arg1;
    registers->regs[2] = arg2;
    registers->regs[3] = arg3;
    registers->regs[4] = arg4;
    registers->regs[5] = arg5;
}

void native_rewind_syscall(void *memory, uint32_t block) {
    registers_at(memory, block)->pc -= SYSCALL_LENGTH;
}

/* As do_signal in the kernel's arch/arm64/kernel/signal.c, which knows the original x0. */
int32_t native_restart_syscall(void *memory, uint32_t block, uint64_t original) {
    struct user_pt_regs *registers = registers_at(memory, block);
    int32_t error = errno_of(registers->regs[0]);

    if (!asks_for_restart(error))
        return 0;
    registers->regs[0] = original;
    registers->pc -= SYSCALL_LENGTH;
    if (error == RESTART_RESTARTBLOCK)
        registers->regs[NUMBER_REGISTER] = __NR_restart_syscall;
    return 1;
}

uint64_t native_syscall_result(void *memory, uint32_t block) {
    return read_only(memory, block)->regs[0];
}

void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent) {
    struct user_pt_regs *registers = registers_at(memory, block);

    registers->regs[PARENT_REGISTER] = (uint32_t)parent;
    registers->regs[CLONE_REGISTER] = 1;
}
