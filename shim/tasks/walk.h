// Walks: random actions of real tasks, compared with the model of assembly/tasks/ after each.
#ifndef STUBLAB_PROBE_WALK_H
#define STUBLAB_PROBE_WALK_H

#include "puppet.h"

/** As many as a schedule of a birth, a call and close has (src/labs/check). */
enum { MOST_ACTIONS = 100 };

struct walk {
    uint32_t count;
    struct task_action actions[MOST_ACTIONS];
};

/** How a walk ends. UNDECIDED: it may go on in more ways than are followed. STUCK: tasks cannot be
 * ended. */
enum ending { AS_PREDICTED, CONTRADICTS, UNDECIDED, STUCK };

// ---- walk.c ----

/** Instantiates the model. */
void start_model(void);
/** All rules of the kernel hold, but one that is planted; 0: all. */
void select_task_rules(uint32_t planted);
/** Leaves out one rule more. */
void leave_out(uint32_t rule);
/** Whether tasks have time to come to what is predicted, also on a machine that does other things.
 */
extern bool is_patient;
/** Draws a walk and takes it. */
enum ending draw_walk(uint64_t seed, uint64_t number, struct walk *walk, struct mismatch *found);
/** Takes a walk that is known; what is not possible in it is left out. */
enum ending take_walk(const struct walk *walk, struct mismatch *found);
/** Whether each walk says the states of its tasks at its end; what may follow from each action. */
extern bool says_tasks, says_steps;

// ---- text.c ----

/** Says an action, as a call. */
void say_action(const struct task_action *action);
/** Says a walk, as a document in one line. */
void say_walk(const struct walk *walk);
/** Reads a document, which a zero follows. Returns what follows it, after space; 0 if it is refused
 * because of `walk_refusal`. */
const char *read_walk(const char *text, struct walk *walk);
extern char walk_refusal[256];
/** Says what is predicted of tasks, as a line "# step": after an action, or 0: in another order. */
void say_views(const struct task_action *action, const struct task_view *views, uint32_t births);

// ---- walks.c ----

/** Takes a walk of a document, and says how it compares. Returns an exit status. @param rule which
 * is left out; 0: none @param with_steps says what may follow from each action */
int take_walk_of(const struct walk *walk, uint32_t number, uint32_t rule, bool with_steps);

// ---- kernel_rules.c ----

/** Tries which rules the kernel lacks, and says them. */
void try_task_rules(void);
/** Leaves out the rules that it lacks. */
void leave_out_lacking(void);

extern const struct task_rule task_rules[];
extern const uint32_t task_rule_count;

#endif
