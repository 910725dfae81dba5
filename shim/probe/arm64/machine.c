// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "probe.h"

/** The value of a field of /proc/cpuinfo, which begins after the colon. */
static const char *value_of(const char *text, const char *name) {
    const char *at = line_of(text, name);
    while (*at != 0 && *at != '\n' && *at != ':')
        at++;
    return *at == ':' ? &at[2] : "";
}

/** A number, hexadecimal after 0x. */
static uint64_t number_at(const char *text) {
    const bool is_hex = begins_with(text, "0x");
    uint64_t number = 0;
    for (text += is_hex ? 2 : 0;; text++) {
        const char digit = (char)(*text | 0x20);
        if (*text >= '0' && *text <= '9')
            number = number * (is_hex ? 16 : 10) + (uint64_t)(*text - '0');
        else if (is_hex && digit >= 'a' && digit <= 'f')
            number = number * 16 + (uint64_t)(digit - 'a' + 10);
        else
            return number;
    }
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
        number_at(value_of(text, "CPU architecture")), number_at(value_of(text, "CPU part")));
}

void read_machine(void) {
    try_features();
}
