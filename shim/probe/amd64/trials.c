// What shows that a kernel or a processor has a feature: calls, requests and code that a stub
// executes, and signal frames from which it returns. Nearly all are of the kernel: distributions
// backport, so a version says nothing.
#include "trials.h"
#include <asm/ptrace.h>
#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

enum trial_kind {
    BY_CALL,    /* a call has a result, or STOPS the stub elsewhere than at its INT3 */
    BY_REQUEST, /* a request with these words, and their length as its address, has a result */
    BY_FPREGS,  /* SETFPREGS with the first word at an offset has a result */
    BY_CODE,    /* after code was executed, something is seen */
    BY_EXIT,    /* the same of a SYSCALL, at whose exit the registers are written */
};

/** What is seen beside registers. */
enum { SIGNAL = 64, SI_CODE };

struct trial {
    const char *feature;
    enum trial_kind kind;
    int32_t number; /* of the call or the request; the offset */
    int32_t result;
    uint32_t word_count;
    uint64_t words[4];
    uint8_t code[80];
    uint32_t offset;     /* of the code on its page */
    uint32_t start;      /* of what is executed in it */
    uint32_t breakpoint; /* where a hardware breakpoint for execution is; 0: nowhere */
    /* Only such machines are tried. gVisor does not take cs of 32-bit code, and its platform ptrace
     * crashes if a program gets there by itself. */
    enum { FOR_ALL, FOR_LA57, FOR_NO_LA57, FOR_CS32 } demand;
    uint32_t register_count;
    uint32_t sees; /* what is seen: a register, SIGNAL or SI_CODE */
    struct {
        uint64_t index, word;
    } registers[4];
    uint64_t bits, seen; /* the bits of it that count, and what they are */
};

/** Where code is: 32-bit code must be below 4 GB, and the pages beside it not be mapped. A stub
 * that still has its host's memory has programs from 2 or 4 MB on, and a heap anywhere above them.
 */
#define PLACE 0x180000ULL
/** Outside of a probe of the kernel, the second answers ENXIO; from Linux 7.2 on EPROTO. */
enum { SYS_URETPROBE = 335, SYS_UPROBE = 336 };
/** Linux 6.4. Linux 6.16 added the mode 2, PR_SYS_DISPATCH_INCLUSIVE_ON. */
enum { SET_SYSCALL_USER_DISPATCH_CONFIG = 0x4210, SET_SYSCALL_INFO = 0x4212 };
enum { ERESTARTNOINTR = 513, ERESTART_RESTARTBLOCK = 516, SEGV_MAPERR = 1, MXCSR = 24 };
enum { CS_32 = 0x23, DATA = 0x2b, NULL_SELECTOR = 3, ALIGNMENT_CHECK = 0x40202 };
/** CF, PF, AF, ZF, SF, OF and bit 1; AF; and what a DIV leaves of them. */
enum { STATUS_FLAGS = 0x8d5, AF = 0x10, FLAGS_AFTER_DIV = 0x811 };
#define LOW_HALF 0xffffffffULL
/** The first address of the kernel's half with four levels of page tables, which is canonical with
 * five, too. */
#define KERNEL_HALF 0xffff800000000000ULL
/** The end of the lower half of addresses. */
#define HALF_END (1ULL << 63)
/** The bit of calls of x32: __X32_SYSCALL_BIT. */
#define X32 (1ULL << 30)
/** A store of 8 bytes there crosses a limit; one of 4 bytes in 32-bit code crosses 4 GB. */
#define ACROSS(limit) ((limit)-7)
#define ACROSS_4_GB 0xfffffffdULL

