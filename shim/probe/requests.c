// Looks at the facts about requests: carries out the verbs of src/labs/fuzz/facts/read/verbs.ts, as
// look.ts there does.
#include "facts.h"
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

enum { PATIENCE = 2000000 };
enum { MOST_WORDS = 80, MOST_TRACEES = 12, MOST_ATTEMPTS = 5, MOST_FAILURES = 1024 };
enum { ASIDE = 8, ANSWER_SIZE = 24 << 10 };

/** Memory for requests: an iovec or arguments, then the answer. */
static uint64_t memory[ASIDE + ANSWER_SIZE / 8];
static uint8_t first_answer[ANSWER_SIZE], kept_answer[ANSWER_SIZE];
static uint8_t *const answer = (uint8_t *)&memory[ASIDE];
static struct tracee tracees[MOST_TRACEES];
static uint32_t count;

/** What was seen last. */
static int64_t result, kept_result, stop, first;
static uint32_t written;
static uint64_t length;
static bool has_first;
static int32_t child;
/** What was not as it should be on the way; `is_lost`: the rest of a fact is not looked at. */
static bool is_lost, lost_by_stop;
static int64_t lost_expected, lost_seen;

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

static struct tracee *tracee(void) {
    return &tracees[count - 1];
}

static uint64_t resolve(uint64_t word) {
    const uint64_t number = word & 0xffffffff;
    if (word >> 40 != LATER)
        return word;
    switch ((enum later)(word >> 32 & 0xff)) {
    case LATER_ANSWER:
        return (uint64_t)answer;
    case LATER_ASIDE:
        return (uint64_t)memory;
    case LATER_TID:
        return (uint64_t)tracee()->pid;
    case LATER_TRACER:
        return (uint64_t)syscall0(__NR_getpid);
    case LATER_UID:
        return (uint64_t)syscall0(__NR_getuid);
    case LATER_KEPT:
        return *(const uint64_t *)&kept_answer[number];
    case LATER_XSTATE:
        return number < machine.xstate_length ? number : machine.xstate_length;
    }
    return word;
}

static void lose(bool by_stop, int64_t expected, int64_t seen) {
    is_lost = true;
    lost_by_stop = by_stop;
    lost_expected = expected;
    lost_seen = seen;
}

static void create_tracee(void) {
    if (count == MOST_TRACEES)
        fail("a fact has too many tracees", count);
    int64_t done = create_stub(&tracees[count], section_pages);
    if (done < 0)
        lose(false, 0, done);
    else
        count++;
}

static void make_request(const uint64_t *words, uint32_t number) {
    if (number > 4)
        memcpy(memory, &words[4], (number - 4) * sizeof *words);
    written = 0;
    result = stublab_ptrace((int64_t)words[0], (int32_t)words[3], words[1], (void *)words[2]);
    length = memory[1];
}

/** Makes a request twice: a byte that is the same after both was written. */
static void read_answer(const uint64_t *words, uint32_t number) {
    memset(memory, 0xa5, sizeof memory);
    make_request(words, number);
    memcpy(first_answer, answer, sizeof first_answer);
    memset(memory, 0x5a, sizeof memory);
    make_request(words, number);
    written = sizeof first_answer;
    while (written > 0 && answer[written - 1] != first_answer[written - 1])
        written--;
}

static int64_t wait_stop(int32_t pid, int64_t microseconds) {
    int32_t status = 0;
    int64_t waited = stublab_wait(pid, __WALL, microseconds, &status);
    return waited < 0 ? waited : waited == 0 ? NO_STOP : status;
}

/** Resumes a task, and again at each stop, until it ends or turns out not to be traced. */
static void drain(int32_t pid) {
    do
        stublab_ptrace(PTRACE_CONT, pid, 0, 0);
    while ((wait_stop(pid, PATIENCE) & 0xff) == 0x7f);
}

/** Kills and reaps tracees, wherever they are. */
static void close_after(uint32_t before) {
    while (count > before) {
        struct tracee *last = &tracees[--count];
        stublab_tgkill(last->pid, last->pid, SIGKILL);
        drain(last->pid);
        last->dead = true;
        end_stub(last, &master);
    }
}

/** Kills a child that the tracee has cloned, and reaps it. */
static void end_child(void) {
    child = written < 8 ? 0 : *(const int32_t *)answer;
    has_first = child > 0;
    if (child <= 0)
        return;
    first = wait_stop(child, PATIENCE);
    stublab_tgkill(child, child, SIGKILL);
    drain(child);
}

/** Leads the tracee from where it has cloned a child to the INT3 after, and lets it reap that. */
static void reap_child(void) {
    const int32_t pid = tracee()->pid;
    int64_t status = SIGCHLD << 8 | 0x7f;
    if (child <= 0)
        return;
    stublab_ptrace(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACEEXIT);
    while (status == (SIGCHLD << 8 | 0x7f) && stublab_ptrace(PTRACE_CONT, pid, 0, 0) == 0)
        status = wait_stop(pid, PATIENCE);
    if (status != (SIGTRAP << 8 | 0x7f))
        lose(true, SIGTRAP << 8 | 0x7f, status);
    else
        INJECT(tracee(), __NR_wait4, (uint64_t)child, 0, __WALL, 0);
}

