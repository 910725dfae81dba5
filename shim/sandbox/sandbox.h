// The contract of shim/sandbox/ with src/sandbox/: starting programs, and confining
// foreign code.
#ifndef STUBLAB_SANDBOX_H
#define STUBLAB_SANDBOX_H

#include "shim.h"

/** An RLIMIT_* and its soft and hard value. A lower hard limit stays unchanged. */
struct stublab_limit {
    uint64_t resource;
    uint64_t value;
};

/** How to start a program with foreign code. */
struct stublab_start {
    uint64_t namespaces; /* CLONE_NEW* */
    const char *program;
    const char *const *arguments; /* arguments and environment end with a null pointer */
    const char *const *environment;
    const int32_t *files; /* they become 0, 1, 2, ...; all others are closed */
    const struct stublab_limit *limits;
    uint32_t file_count;
    uint32_t limit_count;
    uint32_t options; /* STUBLAB_START_CONFINED: no terminal, no file or device to write to */
};

enum { STUBLAB_START_CONFINED = 1, STUBLAB_START_CHANNEL = 3 };

/** The steps of a start, in order. */
enum stublab_start_step {
    STUBLAB_START_FILES = 0,
    STUBLAB_START_GO = 1,
    STUBLAB_START_SESSION = 2,
    STUBLAB_START_PROC = 3,
    STUBLAB_START_MOUNTS = 4,
    STUBLAB_START_CAPABILITIES = 5,
    STUBLAB_START_CLONE = 6,
    STUBLAB_START_LIMITS = 7,
    STUBLAB_START_LANDLOCK = 8,
    STUBLAB_START_PROGRAM = 9,
};

/** The progress and end of a started program, in shared memory. */
struct stublab_fate {
    int32_t step;   /* enum stublab_start_step: the current or last step */
    int32_t error;  /* the errno of that step if it failed, else 0 */
    int32_t status; /* the program's wait status; -1 before it ends */
};

/**
 * Starts a program in new namespaces, with no capability except reading files. Its parent is a new
 * process, too, which is killed when the calling thread ends; the kernel then kills all processes
 * of the pid namespace. Returns the pid of that parent. The parent waits for a byte from file
 * STUBLAB_START_CHANNEL, so that the caller can map the ids of a new user namespace first.
 */
STUBLAB_EXPORT int64_t stublab_start(const struct stublab_start *start,
                                     volatile struct stublab_fate *fate);

/** socketpair(2) of two streams, close-on-exec. */
STUBLAB_EXPORT int64_t stublab_socket_pair(int32_t *files);

/**
 * Forbids all threads of the calling process to create processes, execute programs, open sockets or
 * touch other processes: such calls fail with EPERM. Returns 0 or -errno.
 */
STUBLAB_EXPORT int64_t stublab_confine(void);

/**
 * A pipe, close-on-exec: the end to read from, and the end to write to. A transfer by the end with
 * the index `own` fails with -EAGAIN instead of waiting.
 */
STUBLAB_EXPORT int64_t stublab_pipe(int32_t *ends, uint32_t own);
/**
 * Starts a program with one argument, without an environment, in a session of its own. These files
 * are its standard input and output. Returns its pid. A program that cannot be executed exits with
 * status 127.
 */
STUBLAB_EXPORT int64_t stublab_run_program(const char *path, const char *argument, int32_t input,
                                           int32_t output);
/**
 * Waits until a file can be read or written, or its other end is closed. Returns 1, or 0 if that
 * did not come within `timeout` milliseconds.
 */
STUBLAB_EXPORT int64_t stublab_await_file(int32_t file, uint32_t timeout);

#endif
