// What stubs and facts are made by, and a kernel may lack.
#ifndef STUBLAB_PROBE_FACILITIES_H
#define STUBLAB_PROBE_FACILITIES_H

#include "probe.h"

/** PTRACE_X; a bit of PTRACE_SETOPTIONS; a system call. */
enum facility_kind { A_REQUEST, AN_OPTION, A_CALL };

struct facility {
    const char *text; /* "the kernel lacks …" */
    enum facility_kind kind;
    int64_t number;
    /** Returns -errno if the kernel lacks it; 0: the request is made, with what follows. */
    int64_t (*trial)(struct tracee *stub, const struct facility *it);
    uint64_t address;
    const void *data;
    int64_t refusal; /* of a kernel that has it, as the trial has no length, no range, no filter */
    int64_t error;   /* -errno of the trial; 0: the kernel has it, or it was not tried */
};

/** Tries all of them. */
void try_facilities(void);
const struct facility *all_facilities(uint32_t *count);
const char *name_of(const struct facility *it);
/** That of a name, which a version may follow. */
const struct facility *facility_of(const char *name);
/** Whether there was a stub to try it in. */
bool was_tried(const struct facility *it);
/** -errno of its trial; 0: the kernel has it, or it is not in the table. */
int64_t lacks(enum facility_kind kind, int64_t number);
/** Notes the result of a request that was not made by its trial. */
void note_trial(enum facility_kind kind, int64_t number, int64_t result);
/** Skips the check, and what depends on it, if the kernel lacks something. */
void need(enum facility_kind kind, int64_t number);
/** Skips the check only: no other depends on it. */
void need_alone(enum facility_kind kind, int64_t number);
/** The same by the name of a request, without PTRACE_; that of another thing is ignored. */
void need_request(const char *name);
/** Skips the check, or the rest of the fact, if no stub can be created. */
void need_stub(void);
/** Says what is lacking, if anything is, in one line. */
void say_lacks(void);

#endif
