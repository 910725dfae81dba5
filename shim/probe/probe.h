// The probe: a program that needs nothing but a kernel. It is a second host of the encoder, of the
// fuzzer's module (both Wasm, translated to C by wasm2c) and of the shim.
#ifndef STUBLAB_PROBE_H
#define STUBLAB_PROBE_H

#include "data.h"
#include "encoder.h"
#include "host.h"
#include "machine.h"
#include "records.h"
#include "registers.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// ---- say.c ----

/** As printf: %s, %d, %u and %x, the last three also with l. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void say_values(const char *format, va_list values);
/** Says a text as JSON has it; null for 0. */
void say_quoted(const char *text);
/** Says it to a text, which must have room for it. */
__attribute__((format(printf, 2, 3))) void write_text(char *text, const char *format, ...);
/** Makes what is said go to a text, which must have room for it; 0: to the console again. */
void say_to(char *text);
/** The highest errno: EHWPOISON. */
enum { MOST_ERRNO = 133 };
/** An errno by its name, from a result of -errno. A number is the text until the next call. */
const char *errno_name(int64_t result);
void flush(void);
/** Whether output could not be written. */
bool is_output_lost(void);

// ---- start.c ----

/** The exit status of a command that could try nothing, and of one that Ctrl-C has ended. */
enum { CANNOT = 3, INTERRUPTED = 130 };
/** Whether the probe is process 1 of a machine, whose settings it may change. */
bool owns_machine(void);
/** Whether a signal asks for the end. A second one ends the probe at once. */
bool is_interrupted(void);

/** The return from a handler: ARCH/entry.S. */
void restore_signal(void);

/** Reports a failure of the probe itself, with an errno unless `result` is 0, and ends it with
 * status 3. */
__attribute__((noreturn)) void fail(const char *what, int64_t result);

// ---- wasm.c ----

void *zero_memory(uint64_t size);

// ---- unpack.c ----

/** All data, after it is unpacked. */
extern const uint8_t *data;
void unpack_data(void);

// ---- tracee.c ----

extern w2c_encoder encoder;

/** Bytes of a register block. */
#define BLOCK_SIZE sizeof(uint64_t[BLOCK_WORDS])

/** A stub. */
struct tracee {
    int32_t pid;
    uint32_t initial; /* in the encoder's memory: the registers that every injection starts from */
    bool dead;
    bool is_child; /* of the probe, which alone reaps it */
    bool is_self;  /* this process, which executes injected calls by itself */
};

/** Results of an injection, below those of the kernel. */
enum { NOT_DONE = -10000, STOPS = -10001, GONE = -10002 };
/** Whether a result says that a stub was lost that no setup has ended. */
bool is_loss(int64_t result);

void start_tracer(void);
/** A word of a block in the encoder's memory. */
uint64_t *encoder_words(uint32_t address);
/** The block of the last injection. */
uint64_t *frame_words(void);
uint64_t stub_address(void);
/** Bytes of a page. */
extern uint64_t page_bytes;
/** Forks the first stub. Returns 0 or -errno. */
int64_t fork_stub(struct tracee *stub, int32_t exit_signal);
/** Forks a stub that asks to be traced, by PTRACE_TRACEME. */
int64_t fork_traced(struct tracee *stub, int32_t exit_signal);
/** Why stubs are not attached, but all forked so; 0: they are attached. */
extern int64_t attach_error;
/** Makes a stub clone another, and attaches to it; or forks one. */
int64_t clone_stub(struct tracee *parent, struct tracee *stub, int32_t exit_signal);
/** Executes a system call in a stub. Returns its result, or one of the above. */
int64_t inject(struct tracee *stub, int64_t number, const uint64_t arguments[6]);
#define INJECT(stub, number, ...) inject(stub, number, (const uint64_t[6]){__VA_ARGS__})
/** Maps memory in a stub. Returns its address, or the result of the call. */
int64_t map_memory(struct tracee *stub, uint64_t size);
/** Unmaps everything but the stub code. */
int64_t scrub(struct tracee *stub);
int64_t write_memory(struct tracee *stub, uint64_t address, const void *bytes, uint64_t length);
int64_t read_memory(struct tracee *stub, uint64_t address, void *bytes, uint64_t length);
/** Kills a task, and resumes it at each stop until it has ended. Returns whether it has, or there
 * is nothing to wait for. */