#define INT3 0xcc
#define ICEBP 0xf1
#define NOP 0x90
#define INT80 0xcd, 0x80
#define SYSCALL_CODE 0x0f, 0x05
#define DIV_EDI 0xf7, 0xf7
#define PUSH 0x50
#define POP_ES 0x07
#define STORE 0x89, 0x07
#define MOV_DS 0x8e, 0xd8
#define MOV_SS 0x8e, 0xd0
#define REX_W 0x48
#define IRETQ REX_W, 0xcf
#define XRSTOR REX_W, 0x0f, 0xae, 0x2f
#define ZEROS_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROS_64 ZEROS_16, ZEROS_16, ZEROS_16, ZEROS_16

#define BYTE(word, i) (uint8_t)((uint64_t)(word) >> 8 * (i))
#define BYTES(word)                                                                                \
    BYTE(word, 0), BYTE(word, 1), BYTE(word, 2), BYTE(word, 3), BYTE(word, 4), BYTE(word, 5),      \
        BYTE(word, 6), BYTE(word, 7)
/** An IRETQ in user mode to 32-bit code with this stack, and its frame. The code follows at
 * IRET_CODE. */
#define IRET_TO_32(rip, rsp)                                                                       \
    IRETQ, INT3, INT3, INT3, INT3, INT3, INT3, BYTES(rip), BYTES(CS_32), BYTES(0x202), BYTES(rsp), \
        BYTES(DATA)
#define IRET_CODE (PLACE + 48)
#define IRET_FRAME                                                                                 \
    { REG_RSP, PLACE + 8 }

#define CODE(...) .code = {__VA_ARGS__}
#define REGISTERS(count, ...) .register_count = (count), .registers = {__VA_ARGS__}
#define SEES(what, mask, word) .sees = (what), .bits = (mask), .seen = (word)
#define ALL (~0ULL)
#define DISPATCH(...)                                                                              \
    BY_REQUEST, .number = SET_SYSCALL_USER_DISPATCH_CONFIG, .word_count = 4, .words = {__VA_ARGS__}

