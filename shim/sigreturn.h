// The contract of shim/sigreturn.c and the code in sigreturn_amd64.S with src/fuzz/sigreturn/:
// register setups that a stub tries by itself, by way of rt_sigreturn. What the assembler needs is
// in macros.
#ifndef STUBLAB_SIGRETURN_H
#define STUBLAB_SIGRETURN_H

/* Offsets in struct stublab_exchange. */
#define EXCHANGE_TURN 0
#define EXCHANGE_NEXT 4
#define EXCHANGE_COUNT 8
#define EXCHANGE_BASES 12
#define EXCHANGE_DS 16
#define EXCHANGE_ES 20
#define EXCHANGE_SETUPS 64
#define EXCHANGE_OUTCOMES (EXCHANGE_SETUPS + EXCHANGE_CAPACITY * SETUP_SIZE)
/** How many setups are handed over at once. */
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

/**
 * What the host and a stub share; in the stub it lies behind the page of the loop's code. Each of
 * them touches it only when it is its turn.
 */
struct stublab_exchange {
    uint32_t turn;  /* futex; 0: the host's, 1: the stub's */
    uint32_t next;  /* index of the setup that is under way, or to be tried next */
    uint32_t count; /* how many there are */
    uint32_t bases; /* whether the bases of FS and GS can be read without a system call */
    uint32_t ds;    /* selectors that each setup is to find */
    uint32_t es;
    uint32_t padding[10];
    struct stublab_setup setups[EXCHANGE_CAPACITY];
    struct stublab_outcome outcomes[EXCHANGE_CAPACITY];
};

/** Copies the code of the loop, at most a page; returns its length. */
STUBLAB_EXPORT int64_t stublab_sigreturn_code(void *page, uint64_t length);
/** Offset in it of the handler of signals. At its beginning there is an INT3. */
STUBLAB_EXPORT uint32_t stublab_sigreturn_handler_offset(void);
/** Bytes of struct stublab_exchange. */
STUBLAB_EXPORT uint32_t stublab_exchange_length(void);

/** Gives the stub its turn. */
STUBLAB_EXPORT int64_t stublab_give_turn(struct stublab_exchange *exchange);
/** Waits for the host's turn: 1, or 0 where it did not come within `timeout` microseconds. */
STUBLAB_EXPORT int64_t stublab_await_turn(struct stublab_exchange *exchange, int64_t timeout);

/** pidfd_open(2). */
STUBLAB_EXPORT int64_t stublab_pidfd(int32_t pid);
/** Whether the process of a pidfd has ended: 1 or 0. */
STUBLAB_EXPORT int64_t stublab_has_ended(int32_t pidfd);
/** close(2): a worker of Node's complains where its own finds a file that it has not opened. */
STUBLAB_EXPORT int64_t stublab_close(int32_t file);

#endif
#endif
