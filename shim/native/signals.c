/* The kernel's signal sets: one word. */
#include "signals.h"
#include "native.h"

static uint64_t signal_bit(int32_t signal) {
    return signal < 1 || signal > SIGRTMAX ? 0 : (uint64_t)1 << (signal - 1);
}

uint64_t native_signal_set(int32_t signal) {
    return signal_bit(signal);
}

uint64_t native_blockable_signals(uint64_t set) {
    return set & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
}
