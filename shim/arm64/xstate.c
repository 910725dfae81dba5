#include "registers.h"
#include "shim.h"

/*
 * The state beside the register block: struct user_fpsimd_state, then what NT_ARM_TLS has. That is
 * tpidr_el0 and, on processors with SME, tpidr2_el0.
 */
enum { FPSIMD_SIZE = 528 };

static int64_t transfer(int64_t request, int32_t tid, int64_t note, void *bytes, uint64_t length) {
    struct iovec area = {bytes, length};
    int64_t result = stublab_ptrace(request, tid, note, &area);
    return result < 0 ? result : (int64_t)area.iov_len;
}

static int64_t transfer_xstate(int64_t request, int32_t tid, uint8_t *xstate, uint64_t length) {
    const uint64_t most = length < FPSIMD_SIZE ? length : FPSIMD_SIZE;
    int64_t vectors = transfer(request, tid, NT_PRFPREG, xstate, most);
    if (vectors < FPSIMD_SIZE || length == FPSIMD_SIZE)
        return vectors;
    int64_t pointers = transfer(request, tid, NT_ARM_TLS, xstate + vectors, length - most);
    return pointers < 0 ? pointers : vectors + pointers;
}

int64_t stublab_read_xstate(int32_t tid, void *xstate, uint64_t length) {
    return transfer_xstate(PTRACE_GETREGSET, tid, xstate, length);
}

int64_t stublab_write_xstate(int32_t tid, void *xstate, uint64_t length) {
    return transfer_xstate(PTRACE_SETREGSET, tid, xstate, length);
}

int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length, uint64_t components) {
    (void)components;
    int64_t size = stublab_read_xstate(tid, xstate, length);
    uint8_t *bytes = xstate;
    /* All are 0 in a new program. */
    for (int64_t i = 0; i < size; i++)
        *(volatile uint8_t *)&bytes[i] = 0;
    return size;
}
