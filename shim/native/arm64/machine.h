/* arm64: a register block is struct user_pt_regs. */
#ifndef STUBLAB_NATIVE_MACHINE_H
#define STUBLAB_NATIVE_MACHINE_H

#include "native.h"

#include <asm/ptrace.h>

#define ENCODER_MACHINE EM_AARCH64

/* The architecture's value in seccomp. */
#define MACHINE_AUDIT_ARCH AUDIT_ARCH_AARCH64

#define REGISTERS_SIZE sizeof(struct user_pt_regs)

#define REG_x0 offsetof(struct user_pt_regs, regs[0])
#define REG_x1 offsetof(struct user_pt_regs, regs[1])
#define REG_x2 offsetof(struct user_pt_regs, regs[2])
#define REG_x3 offsetof(struct user_pt_regs, regs[3])
#define REG_x4 offsetof(struct user_pt_regs, regs[4])
#define REG_x5 offsetof(struct user_pt_regs, regs[5])
#define REG_x6 offsetof(struct user_pt_regs, regs[6])
#define REG_x7 offsetof(struct user_pt_regs, regs[7])
#define REG_x8 offsetof(struct user_pt_regs, regs[8])
#define REG_x9 offsetof(struct user_pt_regs, regs[9])
#define REG_x10 offsetof(struct user_pt_regs, regs[10])
#define REG_x11 offsetof(struct user_pt_regs, regs[11])
#define REG_x12 offsetof(struct user_pt_regs, regs[12])
#define REG_x13 offsetof(struct user_pt_regs, regs[13])
#define REG_x14 offsetof(struct user_pt_regs, regs[14])
#define REG_x15 offsetof(struct user_pt_regs, regs[15])
#define REG_x16 offsetof(struct user_pt_regs, regs[16])
#define REG_x17 offsetof(struct user_pt_regs, regs[17])
#define REG_x18 offsetof(struct user_pt_regs, regs[18])
#define REG_x19 offsetof(struct user_pt_regs, regs[19])
#define REG_x20 offsetof(struct user_pt_regs, regs[20])
#define REG_x21 offsetof(struct user_pt_regs, regs[21])
#define REG_x22 offsetof(struct user_pt_regs, regs[22])
#define REG_x23 offsetof(struct user_pt_regs, regs[23])
#define REG_x24 offsetof(struct user_pt_regs, regs[24])
#define REG_x25 offsetof(struct user_pt_regs, regs[25])
#define REG_x26 offsetof(struct user_pt_regs, regs[26])
#define REG_x27 offsetof(struct user_pt_regs, regs[27])
#define REG_x28 offsetof(struct user_pt_regs, regs[28])
#define REG_x29 offsetof(struct user_pt_regs, regs[29])
#define REG_x30 offsetof(struct user_pt_regs, regs[30])
#define REG_sp offsetof(struct user_pt_regs, sp)
#define REG_pc offsetof(struct user_pt_regs, pc)
#define REG_pstate offsetof(struct user_pt_regs, pstate)

static inline struct user_pt_regs *registers_at(void *memory, uint32_t block) {
    return place_in(memory, block);
}

static inline const struct user_pt_regs *read_only(const void *memory, uint32_t block) {
    return read_in(memory, block);
}

#endif
