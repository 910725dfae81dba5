// The page that actors share with the probe, and what both do with it.
#ifndef STUBLAB_PROBE_STAGE_H
#define STUBLAB_PROBE_STAGE_H

#include "actors.h"
#include <linux/prctl.h>

enum role { TRACER, TRACEE, ACTORS };
/** Tasks by their part, after the actors; for PR_SET_PTRACER also none, and every one. */
enum { PROBE = ACTORS, THREAD, INIT, NOBODY, ANYBODY, PARTS };
/** Files that an actor's next program has, too: the page, and a copy of the probe. */
enum { STAGE_FILE = 62, COPY_FILE = 63 };

/** The ways of an access, by which there is a table of them. */
enum way { BY_READV, BY_FILE, BY_KCMP, BY_LIST, BY_ATTACH, BY_SEIZE, BY_TRACEME, BY_PRCTL, WAYS };
extern const struct access accesses[];

struct stage {
    const char *scripts[ACTORS]; /* what is left of them */
    enum way way;
    bool is_yama;
    uint32_t ready[ACTORS], turn, done;
    int32_t pids[PARTS], target; /* a target of 0 is the tracee */
    int64_t result, refused;     /* that of the request; the errno of a step that failed */
    const char *step;            /* its name */
};
extern volatile struct stage *stage;
/** Whether the page outlasts an execve. */
extern bool outlasts;

static inline int64_t prctl(int64_t option, int64_t value) {
    return syscall6(__NR_prctl, option, value, 0, 0, 0, 0);
}

static inline int32_t pid(void) {
    return (int32_t)syscall0(__NR_getpid);
}

int64_t ask_for(enum way way, int32_t task);
/** Takes the steps that are left of a script, and asks. */
__attribute__((noreturn)) void act(enum role role);

#endif
