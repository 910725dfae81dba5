// What scripts of facts about requests do and expect: tables of verbs. Whatever follows a check
// that is skipped, or a stub that is lost, does nothing.
#ifndef STUBLAB_PROBE_REQUEST_H
#define STUBLAB_PROBE_REQUEST_H

#include "facts.h"
#include <asm/signal.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/** Status words of stops. */
#define STOPPED_BY(signal) ((signal) << 8 | 0x7f)
#define AT_EVENT(event, signal) ((event) << 16 | STOPPED_BY(signal))
enum { CALL_SIGNAL = SIGTRAP | 0x80, NO_STOP = -1 };

/** No process has it: PID_MAX_LIMIT is 2^22. */
enum { NO_PID = 0x7fffffff };

/** What was seen last. */
extern struct seen {
    int32_t pid;         /* the task that is asked: the stub, unless another was selected */
    int32_t child;       /* what the stub has cloned; 0: nothing */
    int64_t result;      /* of the last request or call */
    int64_t kept_result; /* of the one that was kept */
    int64_t stop, first; /* the last status word, and the first one of a child */
    int64_t written;     /* bytes of the answer */
    int64_t length;      /* in the iovec of a regset */
} seen;
/** What the last request has written. */
extern uint8_t answer[];

/**
 * What a step of a script does: a function that takes the words after the verb, or what is expected
 * of a value that was seen, or of a part of the answer, by its bytes. A name of 0 ends a table.
 */
struct verb {
    const char *name;
    enum { BARE, ONE, TWO, THREE, ALL, FIELD, PART } form;
    enum kind { RESULT, STOP, DIFFERENCE, HEX, NUMBER } kind; /* of what is expected */
    union {
        void (*bare)(void);
        void (*one)(int64_t);
        void (*two)(int64_t, int64_t);
        void (*three)(int64_t, int64_t, int64_t);
        void (*all)(const int64_t *words, uint32_t count);
        const int64_t *field;
        uint32_t bytes;
    };
};
extern const struct verb stub_verbs[], request_verbs[];

// ---- requests.c ----

/** The label of the current step; "" if it has no label. */
extern const char *label;

// ---- stubs.c ----

/** Where a stub can be. */
extern const char *const wheres[];
/** The address of a piece of the stub's code (src/labs/fuzz/case/ARCH/code.ts); 0 if the name is
 * unknown. */
uint64_t place_of(const char *code);

// ---- request.c ----

extern const char *const event_names[];

/** Makes a request. */
void ask(int64_t request, int64_t address, int64_t data);
/** Makes a request whose data is the answer, twice, which shows what it has written. */
void read_answer(int64_t request, int64_t address);
/** PTRACE_GETREGSET into the answer, and PTRACE_SETREGSET of as many bytes of it. */
void get_regset(int64_t note, int64_t length);
void set_regset(int64_t note, int64_t length);
void set_options(int64_t options);
/** Puts words where an answer is, from an offset on. */
void put(const int64_t *words, uint32_t count);
/** Forgets what was answered and kept. */
void forget_answers(void);
int64_t kept_word(int64_t offset);

/** Compares; `is_seen`: whether there is something to compare. */
void expect(const char *field, enum kind kind, int64_t expected, int64_t got, bool is_seen);
/** The fact is lost. */
void lose_by(enum kind kind, int64_t expected, int64_t got);
/** Bytes of the answer as a word, by their offset, if they were written. */
void expect_part(const char *field, enum kind kind, uint32_t bytes, int64_t offset,
                 int64_t expected);

#endif
