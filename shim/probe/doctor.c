// What this kernel has of what stubs, facts and setups need.
#include "check.h"
#include "facilities.h"
#include <asm/signal.h>

int doctor(void) {
    struct tracee stub = {0};
    uint32_t count = 0;
    const struct facility *all = all_facilities(&count);
    const int64_t result = clone_stub(&master, &stub, SIGCHLD);
    end_stub(&stub, &master);
    say_plan("", count + 1);
    say_result(result < 0, 1, "a stub clones a stub");
    if (result < 0)
        say(": %s", errno_name(result));
    say("\n");
    for (uint32_t i = 0; i < count; i++) {
        say_result(false, i + 2, name_of(&all[i]));
        if (all[i].error < 0)
            say(" # SKIP the kernel does not have it, or a filter refuses it: %s",
                errno_name(all[i].error));
        else if (!was_tried(&all[i]))
            say(" # SKIP not tried: no stub can be used");
        say("\n");
    }
    return result < 0 ? 1 : 0;
}