static void wait_for_zombie(int32_t pid) {
    for (uint64_t end = milliseconds() + PATIENCE / 1000; !is_zombie(pid) && milliseconds() < end;)
        syscall0(__NR_sched_yield);
}

/** Carries out verbs. Returns why the rest is skipped; 0: it is not. */
static const char *follow(void) {
    const char *skipped = 0;
    for (uint32_t verbs = take8(); verbs > 0; verbs--) {
        const enum verb verb = take8();
        uint64_t words[MOST_WORDS] = {0};
        const uint32_t number = take8();
        if (number > MOST_WORDS)
            fail("a verb has too many words", number);
        for (uint32_t i = 0; i < number; i++)
            words[i] = take_word();
        const char *text = verb == VERB_UNLESS ? take_text() : 0;
        if (skipped != 0 || is_lost)
            continue;
        if (verb == VERB_TRACEE) {
            create_tracee();
            continue;
        }
        for (uint32_t i = 0; i < number; i++)
            words[i] = resolve(words[i]);
        const int32_t pid = tracee()->pid;
        switch (verb) {
        case VERB_REQUEST:
            make_request(words, number);
            break;
        case VERB_READ:
            read_answer(words, number);
            break;
        case VERB_PUT:
            memcpy(answer, words, number * sizeof *words);
            break;
        case VERB_MUST:
            if (result < 0)
                lose(false, 0, result);
            break;
        case VERB_KEEP:
            kept_result = result;
            memcpy(kept_answer, answer, sizeof kept_answer);
            break;
        case VERB_WAIT:
            stop = wait_stop(number > 1 ? (int32_t)words[1] : pid, (int64_t)words[0]);
            break;
        case VERB_ARRIVE:
            if (stop != (int64_t)words[0])
                lose(true, (int64_t)words[0], stop);
            break;
        case VERB_SIGNAL:
            stublab_tgkill(pid, pid, (int32_t)words[0]);
            break;
        case VERB_KILL:
            syscall2(__NR_kill, pid, (long)words[0]);
            break;
        case VERB_CALL:
            result = inject(tracee(), (int64_t)words[0], &words[1]);
            if (result <= NOT_DONE)
                lose(false, 0, result);
            break;
        case VERB_ZOMBIE:
            wait_for_zombie(pid);
            break;
        case VERB_CHILD:
            end_child();
            break;
        case VERB_REAP:
            reap_child();
            break;
        case VERB_UNLESS:
            skipped = result == -(int64_t)words[0] ? text : 0;
            break;
        case VERB_NEED:
            skipped = meets(&needs[words[0]]) ? 0 : needs[words[0]].reason;
            break;
        default:
            fail("a fact has an unknown verb", verb);
        }
    }
    return skipped;
}

/** What was seen at a place. Returns false if nothing was written there. */
static bool see(const struct request_field *field, uint64_t *seen) {
    const uint8_t *at = &answer[field->offset];
    switch ((enum place)field->place) {
    case PLACE_RESULT:
        *seen = (uint64_t)result;
        return true;
    case PLACE_KEPT:
        *seen = (uint64_t)kept_result;
        return true;
    case PLACE_WRITTEN:
        *seen = written;
        return true;
    case PLACE_LENGTH:
        *seen = length;
        return true;
    case PLACE_STOP:
        *seen = (uint64_t)stop;
        return true;
    case PLACE_FIRST:
        *seen = (uint64_t)first;
        return has_first;
    case PLACE_DIFFERS:
        *seen = 0;
        while (*seen < written && answer[*seen] == kept_answer[*seen])
            ++*seen;
        if (*seen == written)
            *seen = (uint64_t)NOWHERE;
        return true;
    case PLACE_BYTE:
        *seen = *at;
        return field->offset + 1 <= written;
    case PLACE_INT:
        *seen = (uint64_t)(int64_t) * (const int32_t *)at;
        return field->offset + 4 <= written;
    case PLACE_HALF:
        *seen = *(const uint32_t *)at;
        return field->offset + 4 <= written;
    case PLACE_WORD:
        *seen = *(const uint64_t *)at;
        return field->offset + 8 <= written;
    }
    return false;
}

/** Compares what is expected; `made`: else it is only passed over. Returns a hash of the fields
 * that differ. */
static uint64_t compare_fields(const char *check, bool made) {
    uint64_t key = 0;
    struct failure *failure = &failures[failed];
    for (uint32_t fields = take8(); fields > 0; fields--) {
        const uint32_t index = take8();
        const uint64_t expected = resolve(take_word());
        uint64_t seen = 0;
        if (!made)
            continue;
        const bool is_seen = see(&request_fields[index], &seen);
        if (is_seen && seen == expected)
            continue;
        if (key == 0)
            *failure = (struct failure){check, &request_fields[index], expected, seen, is_seen, 0};
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
    const uint32_t place = lost_by_stop ? PLACE_STOP : PLACE_RESULT;
    begin_failure(fact, REMAINING);
    say("error: expected none, got a stub is not where it should be: expected ");
    say_seen(place, (uint64_t)lost_expected);
    say(", got ");
    say_seen(place, (uint64_t)lost_seen);
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
