// What a stub is set up with.
#ifndef STUBLAB_PROBE_TARGET_H
#define STUBLAB_PROBE_TARGET_H

#include "probe.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

/** Instructions of a filter. */
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_HIGH(member)                                                                          \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member) + 4)
#define JUMP_EQUAL(word, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word, yes, no)
#define ANSWER(answer) BPF_STMT(BPF_RET | BPF_K, answer)

/** The contents of the parts of a stub's memory with code, and with constants: trier.c. */
const void *code_part(void);
const void *constants_part(void);

/* Each returns 0, or the result of the call that failed. */

/** Maps memory at an address, to read and write. */
int64_t map_at(struct tracee *stub, uint64_t address, uint64_t size);
/** Fills memory, and protects it with PROT_ flags. */
int64_t fill(struct tracee *stub, uint64_t address, const void *bytes, uint64_t size,
             uint64_t access);
/** Maps the page of code that shows features, if there is one, in targets without a filter. */
set_up map_features;
/** Makes code at an address the handler of a signal. Scratch memory is written to. */
int64_t handle_signal(struct tracee *stub, uint32_t signal, uint64_t handler, uint64_t flags);
/** The last step: after it the stub, if targets have a filter, can make harmless calls only, and
 * what further rules of it allow, which come after the check of the architecture and before all
 * others. */
int64_t make_harmless(struct tracee *stub, const struct sock_filter *rules, uint32_t count);

#endif
