/* What only arm64 does with registers. */
#include "machine.h"
#include "result.h"

#include <asm/unistd.h>

/* As do_signal in the kernel's arch/arm64/kernel/signal.c, which knows the original x0. */
int32_t native_restart_syscall(void *memory, uint32_t block, uint64_t original) {
    register_block *registers = place_in(memory, block);
    int32_t error = errno_of(registers->RESULT);

    if (!asks_for_restart(error))
        return 0;
    registers->RESULT = original;
    registers->pc -= SYSCALL_LENGTH;
    if (error == RESTART_RESTARTBLOCK)
        registers->CALL_TO_MAKE = __NR_restart_syscall;
    return 1;
}

/* No flag lets a guest step itself. */
int32_t native_enter_guest(void *memory, uint32_t block, uint32_t initial) {
    (void)memory;
    (void)block;
    (void)initial;
    return 0;
}
