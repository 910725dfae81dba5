// The fields of an outcome by their offsets: src/labs/fuzz/case/fields.ts.
#include "trying.h"

void say_obstacle(unsigned int obstacle, int32_t error) {
    say("%s: %s", obstacle_texts[obstacle], errno_name(-error));
}

static const struct {
    uint32_t offset;
    const char *name;
} halves[] = {
    {OUTCOME_ERROR, "error"},   {OUTCOME_REFUSED_AT, "refusedAt"}, {OUTCOME_RESUMED, "resumed"},
    {OUTCOME_STATUS, "status"}, {OUTCOME_SIGNAL, "signal"},        {OUTCOME_CODE, "code"},
};

static void say_part(const char *part, uint32_t k, const char *const *names) {
    if (names != 0)
        say("%s.%s", part, names[k]);
    else
        say("%s.%u", part, k);
}

void say_field(unsigned int way, uint32_t place) {
    const uint32_t offset = place & ~(uint32_t)HALF;
    for (uint32_t i = 0; i < sizeof halves / sizeof *halves; i++)
        if (halves[i].offset == offset) {
            say("%s", halves[i].name);
            return;
        }
    if (offset == OUTCOME_ADDRESS)
        say("address");
    else if (offset >= OUTCOME_FRAME)
        say_part("frame", (offset - OUTCOME_FRAME) / 8, frame_names);
    else if (offset >= OUTCOME_STOPPED)
        say_part("stopped", (offset - OUTCOME_STOPPED) / 8, register_names);
    else
        say_part("written", (offset - OUTCOME_WRITTEN) / 8, contents[way].written);
}

/** What a status word means: tellStatus in src/labs/fuzz/tell/told.ts. */
static void say_status(uint32_t status) {
    enum { STOPPED = 0x7f, CALL = 0x85 };
    const uint32_t high = status >> 8 & 0xff;
    if (status == 0)
        say("runs on");
    else if ((status & 0xff) == STOPPED && high == CALL)
        say("stopped at a system call");
    else if ((status & 0x7f) == 0)
        say("exited with status %u", high);
    else {
        const bool stopped = (status & 0xff) == STOPPED;
        say("%s by %s", stopped ? "stopped" : "killed",
            signal_names[(stopped ? high : status & 0x7f) % 65]);
    }
}

void say_value(uint32_t place, uint64_t word) {
    const uint32_t offset = place & ~(uint32_t)HALF;
    if (offset == OUTCOME_STATUS)
        say_status((uint32_t)word);
    else if ((offset == OUTCOME_ERROR || offset == OUTCOME_RESUMED) && word != 0)
        say("%s", errno_name(-(int64_t)word));
    else if ((place & HALF) != 0)
        say("%d", (int32_t)word);
    else
        say("0x%lx", word);
}

uint64_t field(const struct stublab_outcome *outcome, uint32_t place) {
    const uint8_t *at = (const uint8_t *)outcome + (place & ~(uint32_t)HALF);
    uint64_t word = 0;
    memcpy(&word, at, (place & HALF) != 0 ? 4 : 8);
    return word;
}
