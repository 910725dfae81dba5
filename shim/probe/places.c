// What requests answer, as text.
#include "facts.h"
#include <asm/signal.h>

static void say_signal(int64_t number) {
    if (number > 0 && number <= 64)
        say("%s", signal_names[number]);
    else
        say("%ld", number);
}

static void say_stop(int64_t status) {
    const int64_t signal = status >> 8 & 0xff, event = status >> 16;
    if (status == NO_STOP)
        say("no stop");
    else if (status < 0)
        say("%s", errno_name(status));
    else if ((status & 0xff) == 0)
        say("exit %ld", signal);
    else if ((status & 0xff) != 0x7f) {
        say("killed by ");
        say_signal(status & 0x7f);
    } else if (event != 0) {
        const struct event *known = events;
        while (known->name != 0 && known->number != event)
            known++;
        if (known->name != 0)
            say("PTRACE_EVENT_%s, ", known->name);
        else
            say("PTRACE_EVENT_%ld, ", event);
        say_signal(signal);
    } else if (signal == (SIGTRAP | 0x80))
        say("system call");
    else
        say_signal(signal);
}

void say_seen(enum stublab_place place, uint64_t seen) {
    switch (place) {
    case STUBLAB_PLACE_RESULT:
    case STUBLAB_PLACE_KEPT:
        say("%s", errno_name((int64_t)seen));
        break;
    case STUBLAB_PLACE_STOP:
    case STUBLAB_PLACE_FIRST:
        say_stop((int64_t)seen);
        break;
    case STUBLAB_PLACE_DIFFERS:
        if ((int64_t)seen == NOWHERE)
            say("nowhere");
        else
            say("at byte %lu", seen);
        break;
    case STUBLAB_PLACE_HALF:
    case STUBLAB_PLACE_WORD:
        say("0x%lx", seen);
        break;
    default:
        say("%ld", (int64_t)seen);
    }
}
