// The machine, as src/labs/fuzz/try/amd64/machine.ts reads it.
#include "components.h"
#include "own_data.h"
#include "probe.h"
#include "records.h"
#include <asm/ptrace.h>
#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <cpuid.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t words[4]) {
    __asm__("cpuid"
            : "=a"(words[0]), "=b"(words[1]), "=c"(words[2]), "=d"(words[3])
            : "a"(leaf), "c"(subleaf));
}

/** What CPUID says, for a container without /proc. */
static void ask_processor(void) {
    static const struct {
        const char *name;
        uint32_t leaf, subleaf, word, bit; /* words: EAX, EBX, ECX, EDX */
    } flags[] = {
        {"pku", 7, 0, 2, 4},
        {"xsavec", 13, 1, 0, 1},
        {"fsgsbase", 7, 0, 1, 0},
        {"xsaves", 13, 1, 0, 3},
    };
    uint32_t words[4];
    for (uint32_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        cpuid(flags[i].leaf, flags[i].subleaf, words);
        if ((words[flags[i].word] >> flags[i].bit & 1) != 0)
            add_feature(flags[i].name);
    }
    cpuid(1, 0, words);
    machine.wide = (words[2] >> 28 & 1) != 0;
}

/** hasFiveLevels in machine.ts. */
static void try_five_levels(void) {
    const uint64_t hint = 1ULL << 48;
    long at = syscall6(__NR_mmap, (long)hint, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uint64_t)at == hint)
        add_feature("la57");
    if (at > 0)
        syscall2(__NR_munmap, at, 4096);
}

static void read_processor(void) {
    static char text[1 << 14];
    if (!read_text("/proc/cpuinfo", text, sizeof text)) {
        say("# /proc is not mounted: features are those of CPUID, and 32-bit calls are not "
            "tried\n");
        ask_processor();
        return;
    }
    const char *flags = line_of(text, "flags");
    for (int i = 0; processor_flags[i] != 0; i++)
        if (has_word(flags, processor_flags[i]))
            add_feature(processor_flags[i]);
    // Under QEMU without XSAVE the kernel shows avx, and does not enable it.
    machine.wide = has_word(flags, "avx") && has_word(flags, "xsave");
}

/** Maps the code of a trial, and puts the registers of a stub that executes it into the frame.
 * Returns false if a kernel maps it elsewhere. */
static bool map_code(struct tracee *stub, const struct trial *trial) {
    const int64_t page = INJECT(stub, __NR_mmap, trial_place, 4096, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0);
    if (page < 0)
        return false;
    if ((uint64_t)page != trial_place) {
        INJECT(stub, __NR_munmap, (uint64_t)page, 4096);
        return false;
    }
    const uint64_t place = trial_place + trial->offset;
    write_memory(stub, place, trial->code, sizeof trial->code);
    INJECT(stub, __NR_mprotect, trial_place, 4096, PROT_READ | PROT_EXEC);
    memcpy(frame_words(), encoder_words(stub->initial), BLOCK_SIZE);
    frame_words()[REG_RIP] = place + (uint64_t)trial->result;
    return true;
}

/** Writes the registers in the frame, and resumes the stub by `request` to its next stop, at which
 * they are read. */
static bool go_on_with(struct tracee *stub, int64_t request, int64_t signal, int32_t *status) {
    return stublab_ptrace(PTRACE_SETREGS, stub->pid, 0, frame_words()) >= 0 &&
           stublab_ptrace(request, stub->pid, 0, (void *)signal) >= 0 &&
           wait_for(stub, status, 1000) > 0 &&
           stublab_ptrace(PTRACE_GETREGS, stub->pid, 0, frame_words()) >= 0;
}

static bool go_on(struct tracee *stub, int64_t request, int32_t *status) {
    return go_on_with(stub, request, 0, status);
}

static bool read_fpregs(struct tracee *stub, uint64_t registers[64]) {
    return stublab_ptrace(PTRACE_GETFPREGS, stub->pid, 0, registers) >= 0;
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
    if (what == SEES_SIGNAL)
        return (uint64_t)(status >> 8 & 0xff);
    if (what != SEES_SI_CODE)
        return frame_words()[what];
    stublab_ptrace(PTRACE_GETSIGINFO, stub->pid, 0, info);
    return (uint64_t)(int64_t)info[2];
}

