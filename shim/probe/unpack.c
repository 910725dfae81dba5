// The data, of which most words are those of the setup before: src/labs/fuzz/probe/source.ts.
#include "trying.h"

extern const uint64_t packed_data[], packed_data_end[];
const uint8_t *data;

void unpack_data(void) {
    enum { BEFORE = sizeof(struct stublab_setup) / sizeof(uint64_t) };
    uint64_t *const all = zero_memory(data_size), *to = all;
    for (const uint64_t *from = packed_data; from < packed_data_end;) {
        uint32_t same = (uint32_t)*from, others = (uint32_t)(*from >> 32);
        for (from++; same > 0; same--, to++)
            *to = to - all < BEFORE ? 0 : to[-BEFORE];
        for (; others > 0; others--)
            *to++ = *from++;
    }
    data = (const uint8_t *)all;
}
