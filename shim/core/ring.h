// A ring: calls that a stub executes by itself, and their results, in memory that it shares with
// the host. The loop is in ARCH/stub.S; the build writes the layout to src/core/shim/bindings.ts.
//
//      0  turn      the number of the last turn that the host gave: a futex of the stub
//      4  count     how many entries the turn has
//      8  halt      whether the stub stops at its breakpoint after the turn: a signal makes it so
//     12  spins     how often the stub looks for another turn before it sleeps
//     16  host      whether the host sleeps
//     64  done      the number of the last turn that the stub ended: a futex of the host
//     68  stub      whether the stub sleeps
//    128  entries   +0 number (u32)   +4 flags (u32)   +8 six arguments   +56 result
//
// The host writes the first cache line, and the stub the second one: a line that both write takes
// several times as long.
//
// Bit i of an entry's flags: argument i is the offset of an earlier entry's result, which replaces
// it. If that result is an errno, or if the entry has the flag CANCEL, the call is not executed and
// its result is -ECANCELED.
#ifndef STUBLAB_RING_H
#define STUBLAB_RING_H

#define RING_TURN 0
#define RING_COUNT 4
#define RING_HALT 8
#define RING_SPINS 12
#define RING_HOST 16
#define RING_DONE 64
#define RING_STUB 68
#define RING_ENTRIES 128

#define ENTRY_NUMBER 0
#define ENTRY_FLAGS 4
#define ENTRY_ARGUMENTS 8
#define ENTRY_RESULT 56
#define ENTRY_SIZE 64
#define ENTRY_SHIFT 6

#define ENTRY_CANCEL 0x80

#ifndef __ASSEMBLER__
#include <stdint.h>

struct ring {
    uint32_t turn;
    uint32_t count;
    uint32_t halt;
    uint32_t spins;
    uint32_t host_sleeps;
    uint32_t padding[11];
    uint32_t done;
    uint32_t stub_sleeps;
};
#endif

#endif
