// Puppets: processes and threads that take one action at a time, each from its slot in memory that
// all share.
#ifndef STUBLAB_PROBE_PUPPET_H
#define STUBLAB_PROBE_PUPPET_H

#include "probe.h"
#include "task_records.h"

/** As in assembly/tasks/state.ts. */
enum { MOST_PUPPETS = 6, NOBODY = 0xff, A_TASK = 1 << 24 };

struct puppet {
    volatile uint32_t posted, done; /* actions that were given, and that have returned */
    struct task_action action;
    uint32_t child;   /* the number of whom it clones */
    uint32_t process; /* the number of its leader */
    int64_t result;
    int64_t status;                   /* what a wait or GETEVENTMSG has stored */
    int32_t signal, code, pid, value; /* what waitid or GETSIGINFO has stored */
};

/** Bytes of a stack. */
enum { STACK = 16 << 10 };

struct shared {
    /** A stack ends where the next one begins. */
    uint8_t stacks[MOST_PUPPETS + 1][STACK];
    struct puppet puppets[MOST_PUPPETS];
    volatile int32_t pids[MOST_PUPPETS]; /* thread ids; 0: not born */
    int32_t keeper;
};
extern struct shared *shared;

/** Clones a task onto a stack of its own, where it calls `entry`: ARCH/entry.S. */
int64_t clone_onto(uint64_t flags, void *stack, volatile int32_t *tid, void (*entry)(uint64_t),
                   uint64_t argument);

// ---- puppet.c ----

/** Maps the shared memory. */
void map_shared_memory(void);
/** Whether puppets can execute the probe, as /proc and a file of the shared memory are there. */
extern bool can_execute;
/** Forks the first puppet, which leads a session. Returns its pid or -errno. */
int64_t fork_first(void);
/** Gives an action to a puppet; to NOBODY: takes it. */
void post(const struct task_action *action, uint32_t child);
/** Ends all puppets, and reaps what is left of them. Returns whether none is left. */
bool end_puppets(uint32_t births);

// ---- seen.c ----

/** Fields in which what is seen may differ from what is predicted. */
enum field {
    STATE,
    PARENT,
    TRACER,
    GROUP,
    SESSION,
    PENDING,
    SHARED,
    BLOCKED,
    IGNORED,
    RETURN,
    RESULT,
    STATUS,
    INFO,
    FIELDS
};
extern const char *const field_names[FIELDS];

struct mismatch {
    uint32_t task;
    enum field field;
    uint64_t predicted, seen;
};

/** Finds out what /proc does not show here. Returns false if it shows no state. */
bool try_proc(void);
/** Finds out whether /proc shows that the first puppet rests. */
void try_rest(void);
/** Looks at all tasks. */
void observe(uint32_t births);
/** Compares what was observed with what is predicted. Returns false at the first difference. */
bool fits(const struct task_view *views, uint32_t births, struct mismatch *found);
/** The state of a task that was observed at last, as a letter of a prediction. */
char state_seen(uint32_t task);
/** Closes files of tasks that a walk has opened. */
void forget_tasks(void);

#endif
