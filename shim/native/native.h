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

/* Members of the kernel's siginfo_t; <asm/siginfo.h> makes macros of their names. */
#define SIGINFO_SIZE sizeof(siginfo_t)
#define SIGINFO_si_signo offsetof(siginfo_t, si_signo)
#define SIGINFO_si_errno offsetof(siginfo_t, si_errno)
#define SIGINFO_si_code offsetof(siginfo_t, si_code)
#define SIGINFO_si_pid offsetof(siginfo_t, si_pid)
#define SIGINFO_si_uid offsetof(siginfo_t, si_uid)
/* POSIX calls it si_timerid, the kernel si_tid. */
#define SIGINFO_si_timerid offsetof(siginfo_t, si_tid)
#define SIGINFO_si_overrun offsetof(siginfo_t, si_overrun)
#define SIGINFO_si_value offsetof(siginfo_t, si_value)
#define SIGINFO_si_status offsetof(siginfo_t, si_status)
#define SIGINFO_si_addr offsetof(siginfo_t, si_addr)
#define SIGINFO_si_band offsetof(siginfo_t, si_band)
#define SIGINFO_si_fd offsetof(siginfo_t, si_fd)
#define SIGINFO_si_call_addr offsetof(siginfo_t, si_call_addr)
#define SIGINFO_si_syscall offsetof(siginfo_t, si_syscall)
#define SIGINFO_si_arch offsetof(siginfo_t, si_arch)

/* The ABI writes the third version of struct clone_args. */
#define CLONE3_SIZE CLONE_ARGS_SIZE_VER2
#define CLONE3_flags offsetof(struct clone_args, flags)
#define CLONE3_pidfd offsetof(struct clone_args, pidfd)
#define CLONE3_child_tid offsetof(struct clone_args, child_tid)
#define CLONE3_parent_tid offsetof(struct clone_args, parent_tid)
#define CLONE3_exit_signal offsetof(struct clone_args, exit_signal)
#define CLONE3_stack offsetof(struct clone_args, stack)
#define CLONE3_stack_size offsetof(struct clone_args, stack_size)
#define CLONE3_tls offsetof(struct clone_args, tls)
#define CLONE3_set_tid offsetof(struct clone_args, set_tid)
#define CLONE3_set_tid_size offsetof(struct clone_args, set_tid_size)
#define CLONE3_cgroup offsetof(struct clone_args, cgroup)

/* The flags of a clone that makes another thread of a stub, traced from its start. */
#define STUB_THREAD_FLAGS                                                                          \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE)

/* A block or an area of the encoder's buffer. */
static inline void *place_in(void *memory, uint32_t offset) {
    return (unsigned char *)memory + offset;
}

static inline const void *read_in(const void *memory, uint32_t offset) {
    return (const unsigned char *)memory + offset;
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