bool end_task(int32_t task, int32_t *status);
/** Kills a stub and reaps it, and lets its parent reap it, too. Returns its status word. */
int32_t end_stub(struct tracee *stub, struct tracee *parent);
/** Waits for a stop or the end within `milliseconds`. Returns the pid, 0 or -errno. */
int64_t wait_for(struct tracee *stub, int32_t *status, int64_t milliseconds);

// ---- text.c ----

bool same(const char *a, const char *b);
/** What follows some words if `text` begins with them; else 0. */
const char *after(const char *text, const char *words);
/** The index of a name in a list that 0 ends; -1. */
int32_t index_of(const char *name, const char *const *list);
/** Reads a decimal number, or a hexadecimal one after 0x. Returns what follows it; `text` if it
 * does not begin with a number. */
const char *read_number(const char *text, uint64_t *word);
/** Reads a signed decimal or hexadecimal number. Returns false if the text is not a number. */
bool read_word(const char *text, uint64_t *word);
/** The line that begins with a name, or "". */
const char *line_of(const char *text, const char *name);
/** Whether a line has a word after its first. */
bool has_word(const char *line, const char *word);

// ---- kernel.c ----

/** Opens a file, with O_CLOEXEC. */
long open_file(const char *path, int flags);
/** Reads up to so many bytes. Returns how many there were. */
uint64_t read_file(long file, void *bytes, uint64_t size);
/** Reads the beginning of a file as text, which ends with a zero. */
bool read_text(const char *path, char *text, uint32_t size);
/** Reads a file, or standard input for "-", up to a size. Returns the length. */
uint32_t read_all(const char *path, char *text, uint32_t size);
/** Writes all of some bytes. Returns whether it could. */
bool write_all(long file, const void *bytes, uint64_t length);
/** The state letter of a process in /proc/PID/stat; 'X' if that cannot be read. */
char state_of(int32_t pid);
/** Whether a process has ended, and was not reaped. */
bool is_zombie(int32_t pid);
/** The time; without a clock, how often this was asked. */
uint64_t milliseconds(void);

// ---- log.c ----

/** Reads the kernel's log from now on. Process 1 does so anyhow. */
void watch_log(void);
/** The next line in which the kernel reports a fault of its own, until the next call; 0: there is
 * none, or the log is not read. */
const char *next_complaint(void);
/** Says all of them, and during what they came: "", or text after a comma. Returns their number. */
uint32_t say_complaints(const char *during);
/** Says which fact is next, if the log is watched: a crash leaves no other trace of it. */
void announce(const char *name);

// ---- target.c ----

/** What a new stub is set up with. Returns 0, or the result of the call that failed. */
typedef int64_t set_up(struct tracee *stub);
/** The pages of cases; they and all of a target. */
set_up set_up_pages, set_up_target;
/** Whether targets have a filter. Those without have the code of features, too. */
extern bool targets_are_filtered;
/** What else a target is set up with, before its filter; 0: nothing. */
extern set_up *set_up_thread;
/** Creates a stub that no other setup was tried in, with another parent if that of all stubs is
 * lost. Returns 0 or -errno. */
int64_t create_stub(struct tracee *stub, set_up *set_up);
/** What a kernel refuses that cases need, in words. */
extern const char *refused_step;
/** The parent of those that setups are tried in; its pid is 0 before it is created. */
extern struct tracee master;
/** -errno, if the kernel lets no stub be traced. */
extern int64_t birth_error;
void create_master(void);

// ---- machine.c ----

/** What facts and rules depend on: Machine in src/labs/fuzz/machine.ts. */
struct machine {
    uint64_t features; /* a bit each, in the order of feature_names */
    uint32_t xstate_length, xcr0, frame_length, xfeatures, permitted, mxcsr_mask;
    /** From AVX on; a number of 0 ends them. */
    struct stublab_component components[STUBLAB_MOST_COMPONENTS];
    bool wide; /* whether vector registers are wider than 128 bits */
};
extern struct machine machine;
bool has_feature(const char *name);
void note_feature(const char *name);
/** Whether the machine has what checks need. */
bool meets(const struct need *need);
/** The machine as lines of a log. */
void say_machine(void);
/** The machine as a document, in one line. */
void say_machine_document(void);

