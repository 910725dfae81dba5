// An encoder in C for amd64, without any library: system calls, the bootstrap convention and clone.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry \
//     -Wl,--initial-memory=131072,--max-memory=131072 -o mine.wasm examples/encoders/encoder.c
//   npx stublab compare ./mine.wasm
//
// A C compiler exports the address of a variable, so each constant is a function that returns it.

typedef unsigned long long word;

#define EXPORT(name) __attribute__((export_name(#name)))
#define CONSTANT(name, value) EXPORT(name) word name(void) { return value; }

// struct user_regs_struct, and from it REG_r15 = 0, REG_r14 = 8 …
#define REGISTERS(each)                                                                            \
    each(r15) each(r14) each(r13) each(r12) each(rbp) each(rbx) each(r11) each(r10) each(r9)       \
    each(r8) each(rax) each(rcx) each(rdx) each(rsi) each(rdi) each(orig_rax) each(rip) each(cs)   \
    each(eflags) each(rsp) each(ss) each(fs_base) each(gs_base) each(ds) each(es) each(fs) each(gs)
#define FIELD(name) word name;
struct registers { REGISTERS(FIELD) };
#define OFFSET(name) CONSTANT(REG_##name, __builtin_offsetof(struct registers, name))
REGISTERS(OFFSET)
CONSTANT(REGISTERS_SIZE, sizeof(struct registers))

extern char __heap_base; // the linker's: the end of this module's own data and stack
CONSTANT(heap, (word)&__heap_base)
CONSTANT(ENCODER_ABI, 2)

EXPORT(encodeSyscall)
void encodeSyscall(struct registers *block, const struct registers *initial, word number, word arg0,
                   word arg1, word arg2, word arg3, word arg4, word arg5) {
    *block = *initial;
    block->rax = number;
    block->orig_rax = -1ULL;
    block->rdi = arg0, block->rsi = arg1, block->rdx = arg2;
    block->r10 = arg3, block->r8 = arg4, block->r9 = arg5;
}
EXPORT(rewindSyscall) void rewindSyscall(struct registers *block) { block->rip -= 2; }
EXPORT(syscallResult) word syscallResult(const struct registers *block) { return block->rax; }
EXPORT(syscallErrno) int syscallErrno(word result) {
    return -result - 1 < 4095 ? (int)-result : 0;
}

EXPORT(encodeBootstrap) void encodeBootstrap(struct registers *block, int parent) {
    block->r15 = (unsigned)parent;
    block->rbx = 1;
}

#define FLAGS(each)                                                                                \
    each(VM, 0x100) each(FS, 0x200) each(SIGHAND, 0x800) each(PIDFD, 0x1000)                       \
    each(THREAD, 0x10000) each(NEWNS, 0x20000) each(SYSVSEM, 0x40000)                              \
    each(PARENT_SETTID, 0x100000) each(DETACHED, 0x400000) each(NEWIPC, 0x8000000)                 \
    each(NEWUSER, 0x10000000) each(NEWPID, 0x20000000)
#define VALUE(name, value) name = value,
#define FLAG(name, value) CONSTANT(CLONE_##name, value)
enum { FLAGS(VALUE) CSIGNAL_MASK = 0xff };
FLAGS(FLAG)
CONSTANT(CSIGNAL, CSIGNAL_MASK)

static int both(word flags, word one, word other) { return flags & one && flags & other; }

static int refused(word flags) {
    return both(flags, FS, NEWNS | NEWUSER) || both(flags, THREAD, NEWUSER | NEWPID) ||
           both(flags, PIDFD, DETACHED | PARENT_SETTID) || both(flags, NEWIPC, SYSVSEM) ||
           (flags & THREAD && !(flags & SIGHAND)) || (flags & SIGHAND && !(flags & VM));
}
EXPORT(encodeClone) word encodeClone(word flags, int exitSignal) {
    int fits = !(flags & CSIGNAL_MASK) && flags >> 32 == 0 && (unsigned)exitSignal <= CSIGNAL_MASK;
    return fits && !refused(flags) ? flags | (unsigned)exitSignal : -22ULL;
}
EXPORT(cloneFlags) word cloneFlags(word clone) { return clone & 0xffffff00; }
EXPORT(cloneExitSignal) int cloneExitSignal(word clone) { return (int)(clone & CSIGNAL_MASK); }
