// Trials of features on amd64, and what they share with the rest of the machine.
#ifndef STUBLAB_PROBE_TRIALS_H
#define STUBLAB_PROBE_TRIALS_H

#include "probe.h"

/** Adds the features that calls, requests and code show. */
void try_features(struct tracee *stub);
/** Adds those that returns from signal frames show; the XSAVE area is known. */
void try_frames(struct tracee *stub);

/** Writes the registers in the frame, and resumes the stub by `request` to its next stop, at which
 * they are read. */
bool run_on_with(struct tracee *stub, int64_t request, int64_t signal, int32_t *status);
bool run_on(struct tracee *stub, int64_t request, int32_t *status);
/** Reads struct user_i387_struct. */
bool read_fpregs(struct tracee *stub, uint64_t registers[64]);

#endif
