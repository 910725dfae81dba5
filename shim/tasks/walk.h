// Walks: random actions of real tasks, compared with the model of assembly/tasks/ after each.
#ifndef STUBLAB_PROBE_WALK_H
#define STUBLAB_PROBE_WALK_H

#include "puppet.h"

enum { MOST_ACTIONS = 30 };

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
/** Whether each walk says the states of its tasks at its end. */
extern bool says_tasks;
/** Says an action, as a call. */
void say_action(const struct task_action *action);

// ---- kernel_rules.c ----

/** Tries which rules the kernel lacks, and says them. */
void try_task_rules(void);
/** Leaves out the rules that it lacks. */
void leave_out_lacking(void);

extern const struct task_rule task_rules[];
extern const uint32_t task_rule_count;

#endif
