/*
 * The encoder `native`: the encoder ABI (docs/encoder-abi.md) with every layout and every constant
 * taken from the system's headers. It is built freestanding and calls nothing, so that one binary
 * serves glibc and musl.
 *
 * `memory` is the base of the encoder's buffer; `block` and `initial` are byte offsets in it,
 * multiples of 8. Where a function refuses its arguments it returns -EINVAL.
 */
#ifndef STUBLAB_NATIVE_H
#define STUBLAB_NATIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#if !defined(__x86_64__) || defined(__ILP32__)
#error "native: only x86-64 with 64-bit pointers is known here"
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

#define REGISTERS_SIZE sizeof(struct user_regs_struct)

#define REG_r15 offsetof(struct user_regs_struct, r15)
#define REG_r14 offsetof(struct user_regs_struct, r14)
#define REG_r13 offsetof(struct user_regs_struct, r13)
#define REG_r12 offsetof(struct user_regs_struct, r12)
#define REG_rbp offsetof(struct user_regs_struct, rbp)
#define REG_rbx offsetof(struct user_regs_struct, rbx)
#define REG_r11 offsetof(struct user_regs_struct, r11)
#define REG_r10 offsetof(struct user_regs_struct, r10)
#define REG_r9 offsetof(struct user_regs_struct, r9)
#define REG_r8 offsetof(struct user_regs_struct, r8)
#define REG_rax offsetof(struct user_regs_struct, rax)
#define REG_rcx offsetof(struct user_regs_struct, rcx)
#define REG_rdx offsetof(struct user_regs_struct, rdx)
#define REG_rsi offsetof(struct user_regs_struct, rsi)
#define REG_rdi offsetof(struct user_regs_struct, rdi)
#define REG_orig_rax offsetof(struct user_regs_struct, orig_rax)
#define REG_rip offsetof(struct user_regs_struct, rip)
#define REG_cs offsetof(struct user_regs_struct, cs)
#define REG_eflags offsetof(struct user_regs_struct, eflags)
#define REG_rsp offsetof(struct user_regs_struct, rsp)
#define REG_ss offsetof(struct user_regs_struct, ss)
#define REG_fs_base offsetof(struct user_regs_struct, fs_base)
#define REG_gs_base offsetof(struct user_regs_struct, gs_base)
#define REG_ds offsetof(struct user_regs_struct, ds)
#define REG_es offsetof(struct user_regs_struct, es)
#define REG_fs offsetof(struct user_regs_struct, fs)
#define REG_gs offsetof(struct user_regs_struct, gs)

/* Members of the kernel's siginfo_t; <asm/siginfo.h> makes macros of their names. */
/* The XSAVE area: the legacy region, a header of 64 bytes, and what the processor has beyond. */
#define XSTATE_FCW offsetof(struct user_fpregs_struct, cwd)
#define XSTATE_MXCSR offsetof(struct user_fpregs_struct, mxcsr)
#define XSTATE_REGISTERS offsetof(struct user_fpregs_struct, st_space)
#define XSTATE_REGISTERS_END offsetof(struct user_fpregs_struct, padding)
#define XSTATE_BV sizeof(struct user_fpregs_struct)
#define XSTATE_EXTENDED (XSTATE_BV + 64)
/* USER_XSTATE_XCR0_WORD, in the bytes that FXSAVE leaves to software (the kernel's asm/user.h). */
#define XSTATE_XCR0 464
/* The Intel manual, volume 1, 10.2.3 and 8.1.5; no header has these. */
#define FCW_INITIAL 0x37f
#define MXCSR_INITIAL 0x1f80
#define XFEATURE_FP 1
#define XFEATURE_SSE 2
#define XFEATURE_YMM 4

#define SIGINFO_SIZE sizeof(siginfo_t)
#define SIGINFO_si_signo offsetof(siginfo_t, si_signo)
#define SIGINFO_si_errno offsetof(siginfo_t, si_errno)
#define SIGINFO_si_code offsetof(siginfo_t, si_code)
#define SIGINFO_si_pid offsetof(siginfo_t, si_pid)
#define SIGINFO_si_uid offsetof(siginfo_t, si_uid)
#define SIGINFO_si_addr offsetof(siginfo_t, si_addr)
#define SIGINFO_si_call_addr offsetof(siginfo_t, si_call_addr)
#define SIGINFO_si_syscall offsetof(siginfo_t, si_syscall)
#define SIGINFO_si_arch offsetof(siginfo_t, si_arch)

/* The flags of a clone that makes another thread of a stub, traced from its birth. */
#define STUB_THREAD_FLAGS                                                                          \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE)

#pragma GCC visibility push(default)

uint32_t native_encoder_abi(void);

/* Row `index` of the table of constants; the name is NULL past the end. */
const char *native_constant_name(uint32_t index);
int64_t native_constant_value(uint32_t index);

void native_encode_syscall(void *memory, uint32_t block, uint32_t initial, uint64_t number,
                           uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3,
                           uint64_t arg4, uint64_t arg5);
void native_rewind_syscall(void *memory, uint32_t block);
uint64_t native_syscall_result(const void *memory, uint32_t block);
int32_t native_syscall_errno(uint64_t result);
int32_t native_restarts_syscall(int32_t error);
void native_encode_bootstrap(void *memory, uint32_t block, int32_t parent);

int64_t native_encode_clone(uint64_t flags, int32_t exit_signal);
uint64_t native_clone_flags(uint64_t word);
int32_t native_clone_exit_signal(uint64_t word);

int64_t native_encode_wait_options(uint64_t options);
int32_t native_wait_kind(int32_t status);
int32_t native_wait_value(int32_t status);
int32_t native_wait_event(int32_t status);
int32_t native_wait_core_dumped(int32_t status);
int32_t native_encode_stop(int32_t signal);

void native_enter_guest(void *memory, uint32_t block, uint32_t initial);
int32_t native_is_single_stepping(const void *memory, uint32_t block);
int32_t native_decode_guest_syscall(void *memory, uint32_t block);
uint64_t native_guest_argument(const void *memory, uint32_t block, int32_t index);
void native_encode_guest_result(void *memory, uint32_t block, uint64_t result);
void native_rewind_vsyscall(void *memory, uint32_t block, uint64_t address);

int32_t native_encode_seccomp(void *memory, uint32_t at, int32_t exit_signal);

uint64_t native_signal_set(int32_t signal);
uint64_t native_blockable_signals(uint64_t set);

#pragma GCC visibility pop

#endif