/** Whether cs of 32-bit code can be written, and is what was written. */
static bool takes_cs32(struct tracee *stub) {
    enum { CS_32 = 0x23 };
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
        goes = go_on(stub, PTRACE_SYSCALL, &status) && go_on(stub, PTRACE_SYSCALL, &status);
    }
    for (uint32_t k = 0; k < trial->count; k++)
        words[trial->words[3 + 2 * k]] = trial->words[4 + 2 * k];
    if (trial->breakpoint >= 0)
        set_breakpoint(stub, trial_place + (uint64_t)trial->breakpoint, 1);
    goes = goes && go_on(stub, PTRACE_CONT, &status);
    const uint64_t seen = seen_at(stub, trial->words[0], status);
    if (trial->breakpoint >= 0)
        set_breakpoint(stub, 0, 0);
    if (has_own)
        stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, own);
    INJECT(stub, __NR_munmap, trial_place, 4096);
    return goes && (seen & trial->words[1]) == trial->words[2];
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
    if (trial->kind == BY_CALL) {
        int64_t result = INJECT(stub, trial->number, 0);
        return result == (trial->result == RESULT_STOPS ? STOPS : trial->result);
    }
    uint64_t words[sizeof trial->words / sizeof *trial->words];
    memcpy(words, trial->words, sizeof words);
    const uint64_t length = trial->count * sizeof *words;
    int64_t result = stublab_ptrace(trial->number, stub->pid, length, words);
    memset(words, 0, sizeof words);
    if (length > 0)
        stublab_ptrace(trial->number, stub->pid, length, words);
    return result == trial->result;
}

/** Sets the action of SIGUSR1: struct kernel_sigaction. */
static int64_t act(struct tracee *stub, uint64_t page, const uint64_t action[4]) {
    write_memory(stub, page, action, 4 * sizeof *action);
    return INJECT(stub, __NR_rt_sigaction, SIGUSR1, page, 0, 8);
}

/** readFrame in xstate.ts: what a frame says of itself. */
static void read_frame(struct tracee *stub) {
    enum { ROOM = 2 * STUBLAB_MOST_XSTATE, FPSTATE = 8 + 224 };
    struct _fpx_sw_bytes own = {0};
    const int64_t page = map_memory(stub, ROOM);
    if (page < 0)
        return;
    uint64_t *words = frame_words();
    const uint64_t int3 = encoder_words(stub->initial)[REG_RIP] + 2;
    const uint64_t flags = 0x44000004; /* SA_SIGINFO | SA_RESTORER | SA_NODEFER */
    act(stub, (uint64_t)page, (const uint64_t[4]){int3, flags, int3, 0});
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_RSP] = (uint64_t)page + ROOM;
    uint64_t fpstate = 0;
    int32_t status = 0;
    if (go_on_with(stub, PTRACE_CONT, SIGUSR1, &status) &&
        read_memory(stub, words[REG_RSP] + FPSTATE, &fpstate, sizeof fpstate) >= 0)
        read_memory(stub, fpstate + offsetof(struct _fpstate_64, sw_reserved), &own, sizeof own);
    act(stub, (uint64_t)page, (const uint64_t[4]){0});
    INJECT(stub, __NR_munmap, (uint64_t)page, ROOM);
    if (own.magic1 != FP_XSTATE_MAGIC1)
        return;
    machine.frame_length = own.xstate_size;
    machine.xfeatures = (uint32_t)own.xfeatures;
}

enum { FRAME_ROOM = 2 * STUBLAB_MOST_XSTATE };
static uint8_t signal_frame[FRAME_ROOM];

static void put_word(uint32_t offset, uint64_t word) {
    memcpy(&signal_frame[offset], &word, sizeof word);
}

/** Makes the frame of frame_words_of_trial for a page. */
static void make_frame(struct tracee *stub, uint64_t page) {
    memset(signal_frame, 0, sizeof signal_frame);
    for (const struct frame_word *each = frame_words_of_trial; each->offset != 0; each++) {
        const uint64_t base = each->base == FRAME_BASE_FRAME ? page
                              : each->base == FRAME_BASE_SYSCALL
                                  ? encoder_words(stub->initial)[REG_RIP]
                                  : 0;
        put_word(each->offset, base + each->word);
    }
}

/** Has a stub return from the frame, at this page. Returns the signal at the end, or 0. */
static int32_t return_from_frame(struct tracee *stub, uint64_t page) {
    write_memory(stub, page, signal_frame, sizeof signal_frame);
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_RAX] = __NR_rt_sigreturn;
    words[REG_RSP] = page;
    int32_t status = 0;
    return go_on(stub, PTRACE_CONT, &status) ? status >> 8 & 0xff : 0;
}

