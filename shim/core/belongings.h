// What the threads of the host have taken, so that it is given back if one is ended from outside.
#ifndef STUBLAB_BELONGINGS_H
#define STUBLAB_BELONGINGS_H

#include <stdint.h>

enum belonging {
    BELONGING_GROUP = 3, /* a process group of children */
    BELONGING_FILE,      /* a descriptor */
    BELONGING_MEMORY,    /* an address, with the length of its mapping */
};

/** Notes what the calling thread has taken. Returns `what`; if that is an -errno, notes nothing. */
int64_t keep(enum belonging kind, int64_t what, uint64_t length);

/** The calling thread has given it back. */
void drop(enum belonging kind, int64_t what);

#endif
