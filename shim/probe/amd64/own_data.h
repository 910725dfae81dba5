// What the build writes for amd64 only.
#ifndef STUBLAB_PROBE_OWN_DATA_H
#define STUBLAB_PROBE_OWN_DATA_H

#include "data.h"

/** The set-up of a stub that tries setups by itself. */
extern const struct section section_loop;
/** Where stubs have the areas of the module, and the pages to which setups may write. */
extern const uint64_t records_address, scratch_address, scratch_size;
extern const uint64_t loop_address, kept_fs_base, kept_gs_base;
extern const uint32_t kept_ds, kept_es;

/** Names that /proc/cpuinfo has; 0 ends the list. */
extern const char *const processor_flags[];

enum trial_kind { BY_CALL, BY_REQUEST, BY_CODE, BY_EXIT, BY_FPREGS };
/** The call does not get to its breakpoint. */
enum { RESULT_STOPS = 1 };
/** What shows that a kernel has a feature (OF_KERNEL in src/labs/fuzz/try/amd64/trials.ts); a
 * feature of -1 ends the list. */
struct trial {
    int32_t feature;
    enum trial_kind kind;
    int64_t number;
    int64_t result;
    uint32_t count;
    uint64_t words[11];
    /** Of code: its bytes, where its breakpoint is, or -1, and which machines it is for. */
    uint8_t code[80];
    int32_t breakpoint;
    enum { FOR_ALL, FOR_LA57, FOR_NO_LA57, FOR_CS32 } demand;
    uint32_t offset; /* on its page */
};
/** Where code is; what it shows that is not a register. */
extern const uint64_t trial_place;
enum { SEES_SIGNAL = 64, SEES_SI_CODE };
extern const struct trial trials[];

/** What a word of the frame is added to. */
enum frame_base { FRAME_BASE_ZERO, FRAME_BASE_FRAME, FRAME_BASE_SYSCALL };
/** FRAME_WORDS in src/labs/fuzz/try/amd64/frames.ts; the list ends with a word and offset of 0. */
struct frame_word {
    uint32_t offset;
    enum frame_base base; /* what the word is added to */
    uint64_t word;
};
extern const struct frame_word frame_words_of_trial[];
extern const uint32_t frame_fpstate, frame_magic2;
/** ALTSTACK in frames.ts. */
extern const uint64_t altstack_address, altstack_size, altstack_unmapped;

#endif
