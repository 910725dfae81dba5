// Pairs of a setup, an offset and a word each, in an area of floating point.
#include "attempt.h"

void put_pairs(const struct stublab_setup *setup, const uint8_t *area, uint8_t *copy,
               uint64_t length) {
    for (uint64_t i = 0; i < length; i++)
        *(volatile uint8_t *)&copy[i] = area[i];
    for (uint64_t i = 0; i < setup->count; i++) {
        uint64_t offset = setup->words[2 * i];
        const uint8_t *word = (const uint8_t *)&setup->words[2 * i + 1];
        for (uint64_t j = 0; j < 8 && offset < length && offset + j < length; j++)
            copy[offset + j] = word[j];
    }
}

void take_pairs(const struct stublab_setup *setup, const uint8_t *area, uint64_t length,
                uint64_t *words) {
    for (uint64_t i = 0; i < setup->count; i++) {
        uint64_t offset = setup->words[2 * i];
        uint8_t *word = (uint8_t *)&words[i];
        for (uint64_t j = 0; j < 8; j++)
            word[j] = offset < length && offset + j < length ? area[offset + j] : 0;
    }
}
