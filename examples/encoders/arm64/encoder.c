// ---- arm64
// struct user_pt_regs, and from it REG_x0 = 0, REG_x1 = 8 …
#define REGISTERS(each)                                                                            \
    each(x0) each(x1) each(x2) each(x3) each(x4) each(x5) each(x6) each(x7) each(x8) each(x9)      \
    each(x10) each(x11) each(x12) each(x13) each(x14) each(x15) each(x16) each(x17) each(x18)      \
    each(x19) each(x20) each(x21) each(x22) each(x23) each(x24) each(x25) each(x26) each(x27)      \
    each(x28) each(x29) each(x30) each(sp) each(pc) each(pstate)
struct registers { REGISTERS(FIELD) };
REGISTERS(OFFSET)
#define NUMBERS(each)                                                                              \
    each(SYS_exit, 93) each(SYS_unshare, 97) each(SYS_restart_syscall, 128) each(SYS_kill, 129)    \
    each(SYS_prctl, 167) each(SYS_getpid, 172) each(SYS_getppid, 173) each(SYS_munmap, 215)        \
    each(SYS_clone, 220) each(SYS_mmap, 222) each(SYS_mprotect, 226) each(SYS_wait4, 260)          \
    each(SYS_execveat, 281) each(SYS_rseq, 293) each(SYS_close_range, 436)                         \
    each(ENCODER_MACHINE, 183) each(AUDIT_ARCH_AARCH64, 0xc00000b7)                                \
    each(PTRACE_GETREGSET, 0x4204) each(PTRACE_SETREGSET, 0x4205)
enum { NUMBERS(VALUE) ARCHITECTURE = 0xc00000b7, HAS_VSYSCALLS = 0 };

EXPORT(encodeSyscall)
void encodeSyscall(struct registers *block, const struct registers *initial, word number, word arg0,
                   word arg1, word arg2, word arg3, word arg4, word arg5) {
    *block = *initial;
    block->x8 = number;
    block->x0 = arg0, block->x1 = arg1, block->x2 = arg2;
    block->x3 = arg3, block->x4 = arg4, block->x5 = arg5;
}
EXPORT(rewindSyscall) void rewindSyscall(struct registers *block) { block->pc -= 4; }
EXPORT(syscallResult) word syscallResult(const struct registers *block) { return block->x0; }

EXPORT(encodeBootstrap) void encodeBootstrap(struct registers *block, int parent) {
    block->x7 = (unsigned)parent;
    block->x9 = 1;
}

// A guest's registers: at a call its number and arguments.
EXPORT(enterGuest) int enterGuest(struct registers *block, const struct registers *initial) {
    return 0;
}
EXPORT(decodeGuestSyscall) int decodeGuestSyscall(struct registers *block, word *at) {
    at[0] = block->x0, at[1] = block->x1, at[2] = block->x2;
    at[3] = block->x3, at[4] = block->x4, at[5] = block->x5;
    return (int)block->x8;
}
EXPORT(encodeGuestResult) void encodeGuestResult(struct registers *block, word result) {
    block->x0 = result;
}
