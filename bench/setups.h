// Batches of register setups: microseconds for each of `count`.

#ifndef SETUPS_H
#define SETUPS_H

#include "stub.h"

// PTRACE_SETREGS, PTRACE_CONT, a wait, PTRACE_GETREGS.
double setup_batch(const struct stub *master, long count);
/** The same with PTRACE_GETSIGINFO, as the fuzzer needs it. */
double siginfo_batch(const struct stub *master, long count);

// PTRACE_SETREGS, PTRACE_GETREGS.
double write_batch(const struct stub *master, long count);

// A signal frame, its words, rt_sigreturn, INT3: in this process, without the master.
double sigreturn_batch(const struct stub *master, long count);

#endif
