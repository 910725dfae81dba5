// Facts about permission: a tracer and a tracee, two plain processes that prepare themselves, and
// what one of them then asks for. No stub takes part.
#ifndef STUBLAB_PROBE_ACTORS_H
#define STUBLAB_PROBE_ACTORS_H

#include "request.h"

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

#endif
