// The XSAVE area of a stopped thread.
#include "registers.h"
#include "shim.h"
#include <asm/sigcontext.h>
#include <linux/uio.h>
#include <stddef.h>

/** The offset of XCR0 in NT_X86_XSTATE: USER_XSTATE_XCR0_WORD of the kernel's asm/user.h. */
enum { XCR0 = 464, XCR0_SIZE = 8 };

enum {
    FCW = offsetof(struct _xstate, fpstate.cwd),
    MXCSR = offsetof(struct _xstate, fpstate.mxcsr),
    MXCSR_MASK = offsetof(struct _xstate, fpstate.mxcsr_mask),
    XSTATE_BV = offsetof(struct _xstate, xstate_hdr.xfeatures),
};

static int64_t transfer(int64_t request, int32_t tid, void *xstate, uint64_t length) {
    struct iovec area = {xstate, length};
    int64_t result = stublab_ptrace(request, tid, NT_X86_XSTATE, &area);
    return result < 0 ? result : (int64_t)area.iov_len;
}

int64_t stublab_read_xstate(int32_t tid, void *xstate, uint64_t length) {
    return transfer(PTRACE_GETREGSET, tid, xstate, length);
}

int64_t stublab_write_xstate(int32_t tid, void *xstate, uint64_t length) {
    return transfer(PTRACE_SETREGSET, tid, xstate, length);
}

static void put(uint8_t *at, uint32_t value, int size) {
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static int holds(int64_t i, int64_t begin, int64_t size) {
    return i >= begin && i < begin + size;
}

int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length, uint64_t components) {
    int64_t size = stublab_read_xstate(tid, xstate, length);
    if (size < XSTATE_BV + XCR0_SIZE)
        return size;
    uint8_t *bytes = xstate;
    for (int64_t i = 0; i < size; i++)
        if (!holds(i, MXCSR_MASK, 4) && !holds(i, XCR0, XCR0_SIZE))
            bytes[i] = 0;
    for (int i = 0; i < XCR0_SIZE; i++)
        bytes[XSTATE_BV + i] = bytes[XCR0 + i] & (uint8_t)(components >> 8 * i);
    put(&bytes[FCW], INITIAL_FCW, 2);
    put(&bytes[MXCSR], INITIAL_MXCSR, 4);
    return size;
}
