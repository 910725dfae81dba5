// Plays the scenes of facts about permission: who may trace whom.
#include "actors.h"
#include <linux/fcntl.h>

// ---- Controls ----

static const char *control;
static char before[8];

static bool write_digit(const char *path, const char *digit) {
    const int64_t file = open_file(path, O_WRONLY);
    const bool written = syscall3(__NR_write, file, (long)digit, 1) == 1;
    syscall1(__NR_close, file);
    return written;
}

/** Makes a file below /proc/sys have a digit until it is reset: on a machine of the probe's own
 * only, else all is skipped unless it has it. */
static void set_control(const char *path, int32_t digit) {
    const char wanted = (char)('0' + digit);
    if (!goes_on())
        return;
    if (!read_text(path, before, sizeof before))
        skip(0, "the kernel does not have this control", 0);
    else if (owns_machine() && *before != wanted && write_digit(path, &wanted))
        control = path;
    else if (*before != wanted)
        skip(0, "it has another value, which the probe changes as process 1 only", 0);
}

static void reset_control(void) {
    if (control != 0)
        write_digit(control, before);
    control = 0;
}

// ---- Scenes ----

/** Yama's last scope cannot be left. */
static bool is_final(const struct permission *it) {
    return it->by_value && it->value == 3;
}

/** '+': granted; '-': refused; 'w': waits; ' ': not asked. */
static void expect_mark(const struct scene *scene, const char *tracer, const char *way, char mark,
                        bool is_yama) {
    const struct access *access = access_of(way);
    const bool answered = play(tracer, scene->tracee, access, is_yama);
    if (mark == 'w')
        expect("answers", NUMBER, 0, answered, true);
    else
        expect("result", RESULT, mark == '+' ? 0 : access->refusal, seen.result, answered);
}

static void look_at_scene(const struct permission *it, const struct scene *scene) {
    const char *const *ways = scene->ways != 0 ? scene->ways : it->ways;
    for (uint32_t i = 0; ways[i] != 0; i++) {
        const char *mark = scene->marks;
        for (const char *const *of = it->tracers; of != 0 && *of != 0; of += 2, mark++)
            CHECK (named("%s: %s by %s", ways[i], scene->name, of[0]))
                expect_mark(scene, of[1], ways[i], *mark, false);
        if (it->tracers != 0)
            continue;
        mark += it->by_value ? (uint32_t)it->value : i;
        if (*mark == 0)
            break;
        if (*mark != ' ')
            CHECK (named("%s: %s", ways[i], scene->name))
                expect_mark(scene, scene->tracer, ways[i], *mark, it->by_value);
    }
}

void look_at_scenes(const struct permission *it) {
    if (it->needs_root && goes_on() && syscall0(__NR_geteuid) != 0)
        skip(0, "the probe is not root", 0);
    if (is_final(it) && goes_on() && !is_named())
        skip(0, "scope 3 stays until the next boot: it is tried if --only names it", 0);
    if (it->control != 0)
        set_control(it->control, it->value);
    for (const struct scene *scene = it->scenes; scene->name != 0; scene++)
        look_at_scene(it, scene);
    reset_control();
}
