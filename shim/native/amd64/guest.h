/* Guests: programs that run in a stub, of this architecture alone. */
#ifndef STUBLAB_NATIVE_GUEST_H
#define STUBLAB_NATIVE_GUEST_H

#include <stdint.h>

#pragma GCC visibility push(default)

void native_enter_guest(void *memory, uint32_t block, uint32_t initial);
int32_t native_is_single_stepping(const void *memory, uint32_t block);
int32_t native_decode_guest_syscall(void *memory, uint32_t block);
uint64_t native_guest_argument(const void *memory, uint32_t block, int32_t index);
void native_encode_guest_result(void *memory, uint32_t block, uint64_t result);
void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address);

#pragma GCC visibility pop

#endif
