// The machine, as src/fuzz/try/machine.ts reads it.
#include "probe.h"
#include <linux/utsname.h>

struct machine machine;

uint32_t xstate_length(void) {
    return 0;
}

bool meets(const struct need *need) {
    return (machine.features >> need->feature & 1) != need->lacks;
}

void read_machine(struct tracee *stub) {
    (void)stub;
}

void say_features(void) {
    say("pages of ");
    say_number(page_bytes);
    say(" bytes");
}

void say_machine_document(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("{");
    say_string("release", name.release);
    say("}");
}
