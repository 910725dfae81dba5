// What facts about requests are made of: a stub, requests to it, and what is expected of them.
// Whatever follows a check that is skipped, or a stub that is lost, does nothing.
#ifndef STUBLAB_PROBE_REQUEST_H
#define STUBLAB_PROBE_REQUEST_H

#include "facts.h"
#include <asm/signal.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/** Functions of the kernel that several files name. */
#define REQUEST "ptrace_request, kernel/ptrace.c"
#define REGSET "ptrace_regset, kernel/ptrace.c"
#define REPORT_SYSCALL "ptrace_report_syscall, include/linux/ptrace.h"
#define JOBCTL "do_jobctl_trap, kernel/signal.c"

/** Status words of stops and ends. */
#define STOPPED_BY(signal) ((signal) << 8 | 0x7f)
#define AT_EVENT(event, signal) ((event) << 16 | STOPPED_BY(signal))
enum { AT_CALL = STOPPED_BY(SIGTRAP | 0x80), NO_STOP = -1 };

/** An address at which nothing is mapped: the first page. */
enum { NOWHERE = 8 };
/** No process has it: PID_MAX_LIMIT is 2^22. */
enum { NO_PID = 0x7fffffff };

/** What was seen last. */
extern struct seen {
    int32_t pid;         /* the stub */
    int64_t result;      /* of the last request or call */
    int64_t kept_result; /* of the one that was kept */
    int64_t stop, first; /* the last status word, and the first one of a child */
    uint32_t written;    /* bytes of the answer */
    uint64_t length;     /* in the iovec of a regset */
    int32_t child;       /* what the stub has cloned; 0: nothing */
} seen;
/** What the last request has written, and its address. */
extern uint8_t answer[];
#define ANSWER ((uint64_t)answer)

// ---- stubs.c ----

/** A stub that is stopped by a breakpoint, for the rest of the check or of the fact. */
void new_stub(void);
/** Where a stub can be, and names of that. */
enum where { AT_SIGNAL, AT_ENTRY, AT_EXIT, AT_SYSEMU, AT_GROUP_STOP, AT_EXIT_EVENT, WHERES };
extern const char *const wheres[];
/** Leads the stub there from a stop by a signal; a new one. */
void lead_to(enum where where);
void new_stub_at(enum where where);

/** A request, or something else that has a number; the same with what is expected. */
struct request {
    const char *name;
    int64_t number;
};
struct row {
    const char *name;
    uint64_t word;
    int64_t expected;
};
/** A register and its word. */
struct word {
    uint32_t index;
    uint64_t word;
};
#define WORDS(...)                                                                                 \
    (const struct word[]){__VA_ARGS__},                                                            \
        sizeof((const struct word[]){__VA_ARGS__}) / sizeof(struct word)
/** The address of a piece of the stub's code: src/labs/fuzz/case/ARCH/code.ts. */
uint64_t place_of(const char *code);
/** Writes the baseline with other words to the registers, and the address of code unless it is 0.
 */
void set_words(int32_t task, const char *code, const struct word *words, uint64_t count);
#define SET(code, ...) set_words(seen.pid, code, WORDS(__VA_ARGS__))
/** Resumes the stub to its next stop. */
void go_on(int64_t request, int signal);
/** Both. */
#define GO(request, code, ...) (SET(code, __VA_ARGS__), go_on(request, 0))
/** Makes the stub's code call, with six arguments, to the next stop. */
void go_call(int64_t request, uint64_t number, const uint64_t arguments[6]);
#define GO_CALL(request, number, ...)                                                              \
    go_call(request, (uint64_t)(number), (const uint64_t[6]){__VA_ARGS__})
/** The arguments of the calls of getpid that stubs are led to. */
#define USUAL_ARGUMENTS 11, 12, 13, 14, 15, 16
/** Goes on to the stop at the entry of getpid. */
void enter(void);

/** Lets it run code that does not end; ends it, to a zombie; detaches from it, so that it stops. */
void spin(void);
void die(void);
void detach(void);
/** Traces it by PTRACE_SEIZE at a group-stop; lets it run untraced; seizes it while it runs. */
enum { SEIZE_OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT };
void seize(void);
void release(void);
void seize_running(void);

