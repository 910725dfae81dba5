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