// clang-format off
static const struct trial trials[] = {
    // 32-bit programs have close as number 6, and lstat is number 6 of the others.
    {"ia32", BY_CODE, CODE(INT80, INT3),
     REGISTERS(3, {REG_RAX, 6}, {REG_RBX, LOW_HALF}, {REG_RDI, 0}),
     SEES(REG_RAX, LOW_HALF, (uint32_t)-EBADF)},
    // Outside of a probe it sends SIGILL.
    {"uretprobe", BY_CALL, .number = SYS_URETPROBE, .result = STOPS},
    // A length of 0 is too short for the request; a kernel without it answers EIO.
    {"set_syscall_info", BY_REQUEST, .number = SET_SYSCALL_INFO, .result = -EINVAL},
    {"uprobe", BY_CALL, .number = SYS_UPROBE, .result = -ENXIO},
    {"uprobe_eproto", BY_CALL, .number = SYS_UPROBE, .result = -EPROTO},
    // Some hypervisors pass its exception on as a fault, with rip at it.
    {"icebp_trap", BY_CODE, CODE(ICEBP), SEES(REG_RIP, ALL, PLACE + 1)},
    // Which flags a DIV leaves, the manual does not say.
    {"div_flags", BY_CODE, CODE(DIV_EDI, INT3),
     REGISTERS(4, {REG_RAX, 6}, {REG_RDX, 0}, {REG_RDI, 2}, {REG_EFLAGS, STATUS_FLAGS & ~AF}),
     SEES(REG_EFLAGS, STATUS_FLAGS, FLAGS_AFTER_DIV)},
    // IRET to 32-bit code with rip above 4 GB: cut to 32 bits, or refused.
    {"iret_cuts_rip", BY_CODE, .demand = FOR_CS32, CODE(IRET_TO_32(1ULL << 34, 0), INT3),
     REGISTERS(1, IRET_FRAME), SEES(REG_CS, ALL, CS_32)},
    // A 32-bit push at esp = 1, across 0: a page fault, or #SS.
    {"stack_wraps", BY_CODE, .demand = FOR_CS32, CODE(IRET_TO_32(IRET_CODE, 1), PUSH, INT3),
     REGISTERS(1, IRET_FRAME), SEES(SIGNAL, ALL, SIGSEGV)},
    // A 32-bit store across 4 GB: a page fault, or #GP.
    {"data_wraps", BY_CODE, .demand = FOR_CS32,
     CODE(IRET_TO_32(IRET_CODE, 0), MOV_DS, STORE, INT3),
     REGISTERS(3, IRET_FRAME, {REG_RAX, DATA}, {REG_RDI, ACROSS_4_GB}),
     SEES(SI_CODE, ALL, SEGV_MAPERR)},
    // A 32-bit POP ES at the last two bytes of a page: they are a null selector, or a page fault.
    {"pop_reads_selector", BY_CODE, .demand = FOR_CS32,
     CODE(IRET_TO_32(IRET_CODE, PLACE + PAGE_SIZE - 2), POP_ES, INT3),
     REGISTERS(1, IRET_FRAME), SEES(SIGNAL, ALL, SIGTRAP)},
    // A misaligned store, with AC, that ends beyond user addresses: #AC, or #GP.
    {"alignment_first", BY_CODE, .demand = FOR_NO_LA57, CODE(REX_W, STORE, INT3),
     REGISTERS(2, {REG_RDI, ACROSS(1ULL << 47)}, {REG_EFLAGS, ALIGNMENT_CHECK}),
     SEES(SIGNAL, ALL, SIGBUS)},
    {"alignment_first", BY_CODE, .demand = FOR_LA57, CODE(REX_W, STORE, INT3),
     REGISTERS(2, {REG_RDI, ACROSS(1ULL << 56)}, {REG_EFLAGS, ALIGNMENT_CHECK}),
     SEES(SIGNAL, ALL, SIGBUS)},
    // Whether a breakpoint is reported on the instruction after MOV SS.
    {"movss_breakpoint", BY_CODE, CODE(MOV_SS, NOP, INT3), .breakpoint = 2,
     REGISTERS(1, {REG_RAX, DATA}), SEES(REG_RIP, ALL, PLACE + 2)},
    // XRSTOR of an area whose header, in zeros of this page, has no component. It reads what it is
    // asked for all the same: AVX, after the page; x87, before it.
    {"xrstor_reads_all", BY_CODE, CODE(XRSTOR, INT3),
     REGISTERS(3, {REG_RAX, 7}, {REG_RDX, 0}, {REG_RDI, PLACE + PAGE_SIZE - 576}),
     SEES(SIGNAL, ALL, SIGSEGV)},
    {"xrstor_reads_legacy", BY_CODE, CODE(ZEROS_64, XRSTOR, INT3), .start = 64,
     REGISTERS(3, {REG_RAX, 1}, {REG_RDX, 0}, {REG_RDI, PLACE - 512}),
     SEES(SIGNAL, ALL, SIGSEGV)},
    {"xrstor_reads_unasked", BY_CODE, CODE(ZEROS_64, XRSTOR, INT3), .start = 64,
     REGISTERS(3, {REG_RAX, 0}, {REG_RDX, 0}, {REG_RDI, PLACE - 512}),
     SEES(SIGNAL, ALL, SIGSEGV)},
    // The header of a compacted area, with AVX after the page, ends it.
    {"xrstor_reads_compacted", BY_CODE, .offset = PAGE_SIZE - 80,
     CODE(XRSTOR, INT3, 0, 0, 0, ZEROS_16, BYTES(HALF_END | 7)),
     REGISTERS(3, {REG_RAX, 7}, {REG_RDX, 0}, {REG_RDI, PLACE + PAGE_SIZE - 576}),
     SEES(SIGNAL, ALL, SIGSEGV)},
    // Before Linux 5.14 only a call with a number from 0 on was restarted.
    {"negative_restart", BY_CODE, CODE(INT3, INT3, INT3), .start = 2,
     REGISTERS(2, {REG_RAX, -(uint64_t)ERESTARTNOINTR}, {REG_ORIG_RAX, -2ULL}),
     SEES(REG_RIP, ALL, PLACE + 1)},
    // Before Linux 5.14 reserved bits of mxcsr were ignored.
    {"mxcsr_check", BY_FPREGS, .number = MXCSR, .words = {~0ULL}, .result = -EINVAL},
    // Before Linux 6.7 SYSRET returned to any canonical address; it keeps a null selector, which
    // IRET clears.
    {"sysret_limit", BY_EXIT, CODE(SYSCALL_CODE),
     REGISTERS(3, {REG_RIP, KERNEL_HALF}, {REG_RCX, KERNEL_HALF}, {REG_DS, NULL_SELECTOR}),
     SEES(REG_DS, ALL, 0)},
    {"sud", DISPATCH(0, 0, 0, 0)},
    {"sud_inclusive", DISPATCH(2, 0, 0, 1)},
    // Whether access_ok accepts addresses with the tags of LAM, and, before Linux 6.12, all with
    // bit 63 clear.
    {"sud_tagged", DISPATCH(1, HALF_END - 4096, 0, 0)},
    {"sud_half", DISPATCH(1, HALF_END - 1, 0, 0)},
    // CONFIG_X86_X32_ABI: a restart keeps the bit, even where programs for x32 are disabled.
    {"x32", BY_CODE, CODE(INT3, INT3, INT3), .start = 2,
     REGISTERS(2, {REG_RAX, -(uint64_t)ERESTART_RESTARTBLOCK}, {REG_ORIG_RAX, X32}),
     SEES(REG_RAX, ALL, X32 | __NR_restart_syscall)},
};
// clang-format on