// ---- cases.c ----

/** Tries what shows features, and notes them. */
void try_features(void);

// ---- facts/actors.c ----

/** Goes on with a fact's process that has executed the probe under its name; else returns. */
void act_as(const char *name);
/** The same for a puppet of shim/tasks/. */
void live_as(const char *name);

// ---- ARCH/machine.c ----

/** Reads what the processor and the kernel have. Cases can be tried. */
void read_machine(void);
/** The members of the document for the processor, each after a comma. */
void say_processor(void);

// ---- trier.c; riscv64/requests.c ----

void start_trying(void);
/** What is predicted from now on: the machine as it is, or with known deviations. */
void select_rules(const struct known_list *known);
/** The next setup is tried in a stub that no other was tried in. */
void renew(void);
/** The same, and its parent is another. */
void renew_all(void);
/** Ends all stubs. */
void end_trying(void);

// ---- commands; each returns an exit status ----

int bootstrap(void);
int doctor(void);
/** Says what a process is and does, or what a status word means. @param argument all further words
 * @return -1 for wrong usage */
int explain(char **argument);
/** Which facts are looked at, and how. */
enum { MOST_NAMES = 512 };
struct selection {
    /** Names of groups and facts, which 0 ends: those that are looked at (none: all), and not. */
    const char *only[MOST_NAMES + 1], *except[MOST_NAMES + 1];
    const struct known_list *known; /* deviations that do not count; 0: none */
    const char *tool;               /* only what it needs, and whether it is there; 0: all */
};
int conformance(const struct selection *asked);
/** Prints the facts, a document each. */
int list_facts(void);
/** The commands that try setups: the probe of a machine without a model has none of them. */
#define OF_SETUPS __attribute__((weak))
struct replay {
    const char *path;
    bool only_walks, with_steps; /* says what may follow from each action of a walk */
    uint32_t task_rule;          /* that is left out in the model of tasks; 0: none */
};
OF_SETUPS int replay(const struct replay *asked);
/** Prints the cases of a file, a document each. */
OF_SETUPS int list_cases(const char *path);
OF_SETUPS int serve(void);
/** Measures what a mechanism takes; only in the probe of bench/probe/cases.c. */
__attribute__((weak)) int bench(const char *name);
/** Answers with a failure of the probe. Returns false if it does not serve. */
bool answer_failure(const char *failure);
/** A bug in the model: "W3" is a rule that is missing, "W7.mask=0x54dd4" one with another number,
 * "U3+" one that hides whatever it is asked about. */
struct plant {
    const char *text; /* 0: none */
    uint32_t rule;    /* its place in the table, from 1 on */
    int32_t value;    /* an index of rule_values; -1: none */
    uint64_t word;
};
/** Reads a bug. Returns false if there is no such rule, or it has no such number. */
bool read_plant(const char *text, struct plant *plant);
void plant(const struct plant *plant);
struct comparison;
/** What a run tries, and for how long. */
struct run {
    uint64_t seed, cases, seconds;
    uint32_t path;  /* an index of path_names */
    uint32_t focus; /* the rule that most cases are near to, by its place from 1 on; 0: none */
    struct plant plant;
    const struct known_list *known;
    /** Receives each case that contradicts its prediction in a new way; and with `once`, in which
     * an outcome did that did not occur again. */
    void (*tell)(uint64_t number, const struct stublab_setup *setup,
                 const struct stublab_outcome *outcome, const struct comparison *once);
};
/** Tries ranges of the cases of a run that are asked for on standard input. */
OF_SETUPS int rounds(const struct run *run);
/** Tries cases in stubs that a second thread disturbs. */
OF_SETUPS int disturb(const struct run *run);
/** Compares walks of tasks with the model of tasks; of a run the seed
 * and how long count. `planted` is a rule that is left out; 0: none. */
OF_SETUPS int walk_tasks(const struct run *run, uint32_t planted);
/** Reads the id of a rule about tasks. Returns its number, or 0 for an unknown id. */
OF_SETUPS uint32_t task_rule_named(const char *id);
/** More seconds than a run lasts. */
#define FOREVER (~0ULL / 1000)
/** `outcomes`: logs outcomes that other machines are compared with. */
OF_SETUPS int start_run(const struct run *run, bool outcomes);

#endif
