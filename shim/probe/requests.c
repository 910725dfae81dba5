// Looks at the facts about requests: shim/fuzz/requests.c carries out their verbs, but for what
// takes stubs.
#include "requests.h"
#include "facts.h"
#include <asm/signal.h>
#include <linux/wait.h>

enum { PATIENCE = 2000 };
enum { MOST_TRACEES = 12, MOST_ATTEMPTS = 5, MOST_FAILURES = 1024 };

static struct stublab_look look;
static struct tracee tracees[MOST_TRACEES];
static uint32_t count;
/** Whether a tracee was not where it should be: the rest of a fact is not looked at. */
static bool is_lost;

/** A check that does not hold, with its first field. */
struct failure {
    const char *check;
    const struct request_field *field;
    uint64_t expected, seen;
    bool is_seen;
    uint32_t more;
};
static struct failure failures[MOST_FAILURES];
static uint32_t failed;

static void lose(int64_t result) {
    is_lost = true;
    look.place = STUBLAB_PLACE_RESULT;
    look.expected = 0;
    look.seen = result;
}

static void create_tracee(void) {
    if (count == MOST_TRACEES)
        fail("a fact has too many tracees", count);
    int64_t done = create_stub(&tracees[count], section_pages);
    if (done < 0)
        lose(done);
    else
        count++;
}

/** Kills and reaps tracees, wherever they are. */
static void close_after(uint32_t before) {
    while (count > before) {
        struct tracee *last = &tracees[--count];
        stublab_tgkill(last->pid, last->pid, SIGKILL);
        stublab_drain(last->pid);
        last->dead = true;
        end_stub(last, &master);
    }
}

static void wait_for_zombie(int32_t pid) {
    for (uint64_t end = milliseconds() + PATIENCE; !is_zombie(pid) && milliseconds() < end;)
        syscall0(__NR_sched_yield);
}

/** Does what takes stubs. Returns why the rest is skipped; 0: it is not. */
static const char *do_own(enum stublab_verb verb) {
    struct tracee *tracee = &tracees[count - 1];
    const uint64_t *words = look.words;
    switch (verb) {
    case STUBLAB_VERB_CALL:
        look.result = inject(tracee, (int64_t)words[0], &words[1]);
        if (look.result <= NOT_DONE)
            lose(look.result);
        break;
    case STUBLAB_VERB_REAP:
        INJECT(tracee, __NR_wait4, (uint64_t)look.child, 0, __WALL, 0);
        break;
    case STUBLAB_VERB_ZOMBIE:
        wait_for_zombie(tracee->pid);
        break;
    case STUBLAB_VERB_NEED:
        return meets(&needs[words[0]]) ? 0 : needs[words[0]].reason;
    default:
        create_tracee();
    }
    return 0;
}

/** Carries out verbs. Returns why the rest is skipped; 0: it is not. */
static const char *follow(void) {
    const char *skipped = 0;
    for (uint32_t verbs = take8(); verbs > 0; verbs--) {
        const enum stublab_verb verb = take8();
        uint64_t words[STUBLAB_MOST_WORDS];
        const uint32_t number = take8();
        for (uint32_t i = 0; i < number; i++)
            words[i] = take_word();
        const char *text = verb == STUBLAB_VERB_UNLESS ? take_text() : 0;
        if (skipped != 0 || is_lost)
            continue;
        look.pid = count == 0 ? 0 : tracees[count - 1].pid;
        switch ((enum stublab_followed)stublab_follow(&look, verb, words, number)) {
        case STUBLAB_FOLLOWED_LOST:
            is_lost = true;
            break;
        case STUBLAB_FOLLOWED_SKIPS:
            skipped = text;
            break;
        case STUBLAB_FOLLOWED_YOURS:
            skipped = do_own(verb);
            break;
        case STUBLAB_FOLLOWED_DONE:
            break;
        }
    }
    return skipped;
}

/** Compares what is expected; `made`: else it is only passed over. Returns a hash of the fields
 * that differ. */
static uint64_t compare_fields(const char *check, bool made) {
    uint64_t key = 0;
    struct failure *failure = &failures[failed];
    for (uint32_t fields = take8(); fields > 0; fields--) {
        const uint32_t index = take8();
        const uint64_t expected = take_word();
        const struct request_field *field = &request_fields[index];
        uint64_t both[2] = {0};
        const uint32_t differs =
            made ? stublab_see(&look, field->place, field->offset, expected, both) : 0;
        if (differs == 0)
            continue;
        if (key == 0)
            *failure = (struct failure){check, field, both[0], both[1], differs == 1, 0};
        else
            failure->more++;
        key = key * 1099511628211ULL + index + 1;
    }
    if (key != 0 && failed < MOST_FAILURES - 1)
        failed++;
    return key;
}

/** Looks at a fact once. Returns a hash of what does not hold; 0: all does. `*made`: how many
 * checks were made. */
static uint64_t attempt(struct fact *fact, uint32_t *made) {
    uint64_t key = 0;
    failed = fact->reason_count = *made = 0;
    is_lost = false;
    memset(&look, 0, sizeof look);
    look.xstate_length = machine.xstate_length;
    bool over = false;
    uint32_t steps = take16();
    for (uint32_t i = 0; i < steps && !over && !is_lost; i++) {
        const bool is_check = take8() != 0;
        const char *name = is_check ? take_text() : "";
        const uint32_t before = count;
        const char *skipped = follow();
        if (skipped != 0)
            skip_check(fact, 0, skipped, 0);
        const bool holds_up = skipped == 0 && !is_lost;
        if (is_check) {
            *made += holds_up;
            const uint64_t differs = compare_fields(name, holds_up);
            if (differs != 0)
                key = (key ^ differs) * 1099511628211ULL + i + 1;
            close_after(before);
        } else
            over = skipped != 0;
    }
    if (is_lost)
        key = key * 1099511628211ULL + 1;
    close_after(0);
    return key;
}

static void say_failure(struct fact *fact, const struct failure *failure) {
    const uint32_t place = failure->field->place;
    begin_failure(fact, failure->check);
    say("%s: expected ", failure->field->name);
    say_seen(place, failure->expected);
    if (failure->is_seen) {
        say(", got ");
        say_seen(place, failure->seen);
    } else
        say(", which is not reached");
    end_failure(failure->more);
}

static void say_lost(struct fact *fact) {
    begin_failure(fact, REMAINING);
    say("error: expected none, got a stub is not where it should be: expected ");
    say_seen(look.place, (uint64_t)look.expected);
    say(", got ");
    say_seen(look.place, (uint64_t)look.seen);
    end_failure(0);
}

void look_at_requests(struct fact *fact) {
    uint64_t seen[MOST_ATTEMPTS], key = 0;
    const uint8_t *start = fact_data;
    uint32_t made = 0;
    bool again = true;
    for (int number = 0; again && number < MOST_ATTEMPTS; number++) {
        fact_data = start;
        key = attempt(fact, &made);
        again = number > 0 || key != 0;
        for (int i = 0; i < number; i++)
            again = again && seen[i] != key;
        seen[number] = key;
    }
    fact->held = made - failed;
    for (uint32_t i = 0; i < failed; i++)
        say_failure(fact, &failures[i]);
    if (is_lost)
        say_lost(fact);
}
