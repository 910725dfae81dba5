#include "signal_frame.h"
#include "machine.h"
#include "register_indices.h"
#include <asm-generic/errno.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <linux/seccomp.h>
#include <stddef.h>

/** struct ucontext: uc_flags, uc_link, uc_stack, uc_mcontext, uc_sigmask (asm/ucontext.h). */
struct frame {
    uint64_t flags;
    uint64_t link;
    uint64_t stack[3];
    uint64_t registers[23]; /* struct sigcontext */
    uint64_t area;
    uint64_t reserved[8];
    uint64_t mask;
};

/** UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS */
enum { FRAME_FLAGS = 7 };

/** The flags that rt_sigreturn does not load: NT and ID. */
enum { KEPT_FLAGS = 0x204000 };

/** The first page of the kernel's half in which user code runs. */
#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

/** The part of the area that is different in signal frames and in NT_X86_XSTATE. */
enum {
    SOFTWARE = offsetof(struct _xstate, fpstate.sw_reserved),
    HEADER = offsetof(struct _xstate, xstate_hdr),
    MXCSR = offsetof(struct _xstate, fpstate.mxcsr),
    MXCSR_MASK = offsetof(struct _xstate, fpstate.mxcsr_mask),
};

/** The mask of processors that report none (Intel SDM volume 1, 11.6.6). */
#define DEFAULT_MXCSR_MASK 0xffbfU

/** SSE and AVX: with one of them MXCSR counts. */
#define USES_MXCSR 6U

/** The flags that are always set. */
enum { PLAIN_FLAGS = 0x202 };

/** A word of the header. */
static inline volatile uint64_t *header(const struct stublab_pages *pages, uint32_t offset) {
    return (volatile uint64_t *)(pages->shared + pages->stack + offset);
}

/** Bases from here on are refused (TASK_SIZE_MAX with four-level paging). */
#define END_OF_BASES UINT64_C(0x7ffffffff000)

static const struct {
    uint8_t frame, block;
} registers[] = {
    {FRAME_R8, REG_R8},   {FRAME_R9, REG_R9},         {FRAME_R10, REG_R10}, {FRAME_R11, REG_R11},
    {FRAME_R12, REG_R12}, {FRAME_R13, REG_R13},       {FRAME_R14, REG_R14}, {FRAME_R15, REG_R15},
    {FRAME_RDI, REG_RDI}, {FRAME_RSI, REG_RSI},       {FRAME_RBP, REG_RBP}, {FRAME_RBX, REG_RBX},
    {FRAME_RDX, REG_RDX}, {FRAME_RAX, REG_RAX},       {FRAME_RCX, REG_RCX}, {FRAME_RSP, REG_RSP},
    {FRAME_RIP, REG_RIP}, {FRAME_EFLAGS, REG_EFLAGS},
};
enum { REGISTERS = sizeof registers / sizeof *registers };

/** Writes registers in the order of struct sigcontext, up to the flags. */
static void write_registers(volatile uint64_t *to, const uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        to[registers[i].frame] = block[registers[i].block];
}

static void read_registers(const volatile uint64_t *from, uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        block[registers[i].block] = from[registers[i].frame];
}

/** Whether such registers are those of a block; the flags may differ. */
static int are_same(const volatile uint64_t *these, const uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        if (registers[i].block != REG_EFLAGS &&
            these[registers[i].frame] != block[registers[i].block])
            return 0;
    return 1;
}

/** Writes those that the handler loads itself: selectors and bases. Returns 0, or -EIO. */
static int64_t write_header(const struct stublab_pages *pages, const uint64_t *block) {
    if (block[REG_FS_BASE] >= END_OF_BASES || block[REG_GS_BASE] >= END_OF_BASES)
        return -EIO;
    *header(pages, HEADER_DS) = block[REG_DS] & 0xffff;
    *header(pages, HEADER_ES) = block[REG_ES] & 0xffff;
    *header(pages, HEADER_FS) = block[REG_FS] & 0xffff;
    *header(pages, HEADER_GS) = block[REG_GS] & 0xffff;
    *header(pages, HEADER_FS_BASE) = block[REG_FS_BASE];
    *header(pages, HEADER_GS_BASE) = block[REG_GS_BASE];
    return 0;
}

/** Reads those that it found. */
static void read_header(const struct stublab_pages *pages, uint64_t *block) {
    block[REG_DS] = *header(pages, HEADER_FOUND_DS);
    block[REG_ES] = *header(pages, HEADER_FOUND_ES);
    block[REG_FS] = *header(pages, HEADER_FOUND_FS);
    block[REG_GS] = *header(pages, HEADER_FOUND_GS);
    block[REG_FS_BASE] = *header(pages, HEADER_FOUND_FS_BASE);
    block[REG_GS_BASE] = *header(pages, HEADER_FOUND_GS_BASE);
}

