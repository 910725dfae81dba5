// Whether the kernel is enough for a tool: src/labs/fuzz/facts/profiles.jsonl.
#include "facilities.h"
#include "facts.h"

bool is_tool(const char *name) {
    for (const struct tool_need *it = tool_needs; it->tool != 0; it++)
        if (same(it->tool, name))
            return true;
    return false;
}

bool relies_on(const char *tool, const char *fact) {
    for (const struct tool_need *it = tool_needs; it->tool != 0; it++)
        if (same(it->tool, tool) && index_of(fact, it->facts) >= 0)
            return true;
    return false;
}

/** What the trial of a facility resulted in; a version may follow its name. */
static int64_t lack_of(const char *name) {
    uint32_t count = 0;
    const struct facility *all = all_facilities(&count);
    for (uint32_t i = 0; i < count; i++)
        if (has_word(all[i].text, name))
            return all[i].error;
    fail(name, -ENOENT);
}

/** Whether a need matters on this kernel: a tool may do with another facility. */
static bool matters(const struct tool_need *need) {
    for (const char *const *it = need->when; *it != 0; it++) {
        const bool lacks = **it == '!';
        if ((lack_of(*it + lacks) != 0) != lacks)
            return false;
    }
    return true;
}

static bool tolerates(const struct tool_need *need, int64_t error) {
    return index_of("any", need->tolerated) >= 0 ||
           index_of(errno_name(error), need->tolerated) >= 0;
}

int say_verdict(const char *tool, bool (*fails)(const char *fact)) {
    uint32_t missing = 0;
    say("# for %s: ", tool);
    for (const struct tool_need *it = tool_needs; it->tool != 0; it++) {
        if (!same(it->tool, tool) || !matters(it))
            continue;
        const int64_t error = it->facility == 0 ? 0 : lack_of(it->facility);
        if (error != 0 && !tolerates(it, error))
            say("%s%s (%s)", missing++ == 0 ? "not enough: " : ", then ", it->facility,
                errno_name(error));
        for (const char *const *fact = it->facts; error == 0 && *fact != 0; fact++)
            if (fails(*fact)) {
                say("%s", missing++ == 0 ? "not enough: " : ", then ");
                say_quoted(*fact);
            }
    }
    say("%s\n", missing == 0 ? "enough" : "");
    return missing > 0;
}
