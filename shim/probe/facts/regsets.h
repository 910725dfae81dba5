// PTRACE_GETREGSET, for facts of all architectures.
#ifndef STUBLAB_PROBE_REGSETS_H
#define STUBLAB_PROBE_REGSETS_H

#include "own.h"

/** More bytes than any set has. */
enum { MOST_REGSET = 16 << 10 };

/** A set of registers. */
struct regset {
    uint64_t note;
    uint32_t step, last;   /* the lengths that are read: multiples of the first up to the last */
    uint32_t size;         /* 0: that of the XSAVE area */
    uint64_t parts[9];     /* lengths that are refused; 0 ends them */
    void (*require)(void); /* skips the fact if the machine lacks it; 0: it does not */
};

/** The checks of the two facts about a set. */
void read_lengths(const struct regset *set);
void refuse_parts(const struct regset *set);

/** Defines the two facts about a set: its name, and its function in the kernel. */
#define REGSET_FACTS(id, note_name, unit, place, ...)                                              \
    static const struct regset id = {__VA_ARGS__};                                                 \
    FACT_OF(id##_lengths,                                                                          \
            "GETREGSET(" note_name                                                                 \
            ") writes as many words as the iovec has room for, and sets its "                      \
            "length",                                                                              \
            place) {                                                                               \
        read_lengths(&id);                                                                         \
    }                                                                                              \
    FACT_OF(id##_parts,                                                                            \
            "GETREGSET(" note_name ") of a length that is not a multiple of " unit                 \
            " is EINVAL, and writes nothing",                                                      \
            REGSET) {                                                                              \
        refuse_parts(&id);                                                                         \
    }

/** A note type, and what it is called. */
struct note {
    const char *name;
    uint64_t note;
};
#define NOTE(note)                                                                                 \
    { #note, note }
/** Checks that note types are refused with EINVAL. */
void refuse_notes(const struct note *notes, uint32_t count);
/** Checks that SETREGSET sets the length of the iovec, if NT_PRSTATUS has so many bytes. */
void set_lengths(uint64_t size);

#endif
