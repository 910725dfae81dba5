// Names, and lines of texts.
#include "probe.h"

bool same(const char *a, const char *b) {
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

int32_t index_of(const char *name, const char *const *list) {
    for (int32_t i = 0; list[i] != 0; i++)
        if (same(name, list[i]))
            return i;
    return -1;
}

const char *after(const char *text, const char *words) {
    while (text != 0 && *words != 0)
        if (*text++ != *words++)
            return 0;
    return text;
}

bool has_word(const char *line, const char *word) {
    uint32_t length = 0;
    while (word[length] != 0)
        length++;
    for (; *line != 0 && *line != '\n'; line++)
        if (line[0] == ' ' && after(&line[1], word) != 0 &&
            (line[1 + length] == ' ' || line[1 + length] == '\n' || line[1 + length] == 0))
            return true;
    return false;
}

const char *line_of(const char *text, const char *name) {
    for (const char *line = text; *line != 0; line++)
        if ((line == text || line[-1] == '\n') && after(line, name) != 0)
            return line;
    return "";
}

const char *read_number(const char *text, uint64_t *word) {
    const bool is_hex = after(text, "0x") != 0;
    const char *const digits = &text[is_hex ? 2 : 0], *digit = digits;
    *word = 0;
    for (;; digit++) {
        const char small = (char)(*digit | 0x20);
        const uint64_t value =
            *digit <= '9' ? (uint64_t)(*digit - '0') : (uint64_t)(small - 'a') + 10;
        if (value >= (is_hex ? 16U : 10U))
            return digit > digits ? digit : text;
        *word = *word * (is_hex ? 16 : 10) + value;
    }
}

bool read_word(const char *text, uint64_t *word) {
    const bool is_negative = *text == '-';
    const char *const first = text + is_negative, *const end = read_number(first, word);
    *word = is_negative ? -*word : *word;
    return end > first && *end == 0;
}
