// One walk: each action is taken by a puppet and by the model, and all tasks are compared.
#include "walk.h"
#include "tasks.h"

static w2c_tasks model;
const struct task_rule task_rules[] = TASK_RULES;
const uint32_t task_rule_count = sizeof task_rules / sizeof *task_rules;

/** In milliseconds: how long tasks may take until they are as predicted. */
enum { PATIENCE = 1000, IMPATIENCE = 50, BIRTH = 10000 };
bool is_patient = true;
/** How long they have taken at most. */
static uint64_t slowest;

static void *model_memory(uint32_t address) {
    return &model.w2c_memory.data[address];
}

static struct task_action *action(void) {
    return model_memory(*w2c_tasks_action(&model));
}

static const struct task_view *views(void) {
    return model_memory(*w2c_tasks_views(&model));
}

void start_model(void) {
    wasm2c_tasks_instantiate(&model);
    w2c_tasks_allowExec(&model, can_execute);
}

/** Which of the states that a step may lead to fit what is seen now. */
static uint64_t fitting(uint32_t outcomes, struct mismatch *found) {
    uint64_t set = 0;
    struct mismatch other;
    observe(w2c_tasks_look(&model));
    for (uint32_t i = 0; i < outcomes; i++) {
        if (outcomes > 1)
            w2c_tasks_choose(&model, i);
        const uint32_t births = w2c_tasks_look(&model);
        if (fits(views(), births, i == 0 ? found : &other))
            set |= 1ULL << i;
    }
    return set;
}

/** Waits until all tasks are as one of the states that a step may lead to. If there are several,
 * it must last: on the way to one they may look like another. */
static bool settles(uint32_t outcomes, uint64_t patience, struct mismatch *found) {
    enum { LASTING = 4 };
    const uint64_t started = milliseconds();
    uint64_t last = 0;
    for (uint32_t turn = 0, lasts = 0;; turn++) {
        const uint64_t set = fitting(outcomes, found);
        lasts = set == last ? lasts + 1 : 0;
        last = set;
        if (set != 0 && (outcomes == 1 || lasts == LASTING)) {
            const uint64_t spent = milliseconds() - started;
            slowest = spent > slowest ? spent : slowest;
            if (outcomes > 1)
                w2c_tasks_keepOutcomes(&model, set);
            return true;
        }
        if (turn % 16 == 15 && milliseconds() - started > patience)
            return false;
        syscall0(__NR_sched_yield);
    }
}

/** Forks the first puppet, and waits until it is there. */
static bool begin_walk(struct mismatch *found) {
    w2c_tasks_begin(&model);
    const int64_t first = fork_first();
    if (first < 0)
        fail("no puppet can be forked", first);
    return settles(1, BIRTH, found);
}

static enum ending take_action(struct mismatch *found) {
    const struct task_action taken = *action();
    const uint32_t births = w2c_tasks_look(&model);
    const uint32_t outcomes = w2c_tasks_step(&model);
    post(&taken, births);
    if (outcomes == 0)
        return UNDECIDED;
    for (uint32_t i = 0; says_steps && i < outcomes; i++) {
        w2c_tasks_choose(&model, i);
        say_views(i == 0 ? &taken : 0, views(), w2c_tasks_look(&model));
    }
    w2c_tasks_choose(&model, 0);
    if (outcomes == 1)
        w2c_tasks_keepOutcomes(&model, 1);
    return settles(outcomes, is_patient ? PATIENCE : IMPATIENCE + 2 * slowest, found) ? AS_PREDICTED
                                                                                      : CONTRADICTS;
}

bool says_tasks, says_steps;

static enum ending end_walk(enum ending ending) {
    const uint32_t births = w2c_tasks_look(&model);
    for (uint32_t i = 0; says_tasks && i < births; i++)
        say("# task %u: '%s'\n", i, (const char[]){(char)state_seen(i), 0});
    forget_tasks();
    return end_puppets(MOST_PUPPETS) ? ending : STUCK;
}

enum ending draw_walk(uint64_t seed, uint64_t number, struct walk *walk, struct mismatch *found) {
    const uint32_t length =
        w2c_tasks_startWalk(&model, (uint32_t)seed, (uint32_t)(seed >> 32), number);
    walk->count = 0;
    enum ending ending = begin_walk(found) ? AS_PREDICTED : CONTRADICTS;
    while (ending == AS_PREDICTED && walk->count < length && w2c_tasks_draw(&model)) {
        walk->actions[walk->count++] = *action();
        ending = take_action(found);
    }
    return end_walk(ending);
}

enum ending take_walk(const struct walk *walk, struct mismatch *found) {
    enum ending ending = begin_walk(found) ? AS_PREDICTED : CONTRADICTS;
    for (uint32_t i = 0; ending == AS_PREDICTED && i < walk->count; i++) {
        *action() = walk->actions[i];
        if (w2c_tasks_isPossible(&model))
            ending = take_action(found);
        else if (says_tasks)
            say("# left out: action %u is not possible\n", i + 1);
    }
    return end_walk(ending);
}

void leave_out(uint32_t rule) {
    w2c_tasks_leaveOut(&model, rule);
}

void select_task_rules(uint32_t planted) {
    w2c_tasks_restoreRules(&model);
    leave_out_lacking();
    if (planted != 0)
        w2c_tasks_leaveOut(&model, planted);
}