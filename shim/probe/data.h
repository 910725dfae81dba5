// What the build writes from the tables of src/ (src/labs/fuzz/probe/source.ts): tables in C, and
// data that is compressed.
#ifndef STUBLAB_PROBE_DATA_H
#define STUBLAB_PROBE_DATA_H

#include <stdbool.h>
#include <stdint.h>

/** A part of the data. */
struct section {
    uint32_t at, length;
};
/** The facts about setups: src/labs/fuzz/probe/facts.ts. */
extern const struct section section_facts;
/** Checks that show features, and the page of their code: src/labs/fuzz/facts/setups.ts. */
extern const struct section section_features, section_feature_code;
/** The sentence and the source of each rule, in the order of rule_ids; a 0 ends each. */
extern const struct section section_rules;
extern const uint32_t data_size;

/** Names; 0 ends each list. */
extern const char *const path_names[],
    *const feature_names[], *const rule_ids[], *const signal_names[], *const register_names[];

/** What a check needs: a feature, the lack of a feature, or components of the XSAVE area. A name of
 * 0 ends the list. */
struct need {
    const char *name, *reason;
    int32_t feature; /* -1: none */
    bool lacks;
    uint32_t components;
};
extern const struct need needs[];

/** What a tool needs, in the order in which it meets it; a tool of 0 ends the list. */
struct tool_need {
    const char *tool;
    const char *facility;         /* a name of facilities.c; 0: only facts */
    const char *const *when;      /* it matters if the kernel has all of these, or lacks "!…" */
    const char *const *tolerated; /* errnos with which the tool does without it; "any" */
    const char *const *facts;     /* that must hold, unless the facility is lacking */
    const char *const *limits; /* of a verdict without it; empty: every use of the tool needs it */
};
extern const struct tool_need tool_needs[];

/** A fact about requests: src/labs/fuzz/facts/requests.ts. */
extern const struct request_fact {
    const char *fact, *group, *source; /* a fact of 0 ends the list */
    /** Lines of texts with tabs between them: the name of a check ("-": what is done for all checks
     * after it), words for $0 and for $1 with a '|' between two, a check for each, and a script. */
    const char *rows;
} request_facts[];

/** A tracer and a tracee: src/labs/fuzz/facts/permission.ts. A name of 0 ends a list. */
struct scene {
    const char *name, *marks, *tracer, *tracee;
    const char *const *ways; /* 0: those of the fact */
};
/** A fact about permission. */
extern const struct permission {
    const char *fact, *group, *source;
    bool needs_root;
    const char *control; /* 0: none */
    int32_t value;
    bool by_value;                            /* marks are by it, else by tracer or by way */
    const char *const *ways, *const *tracers; /* names, and then scripts; 0: those of the scenes */
    const struct scene *scenes;
} permissions[];

/** Known deviations: facts, one a line, and what the model predicts then. A name of 0 ends the
 * list. */
struct known_list {
    const char *name, *facts;
    const char *const *changes; /* bugs of the model, as --plant has them; 0: it is not a list */
    uint64_t ignored_flags;     /* bits of eflags that are not compared */
    bool avoids_watchpoints;    /* whether no case has a breakpoint for data */
};
extern const struct known_list known_lists[];

/** A piece of code that the program counter may be set to; a name of 0 ends the list. */
struct piece {
    const char *name;
    uint64_t address;
};
extern const struct piece pieces[];

/** The memory of stubs: src/labs/fuzz/case/ARCH/code.ts. */
struct memory {
    uint64_t code, hole, constants, constant, scratch, scratch_size, feature_code;
};
extern const struct memory memory;

/** The numbers of the calls that are harmless with any arguments; 0 ends them. */
extern const int32_t harmless_calls[];
/** The signals that targets have a handler for; 0 ends them. */
struct handled {
    uint32_t signal;
    bool restarts; /* whether interrupted calls do */
};
extern const struct handled handled[];
extern const uint64_t place_handler;
/** The registers that setups and facts differ from. */
extern const uint64_t baseline[];

#endif
