// Runs of walks on a console, as KTAP: what differs is confirmed, shortened, and reported once of
// its kind with its cause.
#include "check.h"
#include "facts.h"
#include "trying.h"
#include "walk.h"
#include <asm/signal.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
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

static uint32_t planted;

/** Says which rules a walk's outcome contradicts: those without which it is predicted. */
static void say_causes(const struct walk *walk) {
    const struct task_rule *causes[MOST_CAUSES];
    uint32_t count = 0;
    struct mismatch other;
    select_task_rules(0);
    if (planted != 0 && take_walk(walk, &other) == AS_PREDICTED) {
        say("# The difference vanishes without the alteration %s.\n", task_rules[planted - 1].id);
        select_task_rules(planted);
        return;
    }
    for (uint32_t i = 0; i < task_rule_count && count < MOST_CAUSES && !is_interrupted(); i++) {
        select_task_rules(planted);
        leave_out(task_rules[i].number);
        if (task_rules[i].number != planted && take_walk(walk, &other) == AS_PREDICTED)
            causes[count++] = &task_rules[i];
    }
    select_task_rules(planted);
    if (count == 0)
        say("# No single rule explains the difference.\n");
    for (uint32_t i = 0; i < count; i++)
        say("# The difference vanishes without %s.\n# rule %s: %s (%s)\n", causes[i]->id,
            causes[i]->id, causes[i]->text, causes[i]->source);
}

static void say_seen(enum field field, uint64_t value) {
    const int64_t number = (int64_t)value;
    if (field == STATE)
        say("%s", value == ' ' ? "gone" : (const char[]){(char)value, 0});
    else if (field == RESULT && number < 0)
        say("%s", errno_name(number));
    else if (field == RESULT)
        say("%ld", number);
    else
        say("0x%lx", value);
}

/** Says a walk, how it differs, and why. */
static void say_difference(const struct walk *walk, const struct mismatch *found) {
    for (uint32_t i = 0; i < walk->count; i++) {
        say("#   %u. ", i + 1);
        say_action(&walk->actions[i]);
        say("\n");
    }
    say("# task%u.%s: predicted ", found->task, field_names[found->field]);
    say_seen(found->field, found->predicted);
    say(", got ");
    say_seen(found->field, found->seen);
    say("\n");
    is_patient = false;
    says_tasks = says_steps = false;
    say_causes(walk);
    is_patient = true;
    say("# walk ");
    say_walk(walk);
    say("\n");
}

static void look_closer(uint64_t number, struct walk *walk, struct mismatch *found) {
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
    if (walk->count == 0 || is_new(walk, found)) {
        say("# finding %u: walk %lu\n", findings, number);
        say_difference(walk, found);
    }
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
    select_task_rules(planted);
}

/** Why a task cannot trace its child here, as -errno; 0: it can. */
static int64_t tracing_error(void) {
    const struct walk walk = {
        2, {{0, ACTION_FORK, 0, 0, 0, SIGCHLD}, {0, ACTION_PTRACE, 1, 0, PTRACE_ATTACH, 0}}};
    struct mismatch found = {0};
    const bool is_refused = take_walk(&walk, &found) == CONTRADICTS && found.field == RESULT;
    return is_refused && (int64_t)found.seen < 0 ? (int64_t)found.seen : 0;
}

static int keep(const struct run *run) {
    const uint64_t started = milliseconds();
    uint64_t reported = started, done = 0;
    const uint64_t most = run->cases == ~0ULL && run->seconds == FOREVER ? 20000 : run->cases;
    say("KTAP version 1\n1..1\n# seed %lu\n", run->seed);
    start();
    const int64_t error = tracing_error();
    while (error == 0 && done < most && milliseconds() - started < run->seconds * 1000 &&
           !is_interrupted()) {
        struct walk walk;
        struct mismatch found;
        const enum ending ending = draw_walk(run->seed, done, &walk, &found);
        if (ending == STUCK)
            fail("tasks of a walk cannot be ended", 0);
        undecided += ending == UNDECIDED;
        if (ending == CONTRADICTS)
            look_closer(done, &walk, &found);
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
    return end_fuzz(done == 0 && !is_interrupted() && error == 0, error, findings > 0);
}

uint32_t task_rule_named(const char *id) {
    for (uint32_t i = 0; i < task_rule_count; i++)
        if (same(id, task_rules[i].id))
            return task_rules[i].number;
    return 0;
}

/** Takes a walk that was read. */
static int take_read(const struct walk *walk, uint32_t number, bool with_steps) {
    struct mismatch found;
    start();
    const int64_t error = tracing_error();
    says_tasks = true;
    says_steps = with_steps;
    const enum ending ending = error == 0 ? take_walk(walk, &found) : UNDECIDED;
    says_tasks = says_steps = false;
    if (ending == CONTRADICTS)
        say_difference(walk, &found);
    say_result(ending == CONTRADICTS || ending == STUCK, number, "walk");
    if (ending == UNDECIDED)
        say(" # SKIP %s",
            error == 0 ? "it can go on in more ways than are followed" : errno_name(error));
    say("\n");
    return ending == UNDECIDED ? CANNOT : ending != AS_PREDICTED;
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

/** Forks the keeper, a process of its own: process 1 would make orphans of groups otherwise.
 * Returns whether this process is it. */
static bool fork_keeper(int32_t *status) {
    if (shared == 0)
        map_shared_memory();
    flush();
    const int64_t keeper = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (keeper < 0)
        fail("no process can be forked", keeper);
    if (keeper == 0) {
        syscall2(__NR_prctl, PR_SET_PDEATHSIG, SIGTERM);
        syscall2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
        return true;
    }
    *status = await_keeper(keeper);
    if ((*status & 0x7f) != 0) {
        end_puppets(MOST_PUPPETS);
        fail("the keeper of the tasks was killed", 0);
    }
    *status >>= 8;
    return false;
}

static void leave_keeper(int status) {
    flush();
    syscall1(__NR_exit_group, is_output_lost() ? CANNOT : status);
}

int walk_tasks(const struct run *run, uint32_t rule) {
    int32_t status = 0;
    planted = rule;
    if (fork_keeper(&status))
        leave_keeper(keep(run));
    return status;
}

int take_walk_of(const struct walk *walk, uint32_t number, uint32_t rule, bool with_steps) {
    int32_t status = 0;
    planted = rule;
    if (fork_keeper(&status))
        leave_keeper(take_read(walk, number, with_steps));
    return status;
}
