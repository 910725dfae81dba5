// Where a check finds a field of what requests answer, and such a value as text.
#ifndef STUBLAB_PROBE_PLACES_H
#define STUBLAB_PROBE_PLACES_H

#include "probe.h"

/** PLACES of places.ts. */
enum place {
    PLACE_RESULT,
    PLACE_KEPT,
    PLACE_WRITTEN,
    PLACE_LENGTH,
    PLACE_STOP,
    PLACE_FIRST,
    PLACE_DIFFERS,
    PLACE_BYTE,
    PLACE_INT,
    PLACE_HALF,
    PLACE_WORD
};

/** Values: the status of a stop that did not come, and the byte at which nothing differs. */
enum { NO_STOP = -1, NOWHERE = -1 };

void say_seen(enum place place, uint64_t seen);

#endif
