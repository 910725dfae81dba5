// Looks at the facts: which, how often, and what is said of them.
#include "facts.h"
#include "facilities.h"
#include <stdarg.h>

enum { MOST_FACTS = 512, MOST_UNMET = 96, MOST_REPORT = 1 << 19 };

static struct fact facts[MOST_FACTS];
/** What is not in one of these sets was not looked at. */
static bool failed[MOST_FACTS], checked[MOST_FACTS];
static uint32_t fact_count;

/** What is asked for. */
static bool lists;
static const struct selection *selection;
static const struct known_list *known;

/** The fact that is looked at, and its attempt. */
static const struct fact *fact;
static struct results results;
static const char *lost; /* why; 0: it is not */
static bool is_over;
/** A hash of what does not hold; 0: all does. */
static uint64_t key;
/** What is said of its checks. */
static char report[MOST_REPORT];
static uint32_t reported;

/** The check that is made, if one is. */
static bool in_check;
static const char *check_name;
static uint32_t stubs_before;
static struct reason skipped; /* a text of 0: it is not */
static struct unmet unmet[MOST_UNMET];
static uint32_t unmet_count;

static void add_fact(struct fact it) {
    if (fact_count == MOST_FACTS)
        fail("there are too many facts", fact_count);
    facts[fact_count++] = it;
}

static void load_facts(void) {
    if (fact_count > 0)
        return;
    fact_count = HAS_MODEL ? load_setup_facts(facts, MOST_FACTS) : 0;
    for (const struct request_fact *it = request_facts; it->fact != 0; it++)
        add_fact((struct fact){it->fact, it->group, it->source, .requests = it->rows});
    for (const struct permission *it = permissions; it->fact != 0; it++)
        add_fact((struct fact){it->fact, it->group, it->source, .scenes = it});
}

/** Makes the checks of the fact. */
static void look(void) {
    if (fact->scenes != 0)
        look_at_scenes(fact->scenes);
    else if (fact->requests != 0)
        look_at_requests(fact->requests);
    else if (HAS_MODEL)
        look_at_cases(fact->cases);
}

// ---- Checks ----

bool goes_on(void) {
    return !lists && lost == 0 && !is_over && skipped.text == 0;
}

/** The same as say(), to the report. */
static void begin_report(void) {
    say_to(&report[reported]);
}

static void end_report(void) {
    say_to(0);
    while (report[reported] != 0)
        reported++;
    if (reported > MOST_REPORT - sizeof unmet)
        fail("there is too much to say of a fact", reported);
}

const char *named(const char *format, ...) {
    static char name[160];
    va_list values;
    va_start(values, format);
    say_to(name);
    say_values(format, values);
    say_to(0);
    va_end(values);
    return name;
}

bool begin_check(const char *name) {
    check_name = name;
    if (lists) {
        say("%s", results.held++ > 0 ? "," : "");
        say_quoted(check_name);
        return false;
    }
    in_check = goes_on();
    stubs_before = stub_count();
    unmet_count = 0;
    return in_check;
}

struct unmet *add_unmet(void) {
    if (unmet_count == MOST_UNMET)
        fail("too many fields differ", unmet_count);
    unmet[unmet_count].is_seen = true;
    return &unmet[unmet_count++];
}

/** Hashes what does not hold, so that two attempts can be compared. */
static void hash(const char *text) {
    do
        key = (key ^ (uint8_t)*text) * 1099511628211ULL + 1;
    while (*text++ != 0);
}

static void say_unmet(const struct unmet *it) {
    say("%s: expected %s", it->field, it->expected);
    if (it->is_seen)
        say(", got %s\n", it->seen);
    else
        say(", which is not reached\n");
}

/** The check before what is said of it. */
static void begin_line(const char *excuse) {
    say("  # %s%s%s", excuse, check_name, *check_name != 0 ? ": " : "");
}

/** Counts the check, and takes down what is not as expected, or why it was skipped. */
static void finish_check(void) {
    const bool excused = unmet_count > 0 && is_known(known, fact->name, check_name);
    begin_report();
    if (unmet_count > 0)
        hash(check_name);
    for (uint32_t i = 0; i < unmet_count; i++) {
        hash(unmet[i].field);
        begin_line(excused ? "known: " : "");
        say_unmet(&unmet[i]);
    }
    if (skipped.text != 0) {
        begin_line("");
        say("skipped: ");
        say_reason(&skipped);
        say("\n");
    }
    end_report();
    if (skipped.text != 0)
        note_reason(&results, &skipped);
    else if (unmet_count == 0)
        results.held++;
    else if (excused)
        results.excused++;
    else
        results.failed++;
}

void skip(const char *need, const char *text, int64_t error) {
    if (!goes_on())
        return;
    skipped = (struct reason){need, text, error};
    if (in_check)
        return;
    is_over = true;
    check_name = "";
    finish_check();
}

void skip_lack(const char *text, int64_t error) {
    const bool goes = goes_on();
    skip(0, text, error);
    // The next check begins where this one leaves a stub that both use.
    is_over = is_over || (goes && stub_count() == stubs_before);
}

void require(const char *need) {
    for (const struct need *it = needs; it->name != 0; it++)
        if (HAS_MODEL && same(it->name, need) && !meets(it))
            skip(0, it->reason, 0);
}

bool is_named(void) {
    return index_of(fact->name, selection->only) >= 0;
}

