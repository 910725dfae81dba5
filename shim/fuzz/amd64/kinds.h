// What setups.c and stops.c have to know of amd64.
#ifndef STUBLAB_AMD64_KINDS_H
#define STUBLAB_AMD64_KINDS_H

#include <stdint.h>

/** Whether the kernel's own signal looks as if a process had sent it: none does. */
static inline int is_step_over_call(int32_t signal, int32_t code, uint64_t address) {
    (void)signal, (void)code, (void)address;
    return 0;
}

#endif