static volatile struct frame *frame_of(const struct stublab_pages *pages) {
    return (volatile struct frame *)(pages->shared + pages->frame);
}

#define LOAD(field)                                                                                \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, then, otherwise)                                                                 \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define ANSWER(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)

uint16_t write_stub_filter(struct sock_filter *filter, uint64_t handler, uint64_t injection) {
    const uint32_t upper = offsetof(struct seccomp_data, instruction_pointer) + 4;
    const struct sock_filter program[] = {
        LOAD(arch),
        IF(NATIVE_ARCH, 0, 11),
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, upper),
        IF((uint32_t)(handler >> 32), 0, 9),
        LOAD(instruction_pointer),
        IF((uint32_t)injection, 6, 0),
        (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(PAGE_SIZE - 1U)),
        IF((uint32_t)handler, 0, 5),
        LOAD(nr),
        IF(__NR_futex, 4, 0),
        IF(__NR_sched_yield, 3, 0),
        IF(__NR_rt_sigreturn, 2, 1),
        ANSWER(SECCOMP_RET_TRACE),
        ANSWER(SECCOMP_RET_TRAP),
        ANSWER(SECCOMP_RET_ALLOW),
    };
    const uint16_t length = sizeof program / sizeof *program;
    for (uint16_t i = 0; i < length; i++)
        filter[i] = program[i];
    return length;
}

/** The offset of an address of the stub in the shared pages if `length` bytes are there, else 0. */
static uint64_t place(const struct stublab_pages *pages, uint64_t address, uint64_t length) {
    const uint64_t offset = address - pages->address;
    return address % 8 == 0 && offset < pages->stack && length <= pages->stack - offset ? offset
                                                                                        : 0;
}

int64_t find_frame(struct stublab_pages *pages) {
    const uint64_t context = *header(pages, HEADER_CONTEXT);
    if (context == pages->address + pages->frame)
        return 0;
    struct stublab_pages found = *pages;
    found.frame = place(pages, context, sizeof(struct frame));
    found.info = place(pages, *header(pages, HEADER_INFO), SI_MAX_SIZE);
    if (found.frame == 0 || found.info == 0)
        return -EPROTO;
    found.area = place(pages, frame_of(&found)->area, sizeof(struct _xstate));
    if (found.area == 0)
        return -EPROTO;
    const struct _xstate *area = (const struct _xstate *)(pages->shared + found.area);
    found.area_length = area->fpstate.sw_reserved.xstate_size;
    if (area->fpstate.sw_reserved.magic1 != FP_XSTATE_MAGIC1 ||
        place(pages, pages->address + found.area, found.area_length) == 0)
        return -EPROTO;
    *pages = found;
    return 0;
}

int64_t write_frame(const struct stublab_pages *pages, const uint64_t *block) {
    const int64_t result = write_header(pages, block);
    if (result < 0)
        return result;
    volatile struct frame *frame = frame_of(pages);
    write_registers(frame->registers, block);
    frame->registers[FRAME_SELECTORS] = (block[REG_CS] & 0xffff) | (block[REG_SS] & 0xffff) << 48;
    frame->flags = FRAME_FLAGS;
    frame->stack[0] = pages->address;
    frame->stack[1] = 0;
    frame->stack[2] = pages->stack;
    frame->area = pages->address + pages->area;
    frame->mask = 0;
    *header(pages, HEADER_FLAGS) = PLAIN_FLAGS | (block[REG_EFLAGS] & KEPT_FLAGS);
    return 0;
}

/** In siginfo_t: si_signo, si_code, si_call_addr as two words, si_syscall. */
enum {
    SIGNO = 0,
    CODE = 2,
    ADDRESS = 4,
    CALL = 6,
    SECCOMP_CODE = 1,
    SIGSYS_NUMBER = 31,
};

/** The bytes of a SYSCALL. */
enum { SYSCALL_INSTRUCTION = 0x050f };

static uint64_t address_of(const int32_t *siginfo) {
    return (uint32_t)siginfo[ADDRESS] | (uint64_t)(uint32_t)siginfo[ADDRESS + 1] << 32;
}

static int is_system_call(const int32_t *siginfo) {
    return siginfo[SIGNO] == SIGSYS_NUMBER && siginfo[CODE] == SECCOMP_CODE &&
           address_of(siginfo) < VSYSCALL_PAGE;
}

/**
 * Whether a signal of another process has taken the place of that of a system call: while a SIGSYS
 * is pending, the kernel sends no other. The guest has just executed a SYSCALL then, outside of
 * the handler, and has other registers than `block`, with which it was resumed.
 */
