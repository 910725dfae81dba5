// What facts and rules depend on.
#include "probe.h"
#include <linux/utsname.h>

struct machine machine;

bool has_feature(const char *name) {
    const int32_t feature = index_of(name, feature_names);
    return feature >= 0 && (machine.features >> feature & 1) != 0;
}

bool meets(const struct need *need) {
    if (need->feature < 0)
        return (machine.xfeatures & need->components) != 0;
    return (machine.features >> need->feature & 1) != need->lacks;
}

void add_feature(const char *name) {
    const int32_t feature = index_of(name, feature_names);
    if (feature >= 0)
        machine.features |= 1ULL << feature;
}

void say_machine(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("# kernel: Linux ");
    say(name.release);
    say("\n# machine: ");
    for (int i = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0) {
            say(feature_names[i]);
            say(" ");
        }
    if (machine.xstate_length > 0) {
        say("XSAVE area of ");
        say_number(machine.xstate_length);
        say(" bytes");
    } else {
        say("pages of ");
        say_number(page_bytes);
        say(" bytes");
    }
    say("\n# machine ");
    say_machine_document();
    say("\n");
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
