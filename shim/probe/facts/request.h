// What scripts of facts about requests do and expect: requests.c has the words for it. Whatever
// follows a check that is skipped, or a stub that is lost, does nothing.
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

// ---- stubs.c ----

/** A stub that is stopped by a breakpoint, for the rest of the check or of the fact. */
void new_stub(void);
/** Where a stub can be, by an index of `wheres`. */
enum where { AT_SIGNAL, AT_ENTRY, AT_EXIT, AT_SYSEMU, AT_GROUP_STOP, AT_EXIT_EVENT };
extern const char *const wheres[];
/** Leads the stub there from a stop by a signal; a new one. */
void lead_to(int64_t where);
void new_stub_at(int64_t where);
/** Selects the task that is asked, until the end of the check; the stub again. */
void select_task(int64_t task);
void select_stub(void);

/** The address of a piece of the stub's code (src/labs/fuzz/case/ARCH/code.ts); 0 if the name is
 * unknown. */
uint64_t place_of(const char *code);
/** Writes the baseline with other words to the registers: the program counter, then indices and
 * words. */
void set_words(const int64_t *words, uint32_t count);
/** Resumes the task to its next stop; the same after a request and set_words(). */
void go_on(int64_t request, int64_t signal);
void go(const int64_t *words, uint32_t count);
/** Makes the stub's code call, to the next stop: a request, the number, arguments. */
void go_call(const int64_t *words, uint32_t count);
/** Goes on to the stop at the entry of getpid. */
void enter(void);

/** Ends it, to a zombie. */
void die(void);

/** Sends a signal to the thread; to its process. */
void send(int64_t signal);
void send_to_process(int64_t signal);
/** Waits for a stop; for a moment in which none is expected. */
void wait_stop(void);
void glance(void);
/** The fact is lost unless the last stop is by a signal, and an event; unless the last request
 * succeeded. */
void must_stop(int64_t signal, int64_t event);
void must_succeed(void);

/** Writes words to the scratch memory of the stub, from an offset on. */
void poke(const int64_t *words, uint32_t count);
/** Executes a system call in the stub; its result is that of the request. */
void call(const int64_t *words, uint32_t count);
/** Kills a child whose pid is the answer; reaps it, at the end of the clone. */
void end_child(void);
void reap_child(void);

// ---- request.c ----

extern const char *const event_names[];

/** Makes a request; the same, and must_succeed(). */
void ask(int64_t request, int64_t address, int64_t data);
void must_ask(int64_t request, int64_t data);
/** Makes a request whose data is the answer, twice, which shows what it has written; one with other
 * data. */
void read_answer(int64_t request, int64_t address);
void read_with(int64_t request, int64_t address, int64_t data);
/** PTRACE_GETREGSET into the answer, and PTRACE_SETREGSET of as many bytes of it. */
void get_regset(int64_t note, int64_t length);
void set_regset(int64_t note, int64_t length);
/** The same with memory at an address: what the request returns is all that is seen. */
void ask_regset(const int64_t *words, uint32_t count);
/** PTRACE_PEEKSIGINFO: from where on, flags, and how many. */
void peek_signals(int64_t off, int64_t flags, int64_t nr);
void set_options(int64_t options);
/** Puts words where an answer is, from an offset on. */
void put(const int64_t *words, uint32_t count);
/** Puts so many bytes of words there that all differ. */
void put_series(int64_t bytes);
/** Keeps result and answer; forgets them. */
void keep(void);
void forget_answers(void);
int64_t kept_word(int64_t offset);

/** Compares; `is_seen`: whether there is something to compare. */
enum kind { RESULT, STOP, DIFFERENCE, HEX, NUMBER };
void expect(const char *field, enum kind kind, int64_t expected, int64_t got, bool is_seen);
/** The fact is lost. */
void lose_by(enum kind kind, int64_t expected, int64_t got);
/** That the last stop is by a signal, and an event. */
void expect_stop(int64_t signal, int64_t event);
/** The same of the first stop of the child that was ended. */
void expect_first_stop(int64_t signal);
/** That the request succeeds, and writes so many bytes; that it fails, and writes none. */
void expect_answer(int64_t bytes);
void expect_refusal(int64_t error);
/** That the answer is like the one that was kept. */
void expect_same(const char *field);
/** Bytes of the answer as a word, by their offset, if they were written. */
void expect_part(const char *field, enum kind kind, uint32_t bytes, int64_t offset,
                 int64_t expected);

#endif
