// The machine, as src/fuzz/try/amd64/machine.ts reads it.
#include "own_data.h"
#include "probe.h"
#include "records.h"
#include <asm/ptrace.h>
#include <cpuid.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/utsname.h>

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
        {"pku", 7, 0, 2, 4},      {"amx_tile", 7, 0, 3, 24}, {"xsavec", 13, 1, 0, 1},
        {"fsgsbase", 7, 0, 1, 0}, {"xsaves", 13, 1, 0, 3},
    };
    uint32_t words[4];
    for (uint32_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        cpuid(flags[i].leaf, flags[i].subleaf, words);
        if ((words[flags[i].word] >> flags[i].bit & 1) != 0)
            add_feature(flags[i].name);
    }
    cpuid(1, 0, words);
    machine.wide = (words[2] >> 28 & 1) != 0;
    // The family, of which a part is an extension of 15.
    const uint32_t family = (words[0] >> 8 & 15) + (words[0] >> 20 & 255);
    cpuid(0, 0, words);
    if (words[1] == 0x68747541 /* "Auth" */ && family == 26)
        add_feature("amd");
    // With five levels of page tables a hint above the 47 bits of four is followed.
    const uint64_t hint = 1ULL << 48;
    long at = syscall6(__NR_mmap, (long)hint, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uint64_t)at == hint)
        add_feature("la57");
    if (at > 0)
        syscall2(__NR_munmap, at, 4096);
}

static uint32_t take_number(const char **text) {
    uint32_t number = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (uint32_t)(**text - '0');
    return number;
}

/** What only the release says: isFrom in machine.ts. */
static void read_release(void) {
    enum { MAJOR = 6, MINOR = 12 };
    static struct new_utsname name;
    if (syscall1(__NR_uname, (long)&name) < 0)
        return;
    const char *at = name.release;
    const uint32_t major = take_number(&at);
    at += *at == '.';
    if (major > MAJOR || (major == MAJOR && take_number(&at) >= MINOR))
        add_feature("altstack_first");
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
    if (has_word(line_of(text, "vendor_id"), "AuthenticAMD") &&
        has_word(line_of(text, "cpu family"), "26"))
        add_feature("amd");
}

/** Maps code, and puts the registers of a stub that executes it into the frame. Returns where it
 * is, or 0. */
static uint64_t map_code(struct tracee *stub, const void *code, uint64_t length) {
    int64_t page = map_memory(stub, 4096);
    if (page < 0)
        return 0;
    write_memory(stub, (uint64_t)page, code, length);
    INJECT(stub, __NR_mprotect, (uint64_t)page, 4096, PROT_READ | PROT_EXEC);
    memcpy(frame_words(), encoder_words(stub->initial), BLOCK_SIZE);
    frame_words()[REG_RIP] = (uint64_t)page;
    return (uint64_t)page;
}

/** Writes the registers in the frame, and resumes the stub by `request` to its next stop, at which
 * they are read. */
static bool go_on(struct tracee *stub, int64_t request) {
    int32_t status = 0;
    return stublab_ptrace(PTRACE_SETREGS, stub->pid, 0, frame_words()) >= 0 &&
           stublab_ptrace(request, stub->pid, 0, 0) >= 0 && wait_for(stub, &status, 1000) > 0 &&
           stublab_ptrace(PTRACE_GETREGS, stub->pid, 0, frame_words()) >= 0;
}

/** Whether code leaves these bits of a register, of which rip counts from the code. */
static bool leaves(struct tracee *stub, const struct trial *trial) {
    const uint64_t page = map_code(stub, &trial->number, sizeof trial->number);
    uint64_t *words = frame_words();
    if (page == 0)
        return false;
    words[REG_RIP] += (uint64_t)trial->result;
    bool goes = true;
    if (trial->kind == BY_EXIT) {
        words[REG_RAX] = __NR_getpid;
        goes = go_on(stub, PTRACE_SYSCALL) && go_on(stub, PTRACE_SYSCALL);
    }
    for (uint32_t k = 0; k < trial->count; k++)
        words[trial->words[3 + 2 * k]] = trial->words[4 + 2 * k];
    goes = goes && go_on(stub, PTRACE_CONT);
    const uint64_t seen = words[trial->words[0]] - (trial->words[0] == REG_RIP ? page : 0);
    INJECT(stub, __NR_munmap, page, 4096);
    return goes && (seen & trial->words[1]) == trial->words[2];
}

static bool read_fpregs(struct tracee *stub, uint64_t registers[64]) {
    return stublab_ptrace(PTRACE_GETFPREGS, stub->pid, 0, registers) >= 0;
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

/** checksXstateSize in machine.ts: whether of a frame whose xstate_size is 0 xmm0 is taken. */
static bool checks_xstate_size(struct tracee *stub) {
    enum { SIZE = 2 * STUBLAB_MOST_XSTATE, XMM0 = 160 };
    static uint8_t frame[SIZE];
    uint64_t own[64], taken[64] = {0};
    if (machine.xstate_length == 0 || !read_fpregs(stub, own))
        return false;
    const int64_t page = map_memory(stub, SIZE);
    if (page < 0)
        return false;
    for (const struct frame_word *each = frame_words_of_trial; each->offset != 0; each++) {
        const uint64_t base = each->base == FRAME_BASE_FRAME ? (uint64_t)page
                              : each->base == FRAME_BASE_SYSCALL
                                  ? encoder_words(stub->initial)[REG_RIP]
                                  : 0;
        const uint64_t word = base + each->word;
        memcpy(&frame[each->offset], &word, sizeof word);
    }
    memcpy(&frame[frame_fpstate + machine.xstate_length], &frame_magic2, sizeof frame_magic2);
    write_memory(stub, (uint64_t)page, frame, SIZE);
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_RAX] = __NR_rt_sigreturn;
    words[REG_RSP] = (uint64_t)page;
    const bool returned = go_on(stub, PTRACE_CONT) && read_fpregs(stub, taken);
    stublab_ptrace(PTRACE_SETFPREGS, stub->pid, 0, own);
    INJECT(stub, __NR_munmap, (uint64_t)page, SIZE);
    return returned && (uint32_t)taken[XMM0 / 8] == 1;
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
    enum { COMPONENTS = 464, MXCSR_MASK = 28, ASKED_FOR = 1 << 18, OLD_MXCSR_MASK = 0xffbf };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    uint64_t registers[64];
    read_processor();
    read_release();
    for (const struct trial *trial = trials; trial->feature >= 0; trial++)
        if (shows(stub, trial))
            machine.features |= 1ULL << trial->feature;
    if (read_fpregs(stub, registers))
        machine.mxcsr_mask = (uint32_t)(registers[MXCSR_MASK / 8] >> 32);
    if (machine.mxcsr_mask == 0)
        machine.mxcsr_mask = OLD_MXCSR_MASK;
    int64_t length = stublab_read_xstate(stub->pid, area, sizeof area);
    if (length <= 0)
        return;
    machine.xstate_length = (uint32_t)length;
    memcpy(&machine.xfeatures, &area[COMPONENTS], 4);
    machine.xfeatures &= ~(uint32_t)ASKED_FOR;
    if (checks_xstate_size(stub))
        add_feature("xstate_size_check");
}
