// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "components.h"
#include "probe.h"
#include "records.h"
#include <cpuid.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

/** What the kernel makes use of, which no program shows: as /proc/cpuinfo says, or CPUID in a
 * container without /proc. */
static void read_processor(void) {
    static char text[1 << 14];
    if (!read_text("/proc/cpuinfo", text, sizeof text)) {
        uint32_t eax = 0, unused = 0;
        say("# /proc is not mounted: XSAVEC and XSAVES are those of CPUID\n");
        __get_cpuid_count(13, 1, &eax, &unused, &unused, &unused);
        if ((eax >> 1 & 1) != 0)
            note_feature("xsavec", 0);
        if ((eax >> 3 & 1) != 0)
            note_feature("xsaves", 0);
        return;
    }
    static const char *const features[] = {"user_shstk", "xsavec", "xsaves"};
    const char *flags = line_of(text, "flags");
    for (uint32_t i = 0; i < sizeof features / sizeof *features; i++)
        if (has_word(flags, features[i]))
            note_feature(features[i], 0);
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
    enum { XCR0 = 464, YMM = 4, MXCSR_MASK = 28, OLD_MXCSR_MASK = 0xffbf };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    uint64_t registers[64];
    read_processor();
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
    machine.wide = (machine.xcr0 & YMM) != 0;
    const int64_t permitted = stublab_permitted_components();
    machine.permitted = permitted < 0 ? machine.xfeatures : (uint32_t)permitted;
    stublab_read_components(machine.components);
}
