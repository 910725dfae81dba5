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

bool begins_with(const char *text, const char *beginning) {
    while (*beginning != 0 && *text == *beginning)
        text++, beginning++;
    return *beginning == 0;
}

bool has_word(const char *line, const char *word) {
    uint32_t length = 0;
    while (word[length] != 0)
        length++;
    for (; *line != 0 && *line != '\n'; line++)
        if (line[0] == ' ' && begins_with(&line[1], word) &&
            (line[1 + length] == ' ' || line[1 + length] == '\n' || line[1 + length] == 0))
            return true;
    return false;
}

const char *line_of(const char *text, const char *name) {
    for (const char *line = text; *line != 0; line++)
        if ((line == text || line[-1] == '\n') && begins_with(line, name))
            return line;
    return "";
}

bool read_word(const char *text, uint64_t *word) {
    const bool is_negative = *text == '-';
    text += is_negative;
    const bool is_hex = begins_with(text, "0x");
    text += is_hex ? 2 : 0;
    *word = 0;
    const char *digit = text;
    for (; *digit != 0; digit++) {
        const char small = (char)(*digit | 0x20);
        const uint64_t value =
            *digit <= '9' ? (uint64_t)(*digit - '0') : (uint64_t)(small - 'a') + 10;
        if (value >= (is_hex ? 16U : 10U))
            return false;
        *word = *word * (is_hex ? 16 : 10) + value;
    }
    *word = is_negative ? -*word : *word;
    return digit > text;
}
