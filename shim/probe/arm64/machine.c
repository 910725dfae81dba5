// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "probe.h"

/** The value of a field of /proc/cpuinfo, which begins after the colon. */
static const char *value_of(const char *text, const char *name) {
    const char *at = line_of(text, name);
    while (*at != 0 && *at != '\n' && *at != ':')
        at++;
    return *at == ':' ? &at[2] : "";
}

static uint64_t number_of(const char *text, const char *name) {
    uint64_t number = 0;
    read_number(value_of(text, name), &number);
    return number;
}

void say_processor(void) {
    static char text[1 << 14];
    char vendor[16] = "unknown";
    if (read_text("/proc/cpuinfo", text, sizeof text)) {
        const char *implementer = value_of(text, "CPU implementer");
        uint32_t length = 0;
        for (; length < sizeof vendor - 1 && implementer[length] > ' '; length++)
            vendor[length] = implementer[length];
        vendor[length] = 0;
    }
    say(",\"vendor\":\"%s\",\"family\":%lu,\"model\":%lu", vendor,
        number_of(text, "CPU architecture"), number_of(text, "CPU part"));
}

void read_machine(void) {
    try_features();
}
