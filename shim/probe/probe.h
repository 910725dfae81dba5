// The probe: a program that needs nothing but a kernel. It is a second host of the encoder, of the
// fuzzer's module (both Wasm, translated to C by wasm2c) and of the shim.
#ifndef STUBLAB_PROBE_H
#define STUBLAB_PROBE_H

#include "data.h"
#include "encoder.h"
#include "register_indices.h"
#include "setups.h"
#include "shim.h"
#include "sigreturn.h"
#include "syscall.h"
#include <asm-generic/errno.h>
#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
void *memmove(void *to, const void *from, size_t count);
int memcmp(const void *a, const void *b, size_t count);

// ---- say.c ----

/** As printf: %s, %d, %u and %x, the last three also with l. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/** Makes what is said go to a text, which must have room for it; 0: to the console again. */
void say_to(char *text);
/** An errno by its name, from a result of -errno. A number is the text until the next call. */
const char *errno_name(int64_t result);
void flush(void);
/** Whether output could not be written. */
bool is_output_lost(void);

// ---- start.c ----

/** The exit status of a command that Ctrl-C has ended early. */
enum { INTERRUPTED = 130 };
/** Whether a signal asks for the end. A second one ends the probe at once. */
bool is_interrupted(void);

/** Reports a failure of the probe itself, and ends it with status 3. */
__attribute__((noreturn)) void fail(const char *what, int64_t result);

// ---- wasm.c, unpack.c ----

void *zero_memory(uint64_t size);
void unpack(const uint8_t *from, const uint8_t *end, uint8_t *to);

// ---- tracee.c ----

extern w2c_encoder encoder;
extern w2c_fuzz module;
/** All data, unpacked. */
extern const uint8_t *data;

/** Bytes of a register block. */
#define BLOCK_SIZE sizeof(uint64_t[STUBLAB_REGISTERS])

/** A stub. */
struct tracee {
    int32_t pid;
    uint32_t initial; /* in the encoder's memory: the registers that every injection starts from */
    bool dead;
};

/** Results of an injection, below those of the kernel. */
enum { NOT_DONE = -10000, STOPS = -10001, GONE = -10002 };

void start_tracer(void);
/** A word of a block in the encoder's memory. */
uint64_t *encoder_words(uint32_t address);
/** The block of the last injection. */
uint64_t *frame_words(void);
uint64_t stub_address(void);
/** Forks the first stub. Returns 0 or -errno. */
int64_t fork_stub(struct tracee *stub, int32_t exit_signal);
/** Makes a stub clone another, and attaches to it. */
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
/** Kills a stub and reaps it, and lets its parent reap it, too. Returns its status word. */
int32_t end_stub(struct tracee *stub, struct tracee *parent);
/** Waits for a stop or the end within `milliseconds`. Returns the pid, 0 or -errno. */
int64_t wait_for(struct tracee *stub, int32_t *status, int64_t milliseconds);

// ---- machine.c ----

/** What rules depend on: struct Machine of src/fuzz/try/machine.ts. */
struct machine {
    uint64_t features;
    uint32_t xstate_length, xfeatures, mxcsr_mask;
    bool avx;
};
extern struct machine machine;
void read_machine(struct tracee *stub);
/** The index of a name in a list that 0 ends; -1. */
int32_t index_of(const char *name, const char *const *list);
bool has_feature(const char *name);
/** Whether the machine has what checks need. */
bool meets(const struct need *need);
bool same(const char *a, const char *b);
/** Reads the beginning of an open file as text, which ends with a zero. */
void read_text(long file, char *text, uint32_t size);
/** Whether a process has ended, as /proc says. */
bool is_zombie(int32_t pid);

// ---- target.c, trier.c, returner.c ----

/** Repeats a set-up. Returns 0, or the result of the call that failed. */
int64_t set_up(struct tracee *stub, struct section section, int64_t file);
/** Creates a stub that no other setup was tried in. Returns 0 or -errno. */
int64_t create_target(struct tracee *stub, struct section section, int64_t file);

/** The same, without files, and with another parent if that of all stubs is lost. */
int64_t create_stub(struct tracee *stub, struct section section);

