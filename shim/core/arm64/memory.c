// The functions that gcc calls where it zeroes or copies a struct and may not use vector registers.
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);

/** Words at any address, of any type. */
typedef uint64_t __attribute__((aligned(1), may_alias)) word;

void *memcpy(void *to, const void *from, size_t count) {
    uint8_t *next = to;
    const uint8_t *source = from;
    for (; count >= sizeof(word); count -= sizeof(word)) {
        *(word *)next = *(const word *)source;
        next += sizeof(word), source += sizeof(word);
    }
    while (count-- > 0)
        *next++ = *source++;
    return to;
}

void *memset(void *to, int byte, size_t count) {
    uint8_t *next = to;
    for (; count >= sizeof(word); count -= sizeof(word), next += sizeof(word))
        *(word *)next = (uint8_t)byte * 0x0101010101010101ULL;
    while (count-- > 0)
        *next++ = (uint8_t)byte;
    return to;
}