/** Maps the code of a trial, and puts the registers of a stub that executes it into the frame.
 * Returns false if a kernel maps it elsewhere. */
static bool map_code(struct tracee *stub, const struct trial *trial) {
    const int64_t page = INJECT(stub, __NR_mmap, PLACE, 4096, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0);
    if (page < 0)
        return false;
    if ((uint64_t)page != PLACE) {
        INJECT(stub, __NR_munmap, (uint64_t)page, 4096);
        return false;
    }
    const uint64_t place = PLACE + trial->offset;
    write_memory(stub, place, trial->code, sizeof trial->code);
    INJECT(stub, __NR_mprotect, PLACE, 4096, PROT_READ | PROT_EXEC);
    memcpy(frame_words(), encoder_words(stub->initial), BLOCK_SIZE);
    frame_words()[REG_RIP] = place + trial->start;
    return true;
}

/** Sets debug registers 0, 7 and 6, where there are any. */
static void set_breakpoint(struct tracee *stub, uint64_t address, uint64_t control) {
    enum { DEBUG_REGISTERS = 848, DR6_RESET = 0xffff0ff0 };
    stublab_ptrace(PTRACE_POKEUSR, stub->pid, DEBUG_REGISTERS, (void *)address);
    stublab_ptrace(PTRACE_POKEUSR, stub->pid, DEBUG_REGISTERS + 56, (void *)control);
    stublab_ptrace(PTRACE_POKEUSR, stub->pid, DEBUG_REGISTERS + 48, (void *)(uint64_t)DR6_RESET);
}

/** What a register is, or the signal at a stop, or its si_code. */
static uint64_t seen_at(struct tracee *stub, uint64_t what, int32_t status) {
    int32_t info[32] = {0};
    if (what == SIGNAL)
        return (uint64_t)(status >> 8 & 0xff);
    if (what != SI_CODE)
        return frame_words()[what];
    stublab_ptrace(PTRACE_GETSIGINFO, stub->pid, 0, info);
    return (uint64_t)(int64_t)info[2];
}

