// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "components.h"
#include "probe.h"
#include "records.h"
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

/** Whether a hint above the 47 bits of four levels of page tables is followed. gVisor shows the
 * flag la57 of the processor, and has four levels. */
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
    static const char *const features[] = {"fsgsbase", "pku", "user_shstk", "xsavec", "xsaves"};
    const char *flags = line_of(text, "flags");
    for (uint32_t i = 0; i < sizeof features / sizeof *features; i++)
        if (has_word(flags, features[i]))
            add_feature(features[i]);
    // Under QEMU without XSAVE the kernel shows avx, and does not enable it.
    machine.wide = has_word(flags, "avx") && has_word(flags, "xsave");
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

void read_machine(void) {
    /** struct _xstate: XCR0 in sw_reserved, and mxcsr_mask. */
    enum { XCR0 = 464, MXCSR_MASK = 28, OLD_MXCSR_MASK = 0xffbf };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    uint64_t registers[64];
    read_processor();
    try_five_levels();
    try_features();
    if (stublab_ptrace(PTRACE_GETFPREGS, master.pid, 0, registers) >= 0)
        machine.mxcsr_mask = (uint32_t)(registers[MXCSR_MASK / 8] >> 32);
    if (machine.mxcsr_mask == 0)
        machine.mxcsr_mask = OLD_MXCSR_MASK;
    int64_t length = stublab_read_xstate(master.pid, area, sizeof area);
    if (length <= 0)
        return;
    machine.xstate_length = (uint32_t)length;
    memcpy(&machine.xcr0, &area[XCR0], 4);
    const int64_t permitted = stublab_permitted_components();
    machine.permitted = permitted < 0 ? machine.xfeatures : (uint32_t)permitted;
    stublab_read_components(machine.components);
}
