/* amd64: a register block is struct user_regs_struct. */
#ifndef STUBLAB_NATIVE_MACHINE_H
#define STUBLAB_NATIVE_MACHINE_H

#include "native.h"

#include <asm/processor-flags.h>
#include <sys/user.h>

#define ENCODER_MACHINE EM_X86_64

/* The architecture's value in seccomp. */
#define MACHINE_AUDIT_ARCH AUDIT_ARCH_X86_64

/* The upper half of every address in the vsyscall page. */
#define VSYSCALL_HALF 0xffffffff

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

static inline struct user_regs_struct *registers_at(void *memory, uint32_t block) {
    return place_in(memory, block);
}

static inline const struct user_regs_struct *read_only(const void *memory, uint32_t block) {
    return read_in(memory, block);
}

#endif
