// The memory that the host shares with a stub that tries register setups by rt_sigreturn. The
// macros are for the code of the stub (sigreturn.S).
#ifndef STUBLAB_AMD64_EXCHANGE_H
#define STUBLAB_AMD64_EXCHANGE_H

/* Offsets in struct stublab_exchange. */
#define EXCHANGE_TURN 0
#define EXCHANGE_NEXT 4
#define EXCHANGE_COUNT 8
#define EXCHANGE_BASES 12
#define EXCHANGE_DS 16
#define EXCHANGE_ES 20
#define EXCHANGE_SETUPS 64
#define EXCHANGE_OUTCOMES (EXCHANGE_SETUPS + EXCHANGE_CAPACITY * SETUP_SIZE)
/** The number of setups in a batch. */
#define EXCHANGE_CAPACITY 256

/* Offsets in struct stublab_setup. */
#define SETUP_SIZE 256
#define SETUP_UC_FLAGS 16
#define SETUP_FPSTATE 20
#define SETUP_WORDS 40

/* Offsets in struct stublab_outcome. */
#define OUTCOME_SIZE 656
#define OUTCOME_ERROR 0
#define OUTCOME_REFUSED_AT 4
#define OUTCOME_RESUMED 8
#define OUTCOME_STATUS 12
#define OUTCOME_SIGNAL 16
#define OUTCOME_CODE 20
#define OUTCOME_ADDRESS 24
#define OUTCOME_STOPPED 256
#define OUTCOME_FRAME 472

#ifndef __ASSEMBLER__

#include "setups.h"
#include <stddef.h>

/**
 * Shared by the host and a stub; in the stub it follows the page of the loop's code. Only the side
 * whose turn it is accesses it.
 */
struct stublab_exchange {
    uint32_t turn;  /* futex; 0: the host's, 1: the stub's */
    uint32_t next;  /* index of the current setup, or of the next one */
    uint32_t count; /* number of setups */
    uint32_t bases; /* whether the bases of FS and GS can be read without a system call */
    uint32_t ds;    /* selectors that each setup starts with */
    uint32_t es;
    uint32_t padding[10];
    struct stublab_setup setups[EXCHANGE_CAPACITY];
    struct stublab_outcome outcomes[EXCHANGE_CAPACITY];
};

#define LIES_AT(type, member, offset)                                                              \
    _Static_assert(offsetof(struct stublab_##type, member) == (offset), #type "." #member)

// The offsets that the assembler code uses are those of the structs.
LIES_AT(exchange, turn, EXCHANGE_TURN);
LIES_AT(exchange, next, EXCHANGE_NEXT);
LIES_AT(exchange, count, EXCHANGE_COUNT);
LIES_AT(exchange, bases, EXCHANGE_BASES);
LIES_AT(exchange, ds, EXCHANGE_DS);
LIES_AT(exchange, es, EXCHANGE_ES);
LIES_AT(exchange, setups, EXCHANGE_SETUPS);
LIES_AT(exchange, outcomes, EXCHANGE_OUTCOMES);
LIES_AT(setup, uc_flags, SETUP_UC_FLAGS);
LIES_AT(setup, fpstate, SETUP_FPSTATE);
LIES_AT(setup, words, SETUP_WORDS);
LIES_AT(outcome, error, OUTCOME_ERROR);
LIES_AT(outcome, refused_at, OUTCOME_REFUSED_AT);
LIES_AT(outcome, resumed, OUTCOME_RESUMED);
LIES_AT(outcome, status, OUTCOME_STATUS);
LIES_AT(outcome, signal, OUTCOME_SIGNAL);
LIES_AT(outcome, code, OUTCOME_CODE);
LIES_AT(outcome, address, OUTCOME_ADDRESS);
LIES_AT(outcome, stopped, OUTCOME_STOPPED);
LIES_AT(outcome, frame, OUTCOME_FRAME);
_Static_assert(sizeof(struct stublab_setup) == SETUP_SIZE, "setup");
_Static_assert(sizeof(struct stublab_outcome) == OUTCOME_SIZE, "outcome");

#endif
#endif
