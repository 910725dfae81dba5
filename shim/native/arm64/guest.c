/* Guests' registers: the system call at which a guest stopped. */
#include "machine.h"

/* The registers of a call's number and arguments (syscall(2)). */
#define NUMBER_REGISTER 8
#define ARGUMENTS 6

/* No flag lets a guest step itself, and no register names a call to restart. */
int32_t native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    (void)memory;
    (void)block;
    (void)initial;
    return 0;
}

int32_t native_decode_guest_syscall(void *memory, uint32_t block, uint32_t at) {
    const struct user_pt_regs *registers = read_only(memory, block);
    uint64_t *arguments = place_in(memory, at);

    for (int i = 0; i < ARGUMENTS; i++)
        arguments[i] = registers->regs[i];
    return (int32_t)registers->regs[NUMBER_REGISTER];
}

void native_encode_guest_result(void *memory, uint32_t block, uint64_t result) {
    registers_at(memory, block)->regs[0] = result;
}
