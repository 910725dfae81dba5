#include "signal_frame.h"
#include "guest_registers.h"
#include "machine.h"
#include "patched_call.h"
#include <asm-generic/errno.h>
#include <asm/sigcontext.h>
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
    pages->frame = place(pages, *header(pages, HEADER_CONTEXT), sizeof(struct frame));
    pages->info = place(pages, *header(pages, HEADER_INFO), 128);
    if (pages->frame == 0 || pages->info == 0)
        return -EPROTO;
    pages->area = place(pages, frame_of(pages)->area, sizeof(struct _xstate));
    if (pages->area == 0)
        return -EPROTO;
    const struct _xstate *area = (const struct _xstate *)(pages->shared + pages->area);
    pages->area_length = area->fpstate.sw_reserved.xstate_size;
    if (area->fpstate.sw_reserved.magic1 != FP_XSTATE_MAGIC1 ||
        place(pages, pages->address + pages->area, pages->area_length) == 0)
        return -EPROTO;
    return 0;
}

int64_t confirm_frame(const struct stublab_pages *pages) {
    return *header(pages, HEADER_CONTEXT) == pages->address + pages->frame ? 0 : -EPROTO;
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
    SIGTRAP_NUMBER = 5
};

/** The bytes of a SYSCALL. */
enum { SYSCALL_INSTRUCTION = 0x050f };

static uint64_t address_of(const int32_t *siginfo) {
    return (uint32_t)siginfo[ADDRESS] | (uint64_t)(uint32_t)siginfo[ADDRESS + 1] << 32;
}

static void set_address(int32_t *siginfo, uint64_t address) {
    siginfo[ADDRESS] = (int32_t)address;
    siginfo[ADDRESS + 1] = (int32_t)(address >> 32);
}

/** Whether the signal reports that the instruction before `rip` was executed. */
static int is_trap_at(const int32_t *siginfo, uint64_t rip) {
    return siginfo[SIGNO] == SIGTRAP_NUMBER && siginfo[CODE] > 0 && address_of(siginfo) == rip;
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
    uint16_t instruction = 0;
    return siginfo[SIGNO] == SIGSYS_NUMBER && siginfo[CODE] <= 0 &&
           now[FRAME_RCX] == now[FRAME_RIP] && now[FRAME_R11] == now[FRAME_EFLAGS] &&
           now[FRAME_RIP] / PAGE_SIZE != handler_page(pages) / PAGE_SIZE && !are_same(now, block) &&
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
    const uint64_t rip = frame->registers[FRAME_RIP];
    if (!call && is_after_call(pages, rip)) {
        forget_call(block);
        return call;
    }
    read_registers(frame->registers, block);
    const uint64_t selectors = frame->registers[FRAME_SELECTORS];
    block[REG_CS] = selectors & 0xffff;
    block[REG_SS] = selectors >> 48;
    read_header(pages, block);
    if (call) {
        if (told)
            undo_restart(block, siginfo);
        block[REG_ORIG_RAX] = block[REG_RAX];
        return call;
    }
    move_back(pages, block);
    if (is_trap_at(siginfo, rip))
        set_address(siginfo, block[REG_RIP]);
    forget_call(block);
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