void lose(const char *reason) {
    lost = reason;
}

bool end_check(void) {
    // Of a fact that is lost the rest is one check.
    if (lost == 0)
        finish_check();
    close_stubs_after(stubs_before);
    unmet_count = 0;
    skipped.text = 0;
    in_check = false;
    return false;
}

static void finish_lost(void) {
    const char *reason = lost;
    lost = 0;
    begin_check("the remaining checks");
    struct unmet *it = add_unmet();
    *it = (struct unmet){"error", "none", "", true};
    write_text(it->seen, "a stub is not where it should be: %s", reason);
    finish_check();
}

// ---- Facts ----

/** Makes the checks of the fact once. Returns a hash of what does not hold. */
static uint64_t attempt(void *unused) {
    (void)unused;
    results = (struct results){0};
    lost = 0;
    is_over = in_check = false;
    skipped.text = 0;
    key = reported = 0;
    report[0] = 0;
    if (fact->requests != 0)
        begin_requests();
    look();
    if (lost != 0)
        finish_lost();
    close_stubs_after(0);
    return key;
}

/** What the kernel has said of itself meanwhile does not hold. It may say it only once. */
static void look_at_log(void) {
    lost = 0;
    is_over = false;
    for (const char *line = next_complaint(); line != 0; line = next_complaint()) {
        begin_check("");
        struct unmet *it = add_unmet();
        *it = (struct unmet){"kernel log", "nothing", "", true};
        write_text(it->seen, "%s", line);
        end_check();
    }
}

static void look_at(uint32_t number, const char *const *except, struct counts *counts) {
    if (index_of(fact->name, except) >= 0) {
        results = (struct results){0};
        note_reason(&results, &(struct reason){0, "--except", 0});
    } else {
        announce(fact->name);
        const uint64_t first = attempt(0);
        const int32_t others = first == 0 ? 0 : confirm(first, attempt, 0);
        look_at_log();
        say("%s", report);
        if (others != 0)
            say("  # contradictions %d\n", others > 0 ? others : MOST_ATTEMPTS - 1);
    }
    failed[fact - facts] = results.failed > 0;
    checked[fact - facts] = results.failed + results.held + results.excused > 0;
    conclude(&results, number, fact->name, known, counts);
}

static bool is_wanted(const struct fact *it, const struct selection *asked) {
    return (asked->only[0] == 0 || index_of(it->name, asked->only) >= 0 ||
            index_of(it->group, asked->only) >= 0) &&
           (asked->tool == 0 || relies_on(asked->tool, it->name)) &&
           index_of(it->group, asked->except) < 0;
}

/** Whether a fact is the first of its group, and how many of the group are wanted. */
static uint32_t begins_group(uint32_t first, const struct selection *asked) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < fact_count; i++) {
        if (!same(facts[i].group, facts[first].group))
            continue;
        if (i < first)
            return 0;
        count += is_wanted(&facts[i], asked);
    }
    return count;
}

/** Looks at the facts of a group, from its first one on. */
static void look_at_group(uint32_t first, const struct selection *asked, struct counts *counts) {
    uint32_t number = 0;
    for (uint32_t i = first; i < fact_count && !is_interrupted(); i++) {
        fact = &facts[i];
        if (same(fact->group, facts[first].group) && is_wanted(fact, asked))
            look_at(++number, asked->except, counts);
    }
}

int list_facts(void) {
    load_facts();
    lists = true;
    for (uint32_t i = 0; i < fact_count; i++) {
        fact = &facts[i];
        results.held = 0;
        say("{\"fact\":");
        say_quoted(fact->name);
        say(",\"group\":\"%s\",\"source\":\"%s\",\"checks\":[", fact->group, fact->source);
        look();
        say("]}\n");
    }
    return 0;
}

/** Facts that the machine does not have cannot fail. */
static enum known known_of(const char *name) {
    for (uint32_t i = 0; i < fact_count; i++)
        if (same(facts[i].name, name))
            return failed[i] ? LACKING : checked[i] ? PRESENT : UNTRIED;
    return PRESENT;
}

int conformance(const struct selection *asked) {
    struct counts all = {0};
    uint32_t planned = 0, number = 0;
    load_facts();
    selection = asked;
    known = asked->known;
    for (uint32_t i = 0; i < fact_count; i++)
        planned += begins_group(i, asked) > 0;
    say_plan("", planned);
    for (uint32_t i = 0; i < fact_count && !is_interrupted(); i++) {
        const uint32_t count = begins_group(i, asked);
        const uint32_t failed = all.failed;
        if (count == 0)
            continue;
        say_plan("  ", count);
        look_at_group(i, asked, &all);
        if (is_interrupted())
            break;
        say_result(all.failed > failed, ++number, facts[i].group);
        say("\n");
    }
    if (HAS_MODEL)
        renew();
    say_lacks();
    say("# %u of %u facts hold, ", all.held, all.held + all.failed);
    if (all.known > 0)
        say("%u known not to, ", all.known);
    say("%u skipped\n", all.skipped);
    if (is_interrupted())
        return INTERRUPTED;
    if (asked->tool != 0)
        return say_verdict(asked->tool, known_of);
    if (number == 0)
        return 2;
    return all.failed > 0 ? 1 : all.held + all.known == 0 ? CANNOT : 0;
}
