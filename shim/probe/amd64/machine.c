// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "components.h"
#include "facilities.h"
#include "probe.h"
#include "records.h"
#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <cpuid.h>

/** What the kernel makes use of, which no program shows: as /proc/cpuinfo says, or CPUID in a
 * container without /proc. */
static void read_processor(void) {
    static char text[1 << 14];
    if (!read_text("/proc/cpuinfo", text, sizeof text)) {
        uint32_t eax = 0, unused = 0;
        say("# /proc is not mounted: XSAVEC and XSAVES are those of CPUID\n");
        __get_cpuid_count(13, 1, &eax, &unused, &unused, &unused);
        if ((eax >> 1 & 1) != 0)
            note_feature("xsavec");
        if ((eax >> 3 & 1) != 0)
            note_feature("xsaves");
        return;
    }
    static const char *const features[] = {"user_shstk", "xsavec", "xsaves"};
    const char *flags = line_of(text, "flags");
    for (uint32_t i = 0; i < sizeof features / sizeof *features; i++)
        if (has_word(flags, features[i]))
            note_feature(features[i]);
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

/** struct _fpx_sw_bytes of the frame, which says how the kernel writes floating point there. */
static void note_frame(int signal, const void *info, const struct ucontext *context) {
    (void)signal, (void)info;
    const struct _fpstate *area = context->uc_mcontext.fpstate;
    if (area == 0 || area->sw_reserved.magic1 != FP_XSTATE_MAGIC1)
        return;
    machine.xfeatures = (uint32_t)area->sw_reserved.xfeatures;
    machine.frame_length = area->sw_reserved.xstate_size;
}

/** Looks at a signal frame of this process. */
static void read_frame(void) {
    const uint64_t action[] = {(uint64_t)note_frame, SA_RESTORER | SA_SIGINFO | SA_RESETHAND,
                               (uint64_t)restore_signal, 0};
    const uint64_t mask = 1ULL << (SIGUSR1 - 1);
    syscall4(__NR_rt_sigaction, SIGUSR1, (long)action, 0, 8);
    syscall4(__NR_rt_sigprocmask, SIG_UNBLOCK, (long)&mask, 0, 8);
    stublab_tgkill(stublab_gettid(), stublab_gettid(), SIGUSR1);
}

static uint32_t read_mxcsr_mask(void) {
    enum { OLD_MASK = 0xffbf }; /* of processors that report none */
    _Alignas(16) struct _fpstate area = {0};
    __asm__ volatile("fxsave64 %0" : "=m"(area));
    return area.mxcsr_mask == 0 ? OLD_MASK : area.mxcsr_mask;
}

/** What NT_X86_XSTATE has: its length, and XCR0; as the processor says if that cannot be read. */
static void read_xstate(void) {
    enum { XCR0 = offsetof(struct _xstate, fpstate.sw_reserved) };
    static uint8_t area[STUBLAB_MOST_XSTATE];
    uint32_t unused = 0;
    const int64_t read = stublab_read_xstate(master.pid, area, sizeof area);
    if (read > 0) {
        machine.xstate_length = (uint32_t)read;
        memcpy(&machine.xcr0, &area[XCR0], 4);
    } else if ((birth_error < 0 || lacks(A_REQUEST, PTRACE_GETREGSET) < 0) &&
               machine.frame_length > 0) {
        __get_cpuid_count(13, 0, &unused, &machine.xstate_length, &unused, &unused);
        __asm__("xgetbv" : "=a"(machine.xcr0) : "c"(0) : "edx");
    }
}

void read_machine(void) {
    enum { YMM = 4 };
    read_processor();
    read_frame();
    try_features();
    machine.mxcsr_mask = read_mxcsr_mask();
    read_xstate();
    if (machine.xstate_length == 0)
        return;
    machine.wide = (machine.xcr0 & YMM) != 0;
    const int64_t permitted = stublab_permitted_components();
    machine.permitted = permitted < 0 ? machine.xfeatures : (uint32_t)permitted;
    stublab_read_components(machine.components);
}
