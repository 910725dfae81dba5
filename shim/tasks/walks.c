// Runs of walks on a console, as KTAP: what differs is confirmed, shortened, and reported once of
// its kind with its cause.
#include "facts.h"
#include "trying.h"
#include "walk.h"
#include <asm/signal.h>
#include <linux/prctl.h>
#include <linux/time.h>
#include <linux/wait.h>

enum { MOST_KINDS = 64, REPORT = 10000, CONFIRMATIONS = 3 };
/** In nanoseconds. */
enum { NAP = 10000000 };

/** A kind of finding: the last action, and the field that differs. */
static struct kind { uint32_t action, request, field; } kinds[MOST_KINDS];
static uint32_t kind_count, findings, unconfirmed, undecided;

static bool is_new(const struct walk *walk, const struct mismatch *found) {
    const struct task_action *last = &walk->actions[walk->count - 1];
    const struct kind it = {last->kind, last->kind == ACTION_PTRACE ? last->a : 0, found->field};
    for (uint32_t i = 0; i < kind_count; i++)
        if (memcmp(&kinds[i], &it, sizeof it) == 0)
            return false;
    if (kind_count < MOST_KINDS)
        kinds[kind_count++] = it;
    return true;
}

/** Whether a walk differs whenever it is taken. */
static bool is_confirmed(const struct walk *walk, struct mismatch *found) {
    for (uint32_t i = 0; i < CONFIRMATIONS; i++)
        if (take_walk(walk, found) != CONTRADICTS)
            return false;
    return true;
}

static void shorten(struct walk *walk, struct mismatch *found) {
    for (uint32_t i = walk->count; i-- > 0;) {
        struct walk shorter = *walk;
        shorter.count--;
        for (uint32_t k = i; k < shorter.count; k++)
            shorter.actions[k] = walk->actions[k + 1];
        struct mismatch other;
        if (shorter.count > 0 && take_walk(&shorter, &other) == CONTRADICTS) {
            *walk = shorter;
            *found = other;
        }
    }
}

/** Says which rules a walk's outcome contradicts: those without which it is predicted. */
static void say_causes(const struct walk *walk, uint32_t planted) {
    bool any = false;
    for (uint32_t i = 0; i < task_rule_count && !is_interrupted(); i++) {
        struct mismatch other;
        if (task_rules[i].number == planted)
            continue;
        leave_out(task_rules[i].number);
        if (take_walk(walk, &other) == AS_PREDICTED) {
            say("#   as predicted without %s: %s (%s)\n", task_rules[i].id, task_rules[i].text,
                task_rules[i].source);
            any = true;
        }
        select_task_rules(planted);
    }
    if (!any)
        say("#   no single rule explains it\n");
}

static void say_seen(enum field field, uint64_t value) {
    if (field == STATE)
        say("'%s'", (const char[]){(char)value, 0});
    else if (field == RESULT || field == STATUS)
        say("%ld", (int64_t)value);
    else
        say("0x%lx", value);
}

static void say_finding(uint64_t number, const struct walk *walk, const struct mismatch *found,
                        uint32_t planted) {
    say("# finding %u: walk %lu, %u actions\n", findings, number, walk->count);
    for (uint32_t i = 0; i < walk->count; i++) {
        say("#   %u. ", i + 1);
        say_action(&walk->actions[i]);
        say("\n");
    }
    say("#   then %s of task %u: predicted ", field_names[found->field], found->task);
    say_seen(found->field, found->predicted);
    say(", seen ");
    say_seen(found->field, found->seen);
    say("\n");
    say_causes(walk, planted);
}

static void look_closer(uint64_t number, struct walk *walk, struct mismatch *found,
                        uint32_t planted) {
    if (walk->count > 0 && !is_confirmed(walk, found)) {
        unconfirmed++;
        return;
    }
    struct walk shorter = *walk;
    is_patient = false;
    shorten(&shorter, found);
    is_patient = true;
    // A busy machine may be slower than the tasks are waited for.
    if (shorter.count > 0 && !is_confirmed(&shorter, found)) {
        shorter = *walk;
        shorten(&shorter, found);
    }
    *walk = shorter;
    findings++;
    is_patient = false;
    if (walk->count == 0 || is_new(walk, found))
        say_finding(number, walk, found, planted);
    is_patient = true;
}

static void report(uint64_t walks, uint64_t started) {
    const uint64_t spent = milliseconds() - started;
    say("# %lu walks, %lu a second, %u undecided, %u not confirmed, %u findings of %u kinds\n",
        walks, walks * 1000 / (spent > 0 ? spent : 1), undecided, unconfirmed, findings,
        kind_count);
}

