// The XSAVE area of a stopped thread.
#include "registers.h"
#include "shim.h"
#include <asm/sigcontext.h>
#include <linux/uio.h>
#include <stddef.h>

/** The offset of XCR0 in NT_X86_XSTATE: USER_XSTATE_XCR0_WORD of the kernel's asm/user.h. */
enum { XCR0 = 464, XCR0_SIZE = 8 };

enum { MXCSR_MASK = offsetof(struct _xstate, fpstate.mxcsr_mask) };

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

static int holds(int64_t i, int64_t begin, int64_t size) {
    return i >= begin && i < begin + size;
}

int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length, uint64_t components) {
    int64_t size = stublab_read_xstate(tid, xstate, length);
    struct _xstate *area = xstate;
    if (size < (int64_t)sizeof area->fpstate + XCR0_SIZE)
        return size;
    uint8_t *bytes = xstate;
    for (int64_t i = 0; i < size; i++)
        if (!holds(i, MXCSR_MASK, 4) && !holds(i, XCR0, XCR0_SIZE))
            bytes[i] = 0;
    uint64_t enabled = 0;
    __builtin_memcpy(&enabled, &bytes[XCR0], XCR0_SIZE);
    area->xstate_hdr.xfeatures = enabled & components;
    area->fpstate.cwd = INITIAL_FCW;
    area->fpstate.mxcsr = INITIAL_MXCSR;
    return size;
}
