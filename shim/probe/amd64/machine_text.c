// The machine as text.
#include "trying.h"
#include <cpuid.h>
#include <linux/utsname.h>

void say_features(void) {
    for (int i = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0) {
            say(feature_names[i]);
            say(" ");
        }
    say("XSAVE area of ");
    say_number(machine.xstate_length);
    say(" bytes");
}

/** The family and the model, as /proc/cpuinfo has them: arch/x86/lib/cpu.c. */
static void say_processor(void) {
    uint32_t unused = 0, version = 0, name[4] = {0};
    __get_cpuid(0, &unused, &name[0], &name[2], &name[1]);
    __get_cpuid(1, &version, &unused, &unused, &unused);
    uint32_t family = version >> 8 & 15, number = version >> 4 & 15;
    if (family >= 6)
        number |= version >> 12 & 0xf0;
    if (family == 15)
        family += version >> 20 & 0xff;
    say(",");
    say_string("vendor", (const char *)name);
    say_count("family", family);
    say_count("model", number);
}

void say_machine_document(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("{");
    say_string("release", name.release);
    say_processor();
    say(",\"features\":[");
    for (int i = 0, some = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0) {
            say(some++ > 0 ? ",\"" : "\"");
            say(feature_names[i]);
            say("\"");
        }
    say("]");
    say_count("xstateLength", machine.xstate_length);
    say_count("xfeatures", machine.xfeatures);
    say_count("mxcsrMask", machine.mxcsr_mask);
    say_count("stubCode", stub_address());
    say("}");
}