/** Starts the model, and what tells whether tasks are as it says. */
static void start(void) {
    if (!try_proc())
        say("# /proc shows no states here: only results are compared\n");
    if (fork_first() >= 0)
        try_rest();
    forget_tasks();
    end_puppets(1);
    start_model();
    try_task_rules();
}

static int keep(const struct run *run, uint32_t planted) {
    const uint64_t started = milliseconds();
    uint64_t reported = started, done = 0;
    const uint64_t most = run->cases == ~0ULL && run->seconds == FOREVER ? 20000 : run->cases;
    say("KTAP version 1\n1..1\n# seed %lu\n", run->seed);
    start();
    select_task_rules(planted);
    while (done < most && milliseconds() - started < run->seconds * 1000 && !is_interrupted()) {
        struct walk walk;
        struct mismatch found;
        const enum ending ending = draw_walk(run->seed, done, &walk, &found);
        if (ending == STUCK)
            fail("tasks of a walk cannot be ended", 0);
        undecided += ending == UNDECIDED;
        if (ending == CONTRADICTS)
            look_closer(done, &walk, &found, planted);
        done++;
        // A planted mistake is to be found, not all that it leads to.
        if (planted != 0 && findings > 0)
            break;
        if (milliseconds() - reported > REPORT) {
            report(done, started);
            reported = milliseconds();
        }
    }
    report(done, started);
    return end_fuzz(done == 0 && !is_interrupted(), 0, findings > 0);
}

uint32_t task_rule_named(const char *id) {
    for (uint32_t i = 0; i < task_rule_count; i++)
        if (same(id, task_rules[i].id))
            return task_rules[i].number;
    return 0;
}

/** Reads a walk: an action a line, as numbers. Returns false if a line is wrong. */
static bool read_walk(const char *text, struct walk *walk) {
    for (walk->count = 0; *text != 0; walk->count++) {
        uint64_t words[5];
        if (walk->count == MOST_ACTIONS)
            return false;
        for (uint32_t i = 0; i < 5; i++) {
            const char *rest = read_number(text, &words[i]);
            if (rest == text || *rest != (i < 4 ? ' ' : '\n'))
                return false;
            text = rest + 1;
        }
        walk->actions[walk->count] =
            (struct task_action){(uint8_t)words[0],  (uint8_t)words[1], (uint8_t)words[2], 0,
                                 (uint32_t)words[3], (uint32_t)words[4]};
    }
    return true;
}

/** Takes a walk that is read from a file. */
static int take_file(const char *path) {
    enum { MOST_TEXT = 4096 };
    static char text[MOST_TEXT];
    struct walk walk;
    struct mismatch found;
    text[read_all(path, text, MOST_TEXT - 1)] = 0;
    if (!read_walk(text, &walk))
        fail("this is no walk: an action a line is ACTOR KIND TARGET A B", 0);
    say("KTAP version 1\n1..1\n");
    start();
    select_task_rules(0);
    says_tasks = true;
    const bool held = take_walk(&walk, &found) == AS_PREDICTED;
    says_tasks = false;
    say("%s 1 walk\n", held ? "ok" : "not ok");
    return !held;
}

/** Waits for the end of the keeper, which ends what it does if this process is interrupted. */
static int32_t await_keeper(int64_t keeper) {
    const struct __kernel_timespec nap = {0, NAP};
    int32_t status = 0;
    for (bool told = false; syscall4(__NR_wait4, keeper, (long)&status, WNOHANG, 0) == 0;) {
        if (is_interrupted() && !told)
            told = syscall2(__NR_kill, keeper, SIGTERM) == 0;
        struct __kernel_timespec left = nap;
        syscall4(__NR_ppoll, 0, 0, (long)&left, 0);
    }
    return status;
}

/** The keeper, a process of its own: process 1 would make orphans of groups otherwise. */
static int in_keeper(const struct run *run, uint32_t planted, const char *path) {
    map_shared_memory();
    flush();
    const int64_t keeper = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (keeper < 0)
        fail("no process can be forked", keeper);
    if (keeper == 0) {
        syscall2(__NR_prctl, PR_SET_PDEATHSIG, SIGTERM);
        syscall2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
        const int status = path != 0 ? take_file(path) : keep(run, planted);
        flush();
        syscall1(__NR_exit_group, is_output_lost() ? CANNOT : status);
    }
    const int32_t status = await_keeper(keeper);
    if ((status & 0x7f) == 0)
        return status >> 8;
    end_puppets(MOST_PUPPETS);
    fail("the keeper of the tasks was killed", 0);
}

int walk_tasks(const struct run *run, uint32_t planted) {
    return in_keeper(run, planted, 0);
}

int walk_file(const char *path) {
    const struct run none = {0};
    return in_keeper(&none, 0, path);
}
