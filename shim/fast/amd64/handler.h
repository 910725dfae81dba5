// The contract of shim/fast/amd64/handler.c with src/fast/handler.ts: guests that run
// without a tracer, and stop in a signal handler. The pages that host and stub share are in
// shim/fast/amd64/handler_layout.h. A guest can write to them: what the host reads there is copied
// once, and checked.
#ifndef STUBLAB_HANDLER_H
#define STUBLAB_HANDLER_H

#include "handler_layout.h"
#include "shim.h"

/** What the host knows about the shared pages of one stub. */
struct stublab_pages {
    uint64_t shared;      /* their address in the host: the stack, then the header */
    uint64_t stack;       /* bytes of the stack */
    uint64_t address;     /* their address in the stub */
    uint64_t frame;       /* offset of the ucontext; 0: not known yet */
    uint64_t info;        /* offset of the siginfo */
    uint64_t area;        /* offset of the XSAVE area */
    uint64_t area_length; /* its bytes */
    uint64_t features;    /* the components that an area may contain: bits of XCR0 */
    uint32_t mxcsr_mask;  /* the bits of MXCSR that it may contain */
    int32_t tgid;
    int32_t pidfd;
    uint32_t spins;      /* how often the host looks for its turn before it sleeps; 0: it yields */
    uint32_t budget;     /* the part of it that was worth it last */
    int32_t pending[32]; /* siginfo_t of a signal that the next switch reports; zeros: none */
};

/**
 * Lays out the shared pages of a stub whose stub code is at `stub`, for XSAVE areas of a length.
 * Returns their number of bytes, which the caller maps at `pages->shared`, and the stub at
 * `pages->address`.
 */
STUBLAB_EXPORT int64_t stublab_plan_pages(struct stublab_pages *pages, uint64_t stub,
                                          uint64_t xstate_length);
/**
 * Writes the arguments of the set-up to the mapped pages. `xstate` is a new process's XSAVE area.
 * Children of the host do not inherit the pages.
 */
STUBLAB_EXPORT int64_t stublab_open_pages(struct stublab_pages *pages, uint64_t stub,
                                          const void *xstate);
/** Clears the pages of a stub at rest, but writes the description of its stack again. */
STUBLAB_EXPORT int64_t stublab_clear_pages(struct stublab_pages *pages);

/**
 * Copies the code of the handler to `page`. The stub looks for its turn `spins` times before it
 * sleeps; if that is 0, it yields first. Returns the length of the code.
 */
STUBLAB_EXPORT int64_t stublab_handler_code(void *page, uint64_t length, uint32_t spins);
/** Offsets in that code of the set-up, and just past its breakpoint. At offset 0 a stub enters. */
STUBLAB_EXPORT uint32_t stublab_handler_set_up_offset(void);
STUBLAB_EXPORT uint32_t stublab_handler_is_set_up_offset(void);

/** Gives the stub its turn; it has not entered the handler yet. */
STUBLAB_EXPORT int64_t stublab_prepare_handler(struct stublab_pages *pages);
/**
 * Waits until the stub enters the handler, before any guest runs, and takes the places of its
 * signal frame. Returns 0, STUBLAB_END_OTHER if the stub has ended, -ETIMEDOUT, or -EPROTO if the
 * frame is elsewhere.
 */
STUBLAB_EXPORT int64_t stublab_await_handler(struct stublab_pages *pages,
                                             struct stublab_deadline *deadline);

/**
 * Runs a guest until its next stop, as stublab_switch does; STUBLAB_END_OTHER means that the stub
 * has ended. The floating-point and vector registers are written if `xstate_length` is not 0, and
 * not read.
 */
STUBLAB_EXPORT int64_t stublab_switch_handler(struct stublab_pages *pages, void *block,
                                              void *xstate, struct stublab_run *run);
/** The second half: waits for a guest that was late and has been signaled. */
STUBLAB_EXPORT int64_t stublab_switch_handler_wait(struct stublab_pages *pages, void *block,
                                                   struct stublab_run *run);
/** Copies the floating-point and vector registers of a guest at rest. Returns 0. */
STUBLAB_EXPORT int64_t stublab_save_pages(struct stublab_pages *pages, void *xstate,
                                          uint64_t length);

#endif
