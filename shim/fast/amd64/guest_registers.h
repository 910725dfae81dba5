// The general registers of a guest in the memory that its stub shares with the host.
#ifndef STUBLAB_AMD64_GUEST_REGISTERS_H
#define STUBLAB_AMD64_GUEST_REGISTERS_H

#include "handler.h"
#include "register_indices.h"

/** The flags that are always set. */
enum { PLAIN_FLAGS = 0x202 };

/** A word of the header. */
static inline volatile uint64_t *header(const struct stublab_pages *pages, uint32_t offset) {
    return (volatile uint64_t *)(pages->shared + pages->stack + offset);
}

/** The address of the handler's page in the stub. */
static inline uint64_t handler_page(const struct stublab_pages *pages) {
    return pages->address + pages->stack + HEADER_LENGTH;
}

/** Writes registers in the order of struct sigcontext, up to the flags. */
void write_registers(volatile uint64_t *to, const uint64_t *block);
void read_registers(const volatile uint64_t *from, uint64_t *block);
/** Whether such registers are those of a block; the flags may differ. */
int are_same(const volatile uint64_t *these, const uint64_t *block);

/** Writes those that the handler loads itself: selectors and bases. Returns 0, or -EIO. */
int64_t write_header(const struct stublab_pages *pages, const uint64_t *block);
/** Reads those that it found. */
void read_header(const struct stublab_pages *pages, uint64_t *block);

#endif
