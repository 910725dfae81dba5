/* System calls, those of guests among them, and the bootstrap convention in registers. */
#include "machine.h"

#define INDEX(name, member) INDEX_##name,
enum { REGISTERS(INDEX) INDEX_END };

#define ASSERT_WORD(name, member)                                                                  \
    _Static_assert(sizeof(((register_block *)0)->member) == sizeof(uint64_t) &&                    \
                       offsetof(register_block, member) == sizeof(uint64_t) * INDEX_##name,        \
                   #name " is a word in its place");
REGISTERS(ASSERT_WORD)
_Static_assert(sizeof(register_block) == sizeof(uint64_t) * INDEX_END,
               "all words of a block are listed");

void native_encode_syscall(void *memory, uint32_t block, uint32_t initial, uint64_t number,
                           uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3,
                           uint64_t arg4, uint64_t arg5) {
    register_block *registers = place_in(memory, block);
    const register_block *from = place_in(memory, initial);

    /*
     * Register by register: compilers turn a loop or an assignment of the struct into a call of
     * memcpy, and there is no libc.
     */
#define COPY_REGISTER(name, member) registers->member = from->member;
    REGISTERS(COPY_REGISTER)
#define SET_ARGUMENT(index, member) registers->member = arg##index;
    ARGUMENTS(SET_ARGUMENT)
    registers->CALL_TO_MAKE = number;
    leave_call(registers);
}

void native_rewind_syscall(void *memory, uint32_t block) {
    register_block *registers = place_in(memory, block);

    registers->PROGRAM_COUNTER -= SYSCALL_LENGTH;
}

uint64_t native_syscall_result(void *memory, uint32_t block) {
    const register_block *registers = place_in(memory, block);

    return registers->RESULT;
}

void native_encode_guest_result(void *memory, uint32_t block, uint64_t result) {
    register_block *registers = place_in(memory, block);

    registers->RESULT = result;
}

int32_t native_decode_guest_syscall(void *memory, uint32_t block, uint32_t at) {
    register_block *registers = place_in(memory, block);
    uint64_t *arguments = place_in(memory, at);

#define GET_ARGUMENT(index, member) arguments[index] = registers->member;
    ARGUMENTS(GET_ARGUMENT)
    registers->CALL_TO_MAKE = registers->CALL_MADE;
    return (int32_t)registers->CALL_MADE;
}

void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent) {
    register_block *registers = place_in(memory, block);

    registers->PARENT = (uint32_t)parent;
    registers->MARK = 1;
}