static int hides_call(const struct stublab_pages *pages, const uint64_t *block,
                      const int32_t *siginfo) {
    const volatile uint64_t *now = frame_of(pages)->registers;
    const uint64_t code = pages->address + pages->stack + HEADER_LENGTH;
    uint16_t instruction = 0;
    return siginfo[SIGNO] == SIGSYS_NUMBER && siginfo[CODE] <= 0 &&
           now[FRAME_RCX] == now[FRAME_RIP] && now[FRAME_R11] == now[FRAME_EFLAGS] &&
           now[FRAME_RIP] / PAGE_SIZE != code / PAGE_SIZE && !are_same(now, block) &&
           stublab_read_memory(pages->tgid, now[FRAME_RIP] - SYSCALL_BYTES, &instruction,
                               SYSCALL_BYTES) == SYSCALL_BYTES &&
           instruction == SYSCALL_INSTRUCTION;
}

/**
 * Undoes what the kernel does if the number of the call looks like an errno by which calls are
 * restarted: before it enters a handler it sets rax to -EINTR, or rip back to the instruction
 * (handle_signal in arch/x86/kernel/signal.c).
 */
static void undo_restart(uint64_t *block, const int32_t *siginfo) {
    block[REG_RIP] = address_of(siginfo);
    if (block[REG_RAX] == (uint64_t)-EINTR)
        block[REG_RAX] = (uint64_t)(int64_t)siginfo[CALL];
}

void forget_call(uint64_t *block) {
    block[REG_ORIG_RAX] = UINT64_MAX;
}

int read_frame(const struct stublab_pages *pages, uint64_t *block, int32_t *siginfo) {
    const volatile struct frame *frame = frame_of(pages);
    const int told = is_system_call(siginfo);
    const int call = told || hides_call(pages, block, siginfo);
    read_registers(frame->registers, block);
    const uint64_t selectors = frame->registers[FRAME_SELECTORS];
    block[REG_CS] = selectors & 0xffff;
    block[REG_SS] = selectors >> 48;
    read_header(pages, block);
    if (call) {
        if (told)
            undo_restart(block, siginfo);
        block[REG_ORIG_RAX] = block[REG_RAX];
    } else {
        forget_call(block);
    }
    return call;
}

static uint64_t word(const void *bytes, uint64_t offset) {
    return *(const uint64_t *)((const char *)bytes + offset);
}

static uint32_t half(const void *bytes, uint64_t offset) {
    return *(const uint32_t *)((const char *)bytes + offset);
}

void take_features(struct stublab_pages *pages, const void *xstate) {
    const uint32_t mask = half(xstate, MXCSR_MASK);
    /* XCR0: USER_XSTATE_XCR0_WORD of the kernel's asm/user.h. */
    pages->features = word(xstate, SOFTWARE);
    pages->mxcsr_mask = mask != 0 ? mask : DEFAULT_MXCSR_MASK;
}

/** XSTATE_BV, XCOMP_BV and six reserved words, as copy_uabi_to_xstate of the kernel checks them. */
static int is_valid(const struct stublab_pages *pages, const void *xstate) {
    const uint64_t components = word(xstate, HEADER);
    if (components & ~pages->features)
        return 0;
    for (int i = 1; i < 8; i++)
        if (word(xstate, HEADER + 8 * (uint64_t)i) != 0)
            return 0;
    return !(components & USES_MXCSR) || !(half(xstate, MXCSR) & ~pages->mxcsr_mask);
}

static void copy_words(volatile uint64_t *to, const volatile uint64_t *from, uint64_t begin,
                       uint64_t end) {
    for (uint64_t i = begin / 8; i < end / 8; i++)
        to[i] = from[i];
}

static uint64_t shorter(const struct stublab_pages *pages, uint64_t length) {
    return length < pages->area_length ? length : pages->area_length;
}

int64_t write_area(const struct stublab_pages *pages, const void *xstate, uint64_t length) {
    if (!is_valid(pages, xstate))
        return -EINVAL;
    volatile uint64_t *area = (volatile uint64_t *)(pages->shared + pages->area);
    copy_words(area, xstate, 0, SOFTWARE);
    copy_words(area, xstate, HEADER, shorter(pages, length));
    return 0;
}

void read_area(const struct stublab_pages *pages, void *xstate, uint64_t length) {
    const volatile uint64_t *area = (const volatile uint64_t *)(pages->shared + pages->area);
    copy_words(xstate, area, 0, SOFTWARE);
    copy_words(xstate, area, HEADER, shorter(pages, length));
}
