// The components of the XSAVE area: what the processor has, and what the kernel permits.
#ifndef STUBLAB_AMD64_COMPONENTS_H
#define STUBLAB_AMD64_COMPONENTS_H

#include "records.h"
#include "shim.h"
#include <asm/sigcontext.h>

/** CPUID: EAX, EBX, ECX and EDX. */
void stublab_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t words[4]);

/**
 * Writes those that the processor has, from AVX on, enabled or not; there is room for
 * STUBLAB_MOST_COMPONENTS. Returns their number.
 */
int64_t stublab_read_components(struct stublab_component *components);

/** Writes PKRU of a new program to an XSAVE area whose header names it. */
void stublab_put_pkru(struct _xstate *area);

/**
 * Those that this process and the processes that it forks may use, as bits (ARCH_GET_XCOMP_PERM).
 * -EINVAL before Linux 5.16.
 */
int64_t stublab_permitted_components(void);

#endif
