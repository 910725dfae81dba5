/*
 * The encoder `native`: the encoder ABI (docs/encoder-abi.md) with every layout and every constant
 * taken from the system's headers. It is built freestanding and calls nothing, so that one binary
 * serves glibc and musl.
 *
 * These sources are compiled once for each architecture whose registers are encoded, with that
 * architecture's <asm/...> headers, and always run on x86-64. The differences are in the folders
 * amd64/ and arm64/, each with a machine.h: the build uses one of them.
 *
 * `memory` is the base of the encoder's buffer; `block`, `initial` and `at` are byte offsets in it,
 * multiples of 8. A function that refuses its arguments returns -EINVAL.
 */
#ifndef STUBLAB_NATIVE_H
#define STUBLAB_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "native: runs on little-endian machines with 64-bit pointers only"
#endif

/* Constants of the encoder ABI itself, which no header has. */
#define WAIT_EXITED 0
#define WAIT_SIGNALED 1
#define WAIT_STOPPED 2
#define WAIT_SYSCALL_STOP 3
#define WAIT_EVENT 4
#define WAIT_GROUP_STOP 5
#define WAIT_CONTINUED 6

#define SIGINFO_KILL 0
#define SIGINFO_TIMER 1
#define SIGINFO_POLL 2
#define SIGINFO_FAULT 3
#define SIGINFO_CHLD 4
#define SIGINFO_RT 5
#define SIGINFO_SYS 6

#define SIGINFO_SIZE sizeof(siginfo_t)

/* clang-format off */
/* Members of the kernel's siginfo_t, of whose names <asm/siginfo.h> makes macros. */
#define SIGINFO_MEMBERS(each)                                                                      \
    each(si_signo) each(si_errno) each(si_code) each(si_pid) each(si_uid) each(si_timerid)         \
    each(si_overrun) each(si_value) each(si_status) each(si_addr) each(si_band) each(si_fd)        \
    each(si_call_addr) each(si_syscall) each(si_arch)
/* POSIX calls it si_timerid, the kernel si_tid. */
#define si_timerid si_tid

/* The members of struct clone_args, all words. The ABI writes its third version. */
#define CLONE_MEMBERS(each)                                                                        \
    each(flags) each(pidfd) each(child_tid) each(parent_tid) each(exit_signal) each(stack)         \
    each(stack_size) each(tls) each(set_tid) each(set_tid_size) each(cgroup)
#define CLONE3_SIZE CLONE_ARGS_SIZE_VER2
/* clang-format on */

/* The flags of a clone that makes another thread of a stub, traced from its start. */
#define STUB_THREAD_FLAGS                                                                          \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE)

/* A block or an area of the encoder's buffer. */
static inline void *place_in(void *memory, uint32_t offset) {
    return (unsigned char *)memory + offset;
}

#pragma GCC visibility push(default)

uint32_t native_encoder_abi(void);

/* Row `index` of the table of constants; the name is NULL past the end. */
const char *native_constant_name(uint32_t index);
int64_t native_constant_value(uint32_t index);

/* ENCODER_ABI and the prototypes of the ABI, which the build writes from src/core/encoder/abi.ts.
 */
#include "abi.h"

#pragma GCC visibility pop

#endif
