/* Results of system calls. */
#include "result.h"
#include "native.h"

int32_t native_syscall_errno(uint64_t result) {
    return errno_of(result);
}

int32_t native_restarts_syscall(int32_t error) {
    return asks_for_restart(error);
}