/** Whether cs of 32-bit code can be written, and is what was written. */
static bool takes_cs32(struct tracee *stub) {
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_CS] = CS_32;
    return stublab_ptrace(PTRACE_SETREGS, stub->pid, 0, words) >= 0 &&
           stublab_ptrace(PTRACE_GETREGS, stub->pid, 0, words) >= 0 && words[REG_CS] == CS_32;
}

static bool is_for(struct tracee *stub, const struct trial *trial) {
    if (trial->demand == FOR_CS32)
        return takes_cs32(stub);
    return trial->demand == FOR_ALL || (trial->demand == FOR_LA57) == has_feature("la57");
}

/** Whether code leaves these bits of a register, or of what seen_at reads. */
static bool leaves(struct tracee *stub, const struct trial *trial) {
    uint64_t own[64];
    if (!is_for(stub, trial) || !map_code(stub, trial))
        return false;
    const bool has_own = read_fpregs(stub, own);
    uint64_t *words = frame_words();
    bool goes = true;
    int32_t status = 0;
    if (trial->kind == BY_EXIT) {
        words[REG_RAX] = __NR_getpid;
        goes = run_on(stub, PTRACE_SYSCALL, &status) && run_on(stub, PTRACE_SYSCALL, &status);
    }
    for (uint32_t k = 0; k < trial->register_count; k++)
        words[trial->registers[k].index] = trial->registers[k].word;
    if (trial->breakpoint != 0)
        set_breakpoint(stub, PLACE + trial->breakpoint, 1);
    goes = goes && run_on(stub, PTRACE_CONT, &status);
    const uint64_t seen = seen_at(stub, trial->sees, status);
    if (trial->breakpoint != 0)
        set_breakpoint(stub, 0, 0);
    if (has_own)
        stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, own);
    INJECT(stub, __NR_munmap, PLACE, 4096);
    return goes && (seen & trial->bits) == trial->seen;
}

/** Whether SETFPREGS with a word has a result; it is undone. */
static bool sets_fpregs(struct tracee *stub, const struct trial *trial) {
    uint64_t registers[64];
    if (!read_fpregs(stub, registers))
        return false;
    uint64_t *place = &registers[trial->number / 8];
    const uint64_t own = *place;
    *place = trial->words[0];
    int64_t result = stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, registers);
    *place = own;
    stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, registers);
    return result == trial->result;
}

static bool shows(struct tracee *stub, const struct trial *trial) {
    if (trial->kind == BY_CODE || trial->kind == BY_EXIT)
        return leaves(stub, trial);
    if (trial->kind == BY_FPREGS)
        return sets_fpregs(stub, trial);
    if (trial->kind == BY_CALL)
        return INJECT(stub, trial->number, 0) == trial->result;
    uint64_t words[sizeof trial->words / sizeof *trial->words];
    memcpy(words, trial->words, sizeof words);
    const uint64_t length = trial->word_count * sizeof *words;
    int64_t result = stublab_ptrace(trial->number, stub->pid, length, words);
    memset(words, 0, sizeof words);
    if (length > 0)
        stublab_ptrace(trial->number, stub->pid, length, words);
    return result == trial->result;
}

enum { FRAME_ROOM = 2 * STUBLAB_MOST_XSTATE };
static uint8_t signal_frame[FRAME_ROOM];

static void put_word(uint32_t offset, uint64_t word) {
    memcpy(&signal_frame[offset], &word, sizeof word);
}

/** Where the floating point of a frame is. */
enum { FRAME_FPSTATE = 1024, XMM0 = 160 };

/** Makes a frame for a page, by offsets of struct ucontext. The rest is 0, such as xstate_size and
 * xstate_bv; after the area is its second magic number. */
