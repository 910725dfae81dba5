// The machine, as src/fuzz/try/machine.ts reads it.
#include "probe.h"
#include <asm/ptrace.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

struct machine machine;

bool same(const char *a, const char *b) {
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

int32_t index_of(const char *name, const char *const *list) {
    for (int32_t i = 0; list[i] != 0; i++)
        if (same(name, list[i]))
            return i;
    return -1;
}

bool has_feature(const char *name) {
    return (machine.features >> index_of(name, feature_names) & 1) != 0;
}

bool meets(const struct need *need) {
    if (need->feature < 0)
        return (machine.xfeatures & need->components) != 0;
    return (machine.features >> need->feature & 1) != need->lacks;
}

static void add(const char *name) {
    const int32_t feature = index_of(name, feature_names);
    if (feature >= 0)
        machine.features |= 1ULL << feature;
}

/** Reads the beginning of a file as text. */
static bool read_text(const char *path, char *text, uint32_t size) {
    long file = syscall3(__NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    uint32_t length = 0;
    for (long got = 1; got > 0 && length < size - 1; length += (uint32_t)got) {
        got = syscall3(__NR_read, file, (long)&text[length], size - 1 - length);
        if (got < 0)
            break;
    }
    text[length] = 0;
    syscall1(__NR_close, file);
    return true;
}

static bool begins_with(const char *text, const char *beginning) {
    while (*beginning != 0 && *text == *beginning)
        text++, beginning++;
    return *beginning == 0;
}

static bool has_word(const char *line, const char *word) {
    uint32_t length = 0;
    while (word[length] != 0)
        length++;
    for (; *line != 0 && *line != '\n'; line++)
        if (line[0] == ' ' && begins_with(&line[1], word) &&
            (line[1 + length] == ' ' || line[1 + length] == '\n' || line[1 + length] == 0))
            return true;
    return false;
}

static const char *line_of(const char *text, const char *name) {
    for (const char *line = text; *line != 0; line++)
        if ((line == text || line[-1] == '\n') && begins_with(line, name))
            return line;
    return "";
}

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
        {"amx_tile", 7, 0, 3, 24},
        {"xsavec", 13, 1, 0, 1},
        {"fsgsbase", 7, 0, 1, 0},
        {"misalignsse", 0x80000001, 0, 2, 7},
    };
    uint32_t words[4];
    for (uint32_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        cpuid(flags[i].leaf, flags[i].subleaf, words);
        if ((words[flags[i].word] >> flags[i].bit & 1) != 0)
            add(flags[i].name);
    }
    cpuid(1, 0, words);
    machine.avx = (words[2] >> 28 & 1) != 0;
    cpuid(0, 0, words);
    if (words[1] == 0x68747541) /* "Auth" */
        add("amd");
    // With five levels of page tables a hint above the 47 bits of four is followed.
    const uint64_t hint = 1ULL << 48;
    long at = syscall6(__NR_mmap, (long)hint, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uint64_t)at == hint)
        add("la57");
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
            add(processor_flags[i]);
    machine.avx = has_word(flags, "avx");
    if (has_word(line_of(text, "vendor_id"), "AuthenticAMD"))
        add("amd");
}

/** Runs code in a page of its own, with RAX = 20, until a stop; the registers are in the frame.
 * Returns where it was. */
static uint64_t run_code(struct tracee *stub, const void *code, uint64_t length) {
    int64_t page = INJECT(stub, __NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0);
    if (page < 0)
        return 0;
    write_memory(stub, (uint64_t)page, code, length);
    INJECT(stub, __NR_mprotect, (uint64_t)page, 4096, PROT_READ | PROT_EXEC);
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_RIP] = (uint64_t)page;
    words[REG_RAX] = 20;
    int32_t status = 0;
    const bool done = stublab_ptrace(PTRACE_SETREGS, stub->pid, 0, words) >= 0 &&
                      stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0) >= 0 &&
                      wait_for(stub, &status, 1000) > 0 &&
                      stublab_ptrace(PTRACE_GETREGS, stub->pid, 0, words) >= 0;
    return done ? (uint64_t)page : 0;
}

/** Whether an instruction of one byte leaves rip behind it. */
static bool leaves_behind(struct tracee *stub, int64_t code) {
    const uint8_t byte = (uint8_t)code;
    const uint64_t page = run_code(stub, &byte, 1);
    const bool behind = page != 0 && frame_words()[REG_RIP] == page + 1;
    INJECT(stub, __NR_munmap, page, 4096);
    return behind;
}

/** Whether INT 0x80 makes a call: 20 is getpid for 32-bit programs. */
static bool makes_32_bit_calls(struct tracee *stub) {
    static const uint8_t code[] = {0xcd, 0x80, 0xcc};
    const uint64_t page = run_code(stub, code, sizeof code);
    const bool made = page != 0 && frame_words()[REG_RAX] == (uint64_t)stub->pid;
    INJECT(stub, __NR_munmap, page, 4096);
    return made;
}

static bool shows(struct tracee *stub, const struct trial *trial) {
    if (trial->kind == BY_CODE)
        return leaves_behind(stub, trial->number);
    if (trial->kind == BY_CALL) {
        int64_t result = INJECT(stub, trial->number, 0);
        return result == (trial->result == RESULT_STOPS ? STOPS : trial->result);
    }
    uint64_t words[4];
    memcpy(words, trial->words, sizeof words);
    const uint64_t length = trial->count * sizeof *words;
    int64_t result = stublab_ptrace(trial->number, stub->pid, length, words);
    memset(words, 0, sizeof words);
    if (length > 0)
        stublab_ptrace(trial->number, stub->pid, length, words);
    return result == trial->result;
}

void read_machine(struct tracee *stub) {
    /** struct _xstate: XCR0 in sw_reserved, and mxcsr_mask. */
    enum { COMPONENTS = 464, MXCSR_MASK = 28, ASKED_FOR = 1 << 18 };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    read_processor();
    if (makes_32_bit_calls(stub))
        add("ia32");
    for (const struct trial *trial = trials; trial->feature >= 0; trial++)
        if (shows(stub, trial))
            machine.features |= 1ULL << trial->feature;
    int64_t length = stublab_read_xstate(stub->pid, area, sizeof area);
    if (length <= 0)
        return;
    machine.xstate_length = (uint32_t)length;
    memcpy(&machine.xfeatures, &area[COMPONENTS], 4);
    machine.xfeatures &= ~(uint32_t)ASKED_FOR;
    memcpy(&machine.mxcsr_mask, &area[MXCSR_MASK], 4);
}
