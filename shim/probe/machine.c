// What facts and rules depend on.
#include "module_data.h"
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

void note_feature(const char *name) {
    machine.features |= 1ULL << index_of(name, feature_names);
}

void say_machine(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("# kernel: Linux %s\n# machine: ", name.release);
    for (int i = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0)
            say("%s ", feature_names[i]);
    if (machine.xstate_length > 0)
        say("XSAVE area of %u bytes", machine.xstate_length);
    else
        say("pages of %lu bytes", page_bytes);
    say("\n# machine ");
    say_machine_document();
    say("\n");
}

void say_machine_document(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("{");
    if (!same(case_arch, usual_case_arch))
        say("\"arch\":\"%s\",", case_arch);
    say("\"release\":\"%s\"", name.release);
    say_processor();
    say(",\"features\":[");
    for (int i = 0, some = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0)
            say("%s\"%s\"", some++ > 0 ? "," : "", feature_names[i]);
    say("],\"xstateLength\":%u,\"xcr0\":%u,\"frameLength\":%u,\"xfeatures\":%u,\"permitted\":%u,"
        "\"mxcsrMask\":%u,\"components\":[",
        machine.xstate_length, machine.xcr0, machine.frame_length, machine.xfeatures,
        machine.permitted, machine.mxcsr_mask);
    for (const struct stublab_component *it = machine.components; it->number != 0; it++)
        say("%s{\"number\":%u,\"offset\":%u,\"size\":%u,\"supervisor\":%s,\"aligned\":%s}",
            it > machine.components ? "," : "", it->number, it->offset, it->bytes,
            (it->flags & 1) != 0 ? "true" : "false", (it->flags & 2) != 0 ? "true" : "false");
    say("],\"stubCode\":%lu}", stub_address());
}
