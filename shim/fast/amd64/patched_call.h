// Patched system calls of guests: those that enter the code of the handler without a signal.
#ifndef STUBLAB_PATCHED_CALL_H
#define STUBLAB_PATCHED_CALL_H

#include "handler.h"

/** Reads the registers of a guest at a patched system call, as a SYSCALL leaves them. */
void read_call(const struct stublab_pages *pages, uint64_t *block);
/** Whether a guest can leave a patched system call with these registers. */
int is_plain(const uint64_t *block);
/** Writes the registers with which a guest leaves it. Returns 0, or -EIO as PTRACE_SETREGS does. */
int64_t write_return(const struct stublab_pages *pages, const uint64_t *block);
/** Makes the stub leave it to the breakpoint at the begin of the handler's page. */
void write_breakpoint(const struct stublab_pages *pages);

/** Whether a signal at `rip` came when the host was given its turn, or while a guest goes on. */
int is_after_call(const struct stublab_pages *pages, uint64_t rip);
/** Moves a guest that was interrupted on its way to a patched system call back to the SYSCALL. */
void move_back(const struct stublab_pages *pages, uint64_t *block);

#endif
