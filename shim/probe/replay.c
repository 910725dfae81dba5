// Replays cases: documents "stublab.case/1", one after the other, or after "# case " in a log of
// the probe. The module reads them.
#include "trying.h"

enum { FOLLOWS_DOCUMENT = 1, FOLLOWS_ANYTHING = 2 }; /* assembly/fuzz/case_text/json.ts */

static const char MARK[] = "# case ";

/** The next case in a log, from `at` on; 0 at the end. */
static const char *next_in_log(const char *at, const char *end) {
    for (; end - at >= (long)sizeof MARK; at++)
        if (memcmp(at, MARK, sizeof MARK - 1) == 0 && at[sizeof MARK - 1] == '{')
            return &at[sizeof MARK - 1];
    return 0;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static const char *end_of_line(const char *at, const char *end) {
    while (at < end && *at != '\n')
        at++;
    return at;
}

/** Says why the module refuses a document. What may help is in a line of its own. */
static void say_refusal(uint32_t number) {
    char *text = module_memory(*w2c_fuzz_caseText(&module)), *at = text;
    while (*at != 0 && *at != '\n')
        at++;
    const bool helps = *at != 0;
    *at = 0;
    say("Bail out! document %u: %s\n", number, text);
    if (helps)
        say("# %s\n", &at[1]);
}

/** A file of cases, in the module's memory. */
struct cases {
    const char *at, *end;
    bool is_log;
    uint32_t number; /* of the last case */
};

static struct cases open_cases(const char *path) {
    enum { MOST_TEXT = 16 << 20 };
    char *const text = module_memory(reserve(MOST_TEXT + 1));
    const uint32_t length = read_all(path, text, MOST_TEXT + 1);
    struct cases it = {text, &text[length], false, 0};
    if (length > MOST_TEXT)
        fail("the file has more than 16 MiB", 0);
    const char *first = text;
    while (first < it.end && is_space(*first))
        first++;
    it.is_log = first < it.end && *first != '{' && next_in_log(first, it.end) != 0;
    return it;
}

/** Reads the next case into the module's memory. Returns the number of its steps; 0 after the last;
 * -1 if it is refused, which it says. */
static int32_t next_case(struct cases *it) {
    it->at = it->is_log ? next_in_log(it->at, it->end) : it->at;
    if (it->at == 0 || (it->at == it->end && it->number > 0))
        return 0;
    const char *const end = it->is_log ? end_of_line(it->at, it->end) : it->end;
    const uint32_t steps = w2c_fuzz_readCase(&module, module_address(it->at), module_address(end),
                                             it->is_log ? FOLLOWS_ANYTHING : FOLLOWS_DOCUMENT);
    it->number++;
    it->at = module_memory(*w2c_fuzz_caseEnd(&module));
    if (steps == 0)
        say_refusal(it->number);
    return steps == 0 ? -1 : (int32_t)steps;
}

int list_cases(const char *path) {
    start_module();
    struct cases cases = open_cases(path);
    const struct stublab_setup *read = module_memory(*w2c_fuzz_caseSteps(&module));
    int32_t steps = 0;
    while ((steps = next_case(&cases)) > 0) {
        say_case(&read[steps - 1]);
        say("\n");
    }
    return steps < 0 ? 2 : 0;
}

int replay(const char *path) {
    uint32_t counts[SKIPPED + 1] = {0};
    int32_t count = 0;
    struct cases cases = open_cases(path);
    say("KTAP version 1\n");
    while (!is_interrupted() && (count = next_case(&cases)) > 0) {
        memcpy(chunk.setups, module_memory(*w2c_fuzz_caseSteps(&module)),
               (uint32_t)count * sizeof *chunk.setups);
        counts[examine(cases.number, (uint32_t)count)]++;
    }
    renew();
    if (count < 0)
        return 2;
    say("1..%u\n", cases.number);
    if (count > 0)
        return INTERRUPTED;
    return counts[DIFFERENT] > 0 ? 1 : counts[HELD] > 0 ? 0 : CANNOT;
}