/** checksXstateSize in frames.ts: whether of a frame whose xstate_size is 0 xmm0 is taken. */
static bool checks_xstate_size(struct tracee *stub) {
    enum { XMM0 = 160 };
    uint64_t own[64], taken[64] = {0};
    if (machine.frame_length == 0 || !read_fpregs(stub, own))
        return false;
    const int64_t page = map_memory(stub, FRAME_ROOM);
    if (page < 0)
        return false;
    make_frame(stub, (uint64_t)page);
    memcpy(&signal_frame[frame_fpstate + machine.frame_length], &frame_magic2, sizeof frame_magic2);
    const bool returned = return_from_frame(stub, (uint64_t)page) != 0 && read_fpregs(stub, taken);
    stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, own);
    INJECT(stub, __NR_munmap, (uint64_t)page, FRAME_ROOM);
    return returned && (uint32_t)taken[XMM0 / 8] == 1;
}

/** restoresAltstackFirst in frames.ts. */
static bool restores_altstack_first(struct tracee *stub) {
    enum { SS_SP = 16, SS_SIZE = 32, FPSTATE = 224 };
    uint64_t own[3] = {0}, restored[3] = {0};
    const int64_t page = map_memory(stub, FRAME_ROOM);
    if (page < 0)
        return false;
    INJECT(stub, __NR_sigaltstack, 0, (uint64_t)page);
    read_memory(stub, (uint64_t)page, own, sizeof own);
    make_frame(stub, (uint64_t)page);
    put_word(SS_SP, altstack_address);
    put_word(SS_SIZE, altstack_size);
    put_word(FPSTATE, altstack_unmapped);
    const bool refused = return_from_frame(stub, (uint64_t)page) == SIGSEGV;
    INJECT(stub, __NR_sigaltstack, 0, (uint64_t)page);
    read_memory(stub, (uint64_t)page, restored, sizeof restored);
    write_memory(stub, (uint64_t)page, own, sizeof own);
    INJECT(stub, __NR_sigaltstack, (uint64_t)page, 0);
    INJECT(stub, __NR_munmap, (uint64_t)page, FRAME_ROOM);
    return refused && restored[0] == altstack_address;
}

/** The family and the model, as /proc/cpuinfo has them: arch/x86/lib/cpu.c. */
void say_processor(void) {
    uint32_t unused = 0, version = 0, name[4] = {0};
    __get_cpuid(0, &unused, &name[0], &name[2], &name[1]);
    __get_cpuid(1, &version, &unused, &unused, &unused);
    uint32_t family = version >> 8 & 15, number = version >> 4 & 15;
    if (family >= 6)
        number |= version >> 12 & 0xf0;
    if (family == 15)
        family += version >> 20 & 0xff;
    say(",\"vendor\":\"%s\",\"family\":%u,\"model\":%u", (const char *)name, family, number);
}

void read_machine(struct tracee *stub) {
    /** struct _xstate: XCR0 in sw_reserved, and mxcsr_mask. */
    enum { XCR0 = 464, MXCSR_MASK = 28, OLD_MXCSR_MASK = 0xffbf };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    uint64_t registers[64];
    read_processor();
    try_five_levels();
    for (const struct trial *trial = trials; trial->feature >= 0; trial++)
        if (shows(stub, trial))
            machine.features |= 1ULL << trial->feature;
    if (restores_altstack_first(stub))
        add_feature("altstack_first");
    if (read_fpregs(stub, registers))
        machine.mxcsr_mask = (uint32_t)(registers[MXCSR_MASK / 8] >> 32);
    if (machine.mxcsr_mask == 0)
        machine.mxcsr_mask = OLD_MXCSR_MASK;
    int64_t length = stublab_read_xstate(stub->pid, area, sizeof area);
    if (length <= 0)
        return;
    machine.xstate_length = (uint32_t)length;
    memcpy(&machine.xcr0, &area[XCR0], 4);
    read_frame(stub);
    const int64_t permitted = stublab_permitted_components();
    machine.permitted = permitted < 0 ? machine.xfeatures : (uint32_t)permitted;
    stublab_read_components(machine.components);
    if (checks_xstate_size(stub))
        add_feature("xstate_size_check");
}