static void make_frame(struct tracee *stub, uint64_t page) {
    enum { RIP = 168, EFLAGS = 176, SELECTORS = 184, FPSTATE = 224, SW_BYTES = 464 };
    memset(signal_frame, 0, sizeof signal_frame);
    // After the SYSCALL, on the way to the INT3.
    put_word(RIP, encoder_words(stub->initial)[REG_RIP] + 2);
    put_word(EFLAGS, 2);
    put_word(SELECTORS, 0x33 | (uint64_t)DATA << 48); // cs, ss
    put_word(FPSTATE, page + FRAME_FPSTATE);
    put_word(FRAME_FPSTATE + XMM0, 1);
    put_word(FRAME_FPSTATE + SW_BYTES, LOW_HALF << 32 | FP_XSTATE_MAGIC1); // and extended_size
}

/** Has a stub return from the frame, at this page. Returns the signal at the end, or 0. */
static int32_t return_from_frame(struct tracee *stub, uint64_t page) {
    write_memory(stub, page, signal_frame, sizeof signal_frame);
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_RAX] = __NR_rt_sigreturn;
    words[REG_RSP] = page;
    int32_t status = 0;
    return run_on(stub, PTRACE_CONT, &status) ? status >> 8 & 0xff : 0;
}

/** Whether rt_sigreturn checks xstate_size: of a frame in which it is 0 only x87 and SSE are taken
 * then, among them xmm0. Linux 6.16 to 7.0 ignore it (check_xstate_in_sigframe), and take no
 * component, because xstate_bv is 0. */
static bool checks_xstate_size(struct tracee *stub) {
    const uint32_t magic2 = FP_XSTATE_MAGIC2;
    uint64_t own[64], taken[64] = {0};
    if (machine.frame_length == 0 || !read_fpregs(stub, own))
        return false;
    const int64_t page = map_memory(stub, FRAME_ROOM);
    if (page < 0)
        return false;
    make_frame(stub, (uint64_t)page);
    memcpy(&signal_frame[FRAME_FPSTATE + machine.frame_length], &magic2, sizeof magic2);
    const bool returned = return_from_frame(stub, (uint64_t)page) != 0 && read_fpregs(stub, taken);
    stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, own);
    INJECT(stub, __NR_munmap, (uint64_t)page, FRAME_ROOM);
    return returned && (uint32_t)taken[XMM0 / 8] == 1;
}

/** Whether rt_sigreturn restores the alternate stack before it refuses a frame's floating point:
 * from Linux 6.12 on. The stack is far from that of a stub, and the floating point not mapped. */
static bool restores_altstack_first(struct tracee *stub) {
    enum { SS_SP = 16, SS_SIZE = 32, FPSTATE = 224 };
    enum { STACK = 0x1000, STACK_SIZE = 0x100000, UNMAPPED = 64 };
    uint64_t own[3] = {0}, restored[3] = {0};
    const int64_t page = map_memory(stub, FRAME_ROOM);
    if (page < 0)
        return false;
    INJECT(stub, __NR_sigaltstack, 0, (uint64_t)page);
    read_memory(stub, (uint64_t)page, own, sizeof own);
    make_frame(stub, (uint64_t)page);
    put_word(SS_SP, STACK);
    put_word(SS_SIZE, STACK_SIZE);
    put_word(FPSTATE, UNMAPPED);
    const bool refused = return_from_frame(stub, (uint64_t)page) == SIGSEGV;
    INJECT(stub, __NR_sigaltstack, 0, (uint64_t)page);
    read_memory(stub, (uint64_t)page, restored, sizeof restored);
    write_memory(stub, (uint64_t)page, own, sizeof own);
    INJECT(stub, __NR_sigaltstack, (uint64_t)page, 0);
    INJECT(stub, __NR_munmap, (uint64_t)page, FRAME_ROOM);
    return refused && restored[0] == STACK;
}

void try_features(struct tracee *stub) {
    for (uint32_t i = 0; i < sizeof trials / sizeof *trials; i++)
        if (shows(stub, &trials[i]))
            add_feature(trials[i].feature);
    if (restores_altstack_first(stub))
        add_feature("altstack_first");
}

void try_frames(struct tracee *stub) {
    if (checks_xstate_size(stub))
        add_feature("xstate_size_check");
}
