/* The table of constants: the headers' value of each name that the build requests. */
#include "machine.h"
#include "native.h"
#include "signals.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>
#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time.h>
#include <linux/wait.h>

struct native_constant {
    const char *name;
    int64_t value;
};

/* The conversion keeps the sign of AT_FDCWD and adds none to the unsigned CLONE_IO and __WCLONE. */
#define CONSTANT(name) {#name, (int64_t)(name)},

#define REGISTERS_SIZE sizeof(register_block)
#define REGISTER(name, member) {"REG_" #name, offsetof(register_block, member)},
#define SIGINFO_MEMBER(name) {"SIGINFO_" #name, offsetof(siginfo_t, name)},
#define CLONE_MEMBER(name) {"CLONE3_" #name, offsetof(struct clone_args, name)},

/* The build writes constants.inc: each name under an #ifdef. */
static const struct native_constant constants[] = {
#include "constants.inc"
    REGISTERS(REGISTER) SIGINFO_MEMBERS(SIGINFO_MEMBER) CLONE_MEMBERS(CLONE_MEMBER){NULL, 0},
};

#define CONSTANTS (sizeof(constants) / sizeof(constants[0]) - 1)

uint32_t native_encoder_abi(void) {
    return ENCODER_ABI;
}

const char *native_constant_name(uint32_t index) {
    return index < CONSTANTS ? constants[index].name : NULL;
}

int64_t native_constant_value(uint32_t index) {
    return index < CONSTANTS ? constants[index].value : 0;
}
