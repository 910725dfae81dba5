#include "places.h"
#include <asm/signal.h>

static void say_signal(int64_t number) {
    if (number > 0 && number <= 64)
        say(signal_names[number]);
    else
        say_signed(number);
}

static void say_stop(int64_t status) {
    const int64_t signal = status >> 8 & 0xff, event = status >> 16;
    if (status == NO_STOP)
        say("no stop");
    else if (status < 0)
        say_errno(status);
    else if ((status & 0xff) == 0) {
        say("exit ");
        say_signed(signal);
    } else if ((status & 0xff) != 0x7f) {
        say("killed by ");
        say_signal(status & 0x7f);
    } else if (event != 0) {
        const struct event *known = events;
        while (known->name != 0 && known->number != event)
            known++;
        say("PTRACE_EVENT_");
        if (known->name != 0)
            say(known->name);
        else
            say_signed(event);
        say(", ");
        say_signal(signal);
    } else if (signal == (SIGTRAP | 0x80))
        say("system call");
    else
        say_signal(signal);
}

void say_seen(enum place place, uint64_t seen) {
    switch (place) {
    case PLACE_RESULT:
    case PLACE_KEPT:
        say_errno((int64_t)seen);
        break;
    case PLACE_STOP:
    case PLACE_FIRST:
        say_stop((int64_t)seen);
        break;
    case PLACE_DIFFERS:
        say((int64_t)seen == NOWHERE ? "nowhere" : "at byte ");
        if ((int64_t)seen != NOWHERE)
            say_number(seen);
        break;
    case PLACE_HALF:
    case PLACE_WORD:
        say_hex(seen);
        break;
    default:
        say_signed((int64_t)seen);
    }
}
