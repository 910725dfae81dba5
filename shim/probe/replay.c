// Replays cases and walks: documents "stublab.case/1", which the module reads, or "stublab.walk/1",
// one after the other, or after "# case " and "# walk " in a log of the probe.
#include "trying.h"
#include "walk.h"

enum { FOLLOWS_DOCUMENT = 1, FOLLOWS_ANYTHING = 2 }; /* assembly/fuzz/case_text/json.ts */

enum { MARK = 7 }; /* bytes of "# case " and "# walk " */

static bool begins(const char *at, const char *end, const char *text) {
    while (*text != 0 && at < end && *at == *text)
        at++, text++;
    return *text == 0;
}

/** The next case or walk in a log, from `at` on; 0 at the end. */
static const char *next_in_log(const char *at, const char *end) {
    for (; at < end; at++)
        if (begins(at, end, "# case {") || begins(at, end, "# walk {"))
            return &at[MARK];
    return 0;
}

/** Whether the first schema from `at` on is that of a walk. */
static bool is_walk_at(const char *at, const char *end) {
    for (; at < end && !begins(at, end, "\"stublab.case/"); at++)
        if (begins(at, end, "\"stublab.walk/"))
            return true;
    return false;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static const char *end_of_line(const char *at, const char *end) {
    while (at < end && *at != '\n')
        at++;
    return at;
}

/** Says why a document is refused. What may help is in a line of its own. */
static void say_refusal(uint32_t number, char *text) {
    char *at = text;
    while (*at != 0 && *at != '\n')
        at++;
    const bool helps = *at != 0;
    *at = 0;
    say("Bail out! document %u: %s\n", number, text);
    if (helps)
        say("# %s\n", &at[1]);
}

/** A file of cases and walks, in the module's memory. */
struct cases {
    const char *at, *end;
    bool is_log, is_walk; /* the last one */
    uint32_t number;      /* of the last one */
    struct walk walk;
};

static struct cases open_cases(const char *path) {
    enum { MOST_TEXT = 16 << 20 };
    char *const text = module_memory(reserve(MOST_TEXT + 1));
    const uint32_t length = read_all(path, text, MOST_TEXT + 1);
    struct cases it = {.at = text, .end = &text[length]};
    if (length > MOST_TEXT)
        fail("the file has more than 16 MiB", 0);
    text[length] = 0;
    const char *first = text;
    while (first < it.end && is_space(*first))
        first++;
    it.is_log = first < it.end && *first != '{' && next_in_log(first, it.end) != 0;
    return it;
}

/** Reads a walk at the next place. Returns the number of its actions; 0: it is refused. */
static uint32_t next_walk(struct cases *it) {
    it->at = read_walk(it->at, &it->walk);
    if (it->at != 0 && !it->is_log && it->at != it->end && *it->at != '{') {
        write_text(walk_refusal, "expected the end after the walk");
        return 0;
    }
    return it->at == 0 ? 0 : it->walk.count;
}

/** Reads the next case into the module's memory, or the next walk. Returns the number of its steps
 * or actions; 0 after the last; -1 if it is refused, which it says. */
static int32_t next_case(struct cases *it) {
    it->at = it->is_log ? next_in_log(it->at, it->end) : it->at;
    if (it->at == 0 || (it->at == it->end && it->number > 0))
        return 0;
    const char *const end = it->is_log ? end_of_line(it->at, it->end) : it->end;
    it->is_walk = is_walk_at(it->at, end);
    it->number++;
    uint32_t steps = 0;
    if (it->is_walk)
        steps = next_walk(it);
    else {
        steps = w2c_fuzz_readCase(&module, module_address(it->at), module_address(end),
                                  it->is_log ? FOLLOWS_ANYTHING : FOLLOWS_DOCUMENT);
        it->at = module_memory(*w2c_fuzz_caseEnd(&module));
    }
    if (steps == 0)
        say_refusal(it->number,
                    it->is_walk ? walk_refusal : module_memory(*w2c_fuzz_caseText(&module)));
    return steps == 0 ? -1 : (int32_t)steps;
}

int list_cases(const char *path) {
    start_module();
    struct cases cases = open_cases(path);
    const struct stublab_setup *read = module_memory(*w2c_fuzz_caseSteps(&module));
    int32_t steps = 0;
    while ((steps = next_case(&cases)) > 0) {
        if (cases.is_walk)
            say_walk(&cases.walk);
        else
            say_case(&read[steps - 1]);
        say("\n");
    }
    return steps < 0 ? 2 : 0;
}

static enum verdict replay_case(uint32_t number, uint32_t steps) {
    memcpy(chunk.setups, module_memory(*w2c_fuzz_caseSteps(&module)), steps * sizeof *chunk.setups);
    return examine(number, steps);
}

static enum verdict replay_walk(const struct cases *cases, const struct replay *asked) {
    const int status =
        take_walk_of(&cases->walk, cases->number, asked->task_rule, asked->with_steps);
    return status == CANNOT ? SKIPPED : status == 0 ? HELD : DIFFERENT;
}

int replay(const struct replay *asked) {
    uint32_t counts[SKIPPED + 1] = {0};
    int32_t count = 0;
    start_module();
    struct cases cases = open_cases(asked->path);
    say("KTAP version 1\n");
    while (!is_interrupted() && (count = next_case(&cases)) > 0) {
        if (!cases.is_walk && asked->only_walks) {
            say("Bail out! document %u: expected a walk, got a case\n", cases.number);
            return 2;
        }
        counts[cases.is_walk ? replay_walk(&cases, asked)
                             : replay_case(cases.number, (uint32_t)count)]++;
    }
    if (!asked->only_walks)
        renew();
    if (count < 0)
        return 2;
    say("1..%u\n", cases.number);
    if (count > 0)
        return INTERRUPTED;
    return counts[DIFFERENT] > 0 ? 1 : counts[HELD] > 0 ? 0 : CANNOT;
}