/** The parent of those that setups are tried in; its pid is 0 before it is created. */
extern struct tracee master;
void start_trying(void);
/** What is predicted from now on: the machine as it is, or with known deviations. */
void select_rules(const struct known_list *known);
/** The next setup is tried in a stub that no other was tried in. */
void renew(void);
/** Tries setups, each as its way says. Returns 0, or why they cannot be tried. */
int64_t try_setups(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                   uint32_t count);
/** The same for setups of the way SIGRETURN. */
int64_t try_returns(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                    uint32_t count);
/** Whether another process sent the signal of the stop. */
bool is_sent(const struct stublab_outcome *outcome);
/** Whether a stub has ever got ready for that. */
bool has_returned(void);
void renew_returner(void);
/** Makes the areas of the module a file that stubs can map. They are all zero afterwards. */
void share_areas(void);
/** Areas of the module's memory. */
uint32_t reserve(uint32_t size);
void *module_memory(uint32_t address);
uint32_t module_address(const void *at);
extern struct stublab_canary canary;

// ---- compare.c ----

/** How an outcome compares with its prediction. */
enum { AGREES = 0, UNPREDICTED = 1, DIFFERS = 2 };
struct comparison {
    uint32_t agreement; /* from DIFFERS on: the same for outcomes that differ in the same way */
    uint64_t kind;      /* the same for those whose first difference is the same */
    uint64_t signature;
};
struct comparison compare(const struct stublab_setup *setup, const struct stublab_outcome *outcome);
/** A field that differs from the last prediction. */
struct difference {
    uint32_t place;
    uint64_t predicted, seen;
};
/** The first of them, in the order of events, up to where the case goes another way. */
struct differences {
    uint32_t count;
    struct difference rows[16]; /* MOST_PLACES in assembly/fuzz/determined.ts */
};
struct differences differences(const struct stublab_setup *setup,
                               const struct stublab_outcome *outcome);
/** The same for differences of one bug: kindOf in src/fuzz/predict/differences.ts. */
uint64_t kind_of(const struct difference *it);
/** The fields in which the outcome of the case that was compared last differs, and the rules. */
void say_differences(const struct stublab_setup *setup, const struct stublab_outcome *outcome);
enum verdict { HELD, DIFFERENT, SKIPPED };
/** Tries a case, and reports it as a test. */
enum verdict examine(uint32_t number, const struct stublab_setup *setup,
                     struct stublab_outcome *outcome);

// ---- commands; each returns an exit status ----

int bootstrap(void);
/**
 * Looks at the facts of one group, or of all, except groups and facts of some names; 0 ends them.
 * `known`: deviations that do not count; 0: none.
 */
int conformance(const char *only, const char *const *except, const struct known_list *known);
int replay(const char *path);
/** Reads a file, or standard input for "-", into memory that ends with a zero. */
const char *read_all(const char *path);

/** What a run tries, and for how long. */
struct run {
    uint64_t seed, cases, seconds;
    uint32_t path;     /* an index of path_names */
    const char *plant; /* a rule that is missing; 0: none */
    const struct known_list *known;
};
/** More seconds than a run lasts. */
#define FOREVER (~0ULL / 1000)
int fuzz(const struct run *run);
/** Says how a run ended: `untried`, no case could be tried; `result`, why it could not go on.
 * Returns the exit status. */
int end_fuzz(bool untried, int64_t result, bool failed);

// ---- outcomes.c ----

/** The machine as a document, in one line. */
void say_machine_document(void);
/** Tries cases that depend on the seed and the machine only, and logs which contradict their
 * predictions. */
int record_outcomes(const struct run *run);

// ---- fields.c ----

/** Marks the place of a field of 32 bits; that of another one is its offset. */
enum { HALF = 0x8000 };
/** The name of a field of an outcome. */
void say_field(unsigned int way, uint32_t place);
void say_value(uint32_t place, uint64_t word);
uint64_t field(const struct stublab_outcome *outcome, uint32_t place);

// ---- case.c ----

/** Why a setup was not tried, as text: of an enum stublab_obstacle and an errno. */
void say_obstacle(unsigned int obstacle, int32_t error);
/** A setup as a document "stublab.case/1", in one line. */
void say_case(const struct stublab_setup *setup);
uint64_t milliseconds(void);

#endif
