// Bugs that are planted in the model: src/labs/fuzz/predict/plant.ts.
#include "trying.h"

/** The length of the id that a text begins with. */
static uint32_t id_length(const char *text) {
    uint32_t length = 0;
    while (text[length] != 0 && text[length] != '.' && text[length] != '+')
        length++;
    return length;
}

/** The index of the name that is the beginning of a text, up to an end; -1. */
static int32_t beginning_of(const char *text, uint32_t length, const char *const *list) {
    for (int32_t i = 0; list[i] != 0; i++)
        if (after(text, list[i]) != 0 && list[i][length] == 0)
            return i;
    return -1;
}

bool read_plant(const char *text, struct plant *plant) {
    uint32_t length = id_length(text);
    const int32_t rule = beginning_of(text, length, rule_ids);
    *plant = (struct plant){text, (uint32_t)rule + 1, -1, 0};
    if (rule < 0 || text[length] == 0)
        return rule >= 0;
    if (text[length] == '+')
        return text[0] == 'U' && text[length + 1] == 0;
    while (text[length] != 0 && text[length] != '=')
        length++;
    plant->value = beginning_of(text, length, rule_values);
    return plant->value >= 0 && text[length] == '=' && read_word(&text[length + 1], &plant->word);
}

struct plant alterations[MOST_ALTERATIONS];
static uint32_t alteration_count;

void forget_plants(void) {
    alteration_count = 0;
    w2c_fuzz_selectMachine(&module, machine.features);
}

void plant(const struct plant *plant) {
    enum { REMOVE, WIDEN, NUMBER }; /* assembly/fuzz/alterations.ts */
    if (plant->text == 0 || alteration_count == MOST_ALTERATIONS)
        return;
    alterations[alteration_count++] = *plant;
    const bool is_wide = plant->text[id_length(plant->text)] == '+';
    const bool is_number = plant->value >= 0;
    w2c_fuzz_alter(&module,
                   is_number ? NUMBER
                   : is_wide ? WIDEN
                             : REMOVE,
                   is_number ? (uint32_t)plant->value : plant->rule, plant->word);
}
