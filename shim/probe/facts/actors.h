// Facts about permission: a tracer and a tracee, two plain processes that prepare themselves, and
// what one of them then asks for. No stub takes part.
#ifndef STUBLAB_PROBE_ACTORS_H
#define STUBLAB_PROBE_ACTORS_H

#include "request.h"
#include <linux/prctl.h>

/** What is asked for. */
struct access {
    const char *name;
    int64_t request; /* of ptrace(2); -1: a process may ask this about itself */
    int64_t refusal; /* the errno without permission */
};
const struct access *access_of(const char *name);

/**
 * Lets two actors take the steps of their scripts: words of the table in actors.c. "A" and "B" are
 * users, "user" is A or the user of the probe, without capabilities; "uids:AB-" has the real,
 * effective and saved one. An actor "begets" the other one if the probe does not fork both. A step
 * that fails skips the check.
 *
 * seen.result is then what the tracer's request results in, 0 if it is granted; of PTRACE_TRACEME
 * the tracee's. At last the tracee names anybody as its tracer, unless Yama is the subject. Returns
 * whether the request was answered.
 */
bool play(const char *tracer, const char *tracee, const struct access *access, bool is_yama);

// ---- play.c, actors.c: the page that actors share with the probe, and what both do with it ----

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
