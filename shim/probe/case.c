// Setups as documents "stublab.case/1": docs/fuzzing-cases.md.
#include "trying.h"

static void say_member(const char *name, const char *text) {
    say("\"%s\":\"%s\",", name, text);
}

static const char *piece_at(uint64_t address) {
    for (const struct piece *piece = pieces; piece->name != 0; piece++)
        if (piece->address == address)
            return piece->name;
    return 0;
}

static void say_block(const uint64_t *words) {
    const char *piece = piece_at(words[WORD_COUNTER]);
    if (piece != 0)
        say(",\"code\":\"%s\"", piece);
    else
        say(",\"code\":null");
    say(",\"registers\":{");
    bool first = true;
    for (int i = 0; i < STUBLAB_REGISTERS; i++) {
        if (words[i] == baseline[i] || (i == WORD_COUNTER && piece != 0))
            continue;
        say("%s\"%s\":\"0x%lx\"", first ? "" : ",", register_names[i], words[i]);
        first = false;
    }
    say("}");
}

static void say_pairs(const uint64_t *pair, uint32_t count) {
    say(",\"pairs\":[");
    for (uint32_t i = 0; i < count; i++, pair += 2)
        say("%s{\"offset\":\"0x%lx\",\"word\":\"0x%lx\"}", i == 0 ? "" : ",", pair[0], pair[1]);
    say("]");
}

static void say_frame(const struct stublab_setup *setup) {
    say(",\"frame\":{\"uc_flags\":\"0x%x\",\"fpstate\":%s", setup->uc_flags,
        setup->fpstate == STUBLAB_FPSTATE_NONE ? "false" : "true");
    if (setup->fpstate == STUBLAB_FPSTATE_IMAGE)
        say(",\"image\":\"0x%lx\"", setup->image);
    say("}");
}

/** The members of a step, and the end of its document. */
static void say_step(const struct stublab_setup *setup) {
    const struct content *content = &contents[setup->way];
    const bool has_pairs = content->pairs > 0 && (!content->frame || setup->count > 0);
    if (!is_further_step(setup))
        say_member("from", from_names[setup->from]);
    say_member("way", way_names[setup->way]);
    say_member("on", on_names[setup->on]);
    if (setup->signal > 0 && setup->signal < 32)
        say("\"signal\":\"%s\"", signal_names[setup->signal]);
    else if (setup->signal == 0)
        say("\"signal\":null");
    else
        say("\"signal\":%u", setup->signal);
    if (content->block)
        say_block(setup->words);
    if (has_pairs)
        say_pairs(content->frame ? setup->damage : setup->words, setup->count);
    for (uint32_t i = 0; i < content->words; i++)
        say("%s\"0x%lx\"", i == 0 ? ",\"words\":[" : ",", setup->words[i]);
    if (content->words > 0)
        say("]");
    if (content->length)
        say(",\"length\":%u", setup->length);
    if (content->frame)
        say_frame(setup);
    say("}");
}

void say_case(const struct stublab_setup *setup) {
    say("{");
    say_member("schema", "stublab.case/1");
    if (!same(case_arch, usual_case_arch))
        say_member("arch", case_arch);
    if (is_further_step(setup)) {
        say("\"before\":[");
        for (const struct stublab_setup *step = first_step(setup); step < setup; step++) {
            say("%s{", is_further_step(step) ? "," : "");
            say_step(step);
        }
        say("],");
    }
    say_step(setup);
}