/** Sends a signal to the thread; to its process. */
void send(int signal);
void send_to_process(int signal);
/** Waits for a stop of the stub, or of a task; for a moment in which none is expected. */
void wait_stop(void);
void wait_stop_of(int32_t task);
void glance(void);
/** The fact is lost unless the last stop has this status word; unless the last request succeeded.
 */
void must_be_at(int64_t status);
void must_succeed(void);

/** Writes words to the scratch memory of the stub. */
void poke(const uint64_t *words, uint32_t count);
#define POKE(...) poke((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)
/** Executes a system call in the stub; its result is that of the request. */
void call(int64_t number, const uint64_t arguments[6]);
#define CALL(number, ...) call(number, (const uint64_t[6]){__VA_ARGS__})
/** Leads it to the stop of a seccomp filter that returns SECCOMP_RET_TRACE with some data. */
void lead_to_seccomp(uint32_t data);
/** Kills a child whose pid is the answer; reaps it, at the end of the clone. */
void end_child(void);
void reap_child(void);

// ---- request.c ----

/** Makes a request to the stub; to a task. */
void ask(int64_t request, uint64_t address, uint64_t data);
void ask_task(int32_t task, int64_t request, uint64_t address, uint64_t data);
/** Makes a request whose data is the answer, twice, which shows what it has written; one with other
 * data. */
void read_answer(int64_t request, uint64_t address);
void read_with(int64_t request, uint64_t address, uint64_t data);
/** PTRACE_GETREGSET into the answer, and PTRACE_SETREGSET of as many bytes of it. */
void get_regset(uint64_t note, uint64_t length);
void set_regset(uint64_t note, uint64_t length);
/** The same with memory at an address: what the request returns is all that is seen. */
void ask_regset(int64_t request, uint64_t note, uint64_t address, uint64_t length);
void set_options(uint64_t options);
/** Makes a request, and waits for a stop. */
void stop_by(int64_t request, uint64_t data);
/** Puts words where an answer begins. */
void put(const uint64_t *words, uint32_t count);
/** The same as ask(), and must_succeed(). */
void must_ask(int64_t request, uint64_t data);
/** Keeps result and answer; forgets them. */
void keep(void);
void forget_answers(void);
uint64_t kept_word(uint32_t offset);
/** Skips the check, or the rest of the fact, if the last result is an errno. */
void unless(int64_t error, const char *reason);

/** Compares; `is_seen`: whether there is something to compare. */
enum kind { RESULT, STOP, DIFFERENCE, HEX, NUMBER };
void expect(const char *field, enum kind kind, int64_t expected, int64_t got, bool is_seen);
/** The fact is lost. */
void lose_by(enum kind kind, int64_t expected, int64_t got);
#define expect_result(expected) expect("result", RESULT, expected, seen.result, true)
#define expect_kept_result(field, expected) expect(field, RESULT, expected, seen.kept_result, true)
#define expect_written(bytes) expect("written", NUMBER, bytes, seen.written, true)
#define expect_length(bytes) expect("length", NUMBER, (int64_t)(bytes), (int64_t)seen.length, true)
#define expect_stop(status) expect("stop", STOP, status, seen.stop, true)
/** The first stop of the child that was ended. */
#define expect_first_stop(status) expect("first", STOP, status, seen.first, seen.child > 0)
/** That the request succeeds, and writes so many bytes; that it fails, and writes none. */
void expect_answer(uint64_t bytes);
void expect_refusal(int64_t error);
/** That the answer is like the one that was kept. */
void expect_same(const char *field);
/** Bytes of the answer as a word, by their offset, if they were written. */
void expect_part(const char *field, enum kind kind, uint32_t offset, uint32_t bytes,
                 int64_t expected);
#define expect_byte(field, offset, expected) expect_part(field, NUMBER, offset, 1, expected)
#define expect_int(field, offset, expected) expect_part(field, NUMBER, offset, 4, expected)
#define expect_half(field, offset, expected) expect_part(field, HEX, offset, 4, expected)
#define expect_word(field, offset, expected) expect_part(field, HEX, offset, 8, (int64_t)(expected))
/** The same of a register by its index. */
void expect_register(uint32_t index, uint64_t expected);

#endif
