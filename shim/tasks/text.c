// The text of walks: documents "stublab.walk/1" (docs/fuzzing-cases.md), in which an action is a
// call of a task, such as "task 0: kill(1, SIGSTOP)". One table serves the writer and the reader.
#include "walk.h"
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>

/** Names of words, which 0 ends. None begins with another. */
struct name {
    const char *text;
    uint32_t value;
};
#define NAMED(it)                                                                                  \
    { #it, it }
static const struct name flags[] = {NAMED(CLONE_PTRACE), NAMED(CLONE_VFORK),    NAMED(CLONE_PARENT),
                                    NAMED(CLONE_THREAD), NAMED(CLONE_UNTRACED), {0, 0}};
static const struct name waits[] = {NAMED(WNOHANG),    NAMED(WUNTRACED), NAMED(WEXITED),
                                    NAMED(WCONTINUED), NAMED(WNOWAIT),   NAMED(__WNOTHREAD),
                                    NAMED(__WALL),     NAMED(__WCLONE),  {0, 0}};
static const struct name options[] = {
    NAMED(PTRACE_O_TRACESYSGOOD), NAMED(PTRACE_O_TRACEFORK),  NAMED(PTRACE_O_TRACEVFORKDONE),
    NAMED(PTRACE_O_TRACEVFORK),   NAMED(PTRACE_O_TRACECLONE), NAMED(PTRACE_O_TRACEEXEC),
    NAMED(PTRACE_O_TRACEEXIT),    NAMED(PTRACE_O_EXITKILL),   {0, 0}};
static const struct name requests[] = {NAMED(PTRACE_TRACEME),
                                       NAMED(PTRACE_CONT),
                                       NAMED(PTRACE_KILL),
                                       NAMED(PTRACE_ATTACH),
                                       NAMED(PTRACE_DETACH),
                                       NAMED(PTRACE_SYSCALL),
                                       NAMED(PTRACE_SETOPTIONS),
                                       NAMED(PTRACE_GETEVENTMSG),
                                       NAMED(PTRACE_GETSIGINFO),
                                       NAMED(PTRACE_SEIZE),
                                       NAMED(PTRACE_INTERRUPT),
                                       NAMED(PTRACE_LISTEN),
                                       {0, 0}};
static const struct name handlers[] = {{"SIG_DFL", 0}, {"SIG_IGN", 1}, {0, 0}};

/** The signals that the model has. */
static const struct name *signals(void) {
    static struct name names[24];
    for (uint32_t i = 0; i < 23; i++)
        names[i] = (struct name){signal_names[i + 1], i + 1};
    return names;
}

/**
 * The calls. A letter after % stands for
 *
 *     t  the target     s  a, a signal           c  a and b, flags and the exit signal of a clone
 *     g  a, a task      m  a, a set of signals   h  b, what a signal does
 *     n  a, a number    w  a, options of a wait  d  b, what a request is passed, unless it is 0
 *                       r  a, a request
 */
static const char *const calls[ACTION_KINDS] = {
    [ACTION_FORK] = "clone(%c)",
    [ACTION_EXIT] = "exit(%n)",
    [ACTION_EXIT_GROUP] = "exit_group(%n)",
    [ACTION_KILL_PROCESS] = "kill(%t, %s)",
    [ACTION_KILL_GROUP] = "kill(group %t, %s)",
    [ACTION_TGKILL] = "tgkill(%t, %s)",
    [ACTION_WAIT4] = "wait4(%t, %w)",
    [ACTION_WAIT4_GROUP] = "wait4(group %t, %w)",
    [ACTION_WAITID] = "waitid(%t, %w)",
    [ACTION_WAITID_GROUP] = "waitid(group %t, %w)",
    [ACTION_SET_PDEATHSIG] = "prctl(PR_SET_PDEATHSIG, %s)",
    [ACTION_SET_SUBREAPER] = "prctl(PR_SET_CHILD_SUBREAPER, %n)",
    [ACTION_SETSID] = "setsid()",
    [ACTION_SETPGID] = "setpgid(%t, group %g)",
    [ACTION_SIGPROCMASK] = "sigprocmask(%m)",
    [ACTION_SIGACTION] = "sigaction(%s, %h)",
    [ACTION_EXEC] = "execve()",
    [ACTION_PTRACE] = "ptrace(%r, %t%d)",
};

/** A word is one of its names, several that bars join, or a set of signals. */
enum form { ONE, JOINED, SET };
struct word {
    uint32_t *at;
    const struct name *names;
    enum form form;
};

/** The word that a letter stands for; for any other than those below a number. */
static struct word word_of(char letter, struct task_action *it) {
    static const struct name none[] = {{0, 0}};
    const bool takes_options = it->a == PTRACE_SETOPTIONS || it->a == PTRACE_SEIZE;
    switch (letter) {
    case 's':
        return (struct word){&it->a, signals(), ONE};
    case 'm':
        return (struct word){&it->a, signals(), SET};
    case 'w':
        return (struct word){&it->a, waits, JOINED};
    case 'r':
        return (struct word){&it->a, requests, ONE};
    case 'h':
        return (struct word){&it->b, handlers, ONE};
    case 'd':
        return takes_options ? (struct word){&it->b, options, JOINED}
                             : (struct word){&it->b, signals(), ONE};
    default:
        return (struct word){&it->a, none, ONE};
    }
}

// ---- Writing ----

/** Says a word as names, and what has none as a number. */
static void say_word(uint32_t word, const struct name *names, enum form form) {
    const char *bar = "";
    for (; names->text != 0; names++) {
        const uint32_t value = form == SET ? 1U << names->value : names->value;
        if (form == ONE ? word != value : (word & value) == 0)
            continue;
        say("%s%s", bar, names->text);
        bar = "|";
        word &= ~value;
    }
    if (word != 0 || *bar == 0)
        say(form == ONE || word == 0 ? "%s%u" : "%s0x%x", bar, word);
}

static void say_argument(char letter, struct task_action *it) {
    const struct word word = word_of(letter, it);
    if (letter == 't')
        say(it->target == NOBODY ? "any" : "%u", it->target);
    else if (letter == 'c') {
        if (it->a != 0)
            say_word(it->a, flags, JOINED);
        if (it->a != 0 && it->b != 0)
            say("|");
        if (it->a == 0 || it->b != 0)
            say_word(it->b, signals(), ONE);
    } else if (letter != 'd' || it->b != 0) {
        say(letter == 'd' ? ", " : "");
        say_word(*word.at, word.names, word.form);
    }
}

void say_action(const struct task_action *action) {
    struct task_action it = *action;
    say(it.actor == NOBODY ? "outside: " : "task %u: ", it.actor);
    for (const char *at = calls[it.kind]; *at != 0; at++) {
        if (*at == '%')
            say_argument(*++at, &it);
        else
            say("%s", (const char[]){*at, 0});
    }
}

void say_walk(const struct walk *walk) {
    say("{\"schema\":\"stublab.walk/1\",\"actions\":[");
    for (uint32_t i = 0; i < walk->count; i++) {
        say(i == 0 ? "\"" : ",\"");
        say_action(&walk->actions[i]);
        say("\"");
    }
    say("]}");
}

/** Says a value that is a pid as the number of its task. */
static void say_value(int32_t value) {
    say(value >= A_TASK ? "#%d" : "%d", value >= A_TASK ? value - A_TASK : value);
}

static void say_view(const struct task_view *it) {
    const uint32_t pids[] = {it->parent, it->tracer, it->group, it->session, it->info & 0xff};
    const uint32_t sets[] = {it->pending, it->shared, it->blocked, it->ignored};
    say("\"%s", (const char[]){(char)it->letter, 0});
    for (uint32_t field = PARENT; field <= IGNORED && it->letter != ' '; field++)
        if (field > SESSION)
            say(" %s %x", field_names[field], sets[field - PENDING] >> 1);
        else
            say(pids[field - PARENT] > 0 ? " %s #%u" : " %s 0", field_names[field],
                pids[field - PARENT] - 1);
    say(it->is_busy ? "; busy\"" : "; ");
    if (it->is_busy)
        return;
    say_value(it->result);
    say(" ");
    say_value(it->status);
    say(pids[4] > 0 ? " %u %d %u #%u\"" : " %u %d %u 0\"", it->info_signal,
        (int16_t)(it->info >> 16), it->info >> 8 & 0xff, pids[4] - 1);
}

void say_views(const struct task_action *action, const struct task_view *views, uint32_t births) {
    say("# step {\"action\":\"");
    if (action != 0)
        say_action(action);
    say("\",\"tasks\":[");
    for (uint32_t i = 0; i < births; i++) {
        say(i > 0 ? "," : "");
        say_view(&views[i]);
    }
    say("]}\n");
}

// ---- Reading: each function takes what it reads, and returns whether it is there ----

static const char *cursor;

static bool take(const char *text) {
    const char *const rest = after(cursor, text);
    cursor = rest != 0 ? rest : cursor;
    return rest != 0;
}

static bool take_number(uint32_t *word) {
    uint64_t number = 0;
    const char *const first = cursor;
    cursor = read_number(cursor, &number);
    *word = (uint32_t)number;
    return cursor != first && number == *word;
}

static bool take_name(uint32_t *word, const struct name *names, enum form form) {
    while (names->text != 0 && !take(names->text))
        names++;
    *word = form == SET ? 1U << names->value : names->value;
    return names->text != 0;
}

static bool take_word(uint32_t *word, const struct name *names, enum form form) {
    *word = 0;
    do {
        uint32_t part;
        if (!take_number(&part) && !take_name(&part, names, form) &&
            !(names == flags && take_name(&part, signals(), ONE)))
            return false;
        *word |= part;
    } while (form != ONE && take("|"));
    return true;
}

/** A task below MOST_PUPPETS, or "any". */
static bool take_task(uint8_t *task) {
    uint32_t number = NOBODY;
    const bool is_one = take("any") || (take_number(&number) && number < MOST_PUPPETS);
    *task = (uint8_t)number;
    return is_one;
}

static bool take_argument(char letter, struct task_action *it) {
    const struct word word = word_of(letter, it);
    if (letter == 't')
        return take_task(&it->target);
    if (letter != 'c')
        return (letter == 'd' && !take(", ")) || take_word(word.at, word.names, word.form);
    uint32_t both;
    const bool is_one = take_word(&both, flags, JOINED);
    it->a = both & ~(uint32_t)CSIGNAL;
    it->b = both & CSIGNAL;
    return is_one;
}

static bool take_call(const char *form, struct task_action *it) {
    for (; *form != 0; form++)
        if (*form == '%' ? !take_argument(*++form, it) : *cursor++ != *form)
            return false;
    return true;
}

static bool take_action(struct task_action *it) {
    uint8_t actor = NOBODY;
    if (!take("outside: ") && !(take("task ") && take_task(&actor) && take(": ")))
        return false;
    const char *const call = cursor;
    for (uint32_t kind = 0; kind < ACTION_KINDS; kind++) {
        cursor = call;
        *it = (struct task_action){.actor = actor, .kind = (uint8_t)kind};
        if (take_call(calls[kind], it) && *cursor == '"')
            return true;
    }
    return false;
}

/** Skips space. */
static bool take_token(const char *text) {
    while (*cursor == ' ' || *cursor == '\t' || *cursor == '\r' || *cursor == '\n')
        cursor++;
    return take(text);
}

char walk_refusal[256];

static const char *refuse(const char *text) {
    write_text(walk_refusal, "%s", text);
    return 0;
}

static const char *refuse_action(uint32_t index, const char *got) {
    enum { SHOWN = 60 };
    char shown[SHOWN + 1];
    uint32_t length = 0;
    for (; length < SHOWN && *got != 0 && *got != '"' && *got != '\n'; got++)
        shown[length++] = *got >= ' ' && *got <= '~' ? *got : '?';
    shown[length] = 0;
    write_text(walk_refusal,
               "actions[%u]: expected a call such as \"task 0: kill(1, SIGSTOP)\", got \"%s\"",
               index, shown);
    return 0;
}

const char *read_walk(const char *text, struct walk *walk) {
    static const char *const head[] = {
        "{", "\"schema\"", ":", "\"stublab.walk/1\"", ",", "\"actions\"", ":", "[", 0};
    cursor = text;
    for (uint32_t i = 0; head[i] != 0; i++)
        if (!take_token(head[i]))
            return refuse("expected a walk: {\"schema\":\"stublab.walk/1\",\"actions\":[...]}");
    walk->count = 0;
    do {
        if (walk->count == MOST_ACTIONS)
            return refuse("actions: expected at most 100");
        const char *const got = take_token("\"") ? cursor : "";
        if (*got == 0 || !take_action(&walk->actions[walk->count]) || !take("\""))
            return refuse_action(walk->count, got);
        walk->count++;
    } while (take_token(","));
    if (!take_token("]") || !take_token("}"))
        return refuse("expected the end of the actions, and of the walk");
    take_token("");
    return cursor;
}
