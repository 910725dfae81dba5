/*
 * The encoder `native`: the encoder ABI (docs/encoder-abi.md) with every layout and every constant
 * taken from the system's headers. It is built freestanding and calls nothing, so that one binary
 * serves glibc and musl.
 *
 * These sources are compiled once for each architecture whose registers are encoded, and run on
 * x86-64 always: of another architecture they see its own <asm/...> headers. What differs is in the
 * folders amd64/ and arm64/, of which the build names one: each has a machine.h.
 *
 * `memory` is the base of the encoder's buffer; `block`, `initial` and `at` are byte offsets in it,
 * multiples of 8. Where a function refuses its arguments it returns -EINVAL.
 */
#ifndef STUBLAB_NATIVE_H
#define STUBLAB_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__) || defined(__ILP32__)
#error "native: runs on x86-64 with 64-bit pointers only, whatever it encodes for"
#endif

/* Constants of the encoder ABI itself: no header has them. */
#define ENCODER_ABI 1

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
/* POSIX says si_timerid, the kernel si_tid. */
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

/* The third version of struct clone_args is what the ABI writes. */
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

/* The flags of a clone that makes another thread of a stub, traced from its birth. */
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

void native_encode_syscall(void *memory, uint32_t block, uint32_t initial, uint64_t number,
                           uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3,
                           uint64_t arg4, uint64_t arg5);
void native_rewind_syscall(void *memory, uint32_t block);
int32_t native_restart_syscall(void *memory, uint32_t block, uint64_t original);
uint64_t native_syscall_result(const void *memory, uint32_t block);
int32_t native_syscall_errno(uint64_t result);
int32_t native_restarts_syscall(int32_t error);
void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent);

int64_t native_encode_clone(uint64_t flags, int32_t exit_signal);
uint64_t native_clone_flags(uint64_t word);
int32_t native_clone_exit_signal(uint64_t word);
int32_t native_encode_clone3(void *memory, uint32_t at, uint64_t flags, uint64_t pidfd,
                             uint64_t child_tid, uint64_t parent_tid, uint64_t exit_signal,
                             uint64_t stack, uint64_t stack_size, uint64_t tls, uint64_t set_tid,
                             uint64_t set_tid_size, uint64_t cgroup);

int64_t native_encode_wait_options(uint64_t options);
int32_t native_wait_kind(int32_t status);
int32_t native_wait_value(int32_t status);
int32_t native_wait_event(int32_t status);
int32_t native_wait_core_dumped(int32_t status);
int32_t native_encode_stop(int32_t signal);

uint64_t native_signal_set(int32_t signal);
uint64_t native_blockable_signals(uint64_t set);

int32_t native_siginfo_form(int32_t signal, int32_t code);
int32_t native_encode_siginfo(void *memory, uint32_t at, int32_t signal, int32_t code,
                              uint64_t first, uint64_t second, uint64_t third);

int32_t native_encode_seccomp(void *memory, uint32_t at, int32_t exit_signal);

#pragma GCC visibility pop

#endif
