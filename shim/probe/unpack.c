#include "probe.h"

/** A length of 15 goes on in the next bytes. */
static uint32_t whole_length(uint32_t length, const uint8_t **from) {
    for (uint8_t more = length == 15 ? 255 : 0; more == 255; length += more)
        more = *(*from)++;
    return length;
}

/** A block of LZ4; src/labs/fuzz/probe/lz4.ts describes it. */
void unpack(const uint8_t *from, const uint8_t *end, uint8_t *to) {
    for (;;) {
        uint8_t token = *from++;
        uint32_t literals = whole_length(token >> 4, &from);
        while (literals-- > 0)
            *to++ = *from++;
        if (from == end)
            return;
        uint32_t distance = from[0] | (uint32_t)from[1] << 8;
        from += 2;
        uint32_t match = whole_length(token & 15, &from) + 4;
        for (; match > 0; match--, to++)
            *to = to[-(int64_t)distance];
    }
}
