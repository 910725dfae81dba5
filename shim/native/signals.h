/* The kernel's signals, for both architectures. */
#ifndef STUBLAB_NATIVE_SIGNALS_H
#define STUBLAB_NATIVE_SIGNALS_H

#include <asm/signal.h>
#include <stdint.h>

/*
 * <asm/signal.h> refers to _NSIG, which x86's exported headers do not define. A signal set has one
 * bit for each signal.
 */
#undef SIGRTMAX
#define SIGRTMAX ((int32_t)(8 * sizeof(sigset_t)))

_Static_assert(SIGRTMAX == 64, "a signal set is one word");

#endif
