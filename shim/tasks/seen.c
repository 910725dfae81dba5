// What is seen of tasks: in /proc/TID/status, and in the results of their actions.
#include "puppet.h"
#include <asm/signal.h>
#include <linux/fcntl.h>

const char *const field_names[FIELDS] = {"State",  "PPid",   "TracerPid", "NSpgid", "NSsid",
                                         "SigPnd", "ShdPnd", "SigBlk",    "SigIgn", "return",
                                         "result", "status", "siginfo"};

/** Lines of /proc/TID/status are these fields. Which of them are not shown. */
enum { OF_PROC = IGNORED + 1 };
static bool hides[OF_PROC];

/** Whether a puppet at rest is shown as sleeping: then one that is running is on its way. */
static bool shows_rest;

/** An open file for each task; 0: not opened yet. */
static long files[MOST_PUPPETS];
static char text[4096];

static uint8_t number_of(int64_t pid) {
    for (uint32_t i = 0; pid > 0 && i < MOST_PUPPETS; i++)
        if (shared->pids[i] == pid)
            return (uint8_t)(i + 1);
    return 0;
}

/** Reads what /proc shows of a task. Returns false if it shows nothing. */
static bool read_status(uint32_t task) {
    if (files[task] == 0) {
        static char path[32];
        write_text(path, "/proc/%d/status", shared->pids[task]);
        const long file = open_file(path, O_RDONLY);
        if (file < 0)
            return false;
        files[task] = file;
    }
    const long length = syscall4(__NR_pread64, files[task], (long)text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

void forget_tasks(void) {
    for (uint32_t i = 0; i < MOST_PUPPETS; i++) {
        if (files[i] > 0)
            stublab_close((int32_t)files[i]);
        files[i] = 0;
    }
}

static uint64_t read_base(const char *from, uint64_t base) {
    uint64_t word = 0;
    while (*from == '\t' || *from == ' ')
        from++;
    for (;; from++) {
        const uint32_t digit =
            *from >= 'a' ? (uint32_t)(*from - 'a') + 10 : (uint32_t)(*from - '0');
        if (digit >= base)
            return word;
        word = word * base + digit;
    }
}

static char letter_of(const char *from) {
    while (*from == '\t')
        from++;
    if (*from == 'X')
        return ' ';
    const bool is_told = *from == 't' || *from == 'T' || *from == 'Z';
    return is_told || (*from == 'R' && shows_rest) ? *from : '-';
}

/** The value of a field's line. */
static uint64_t value_of(enum field field, const char *from) {
    if (field == STATE)
        return (uint8_t)letter_of(from);
    if (field <= SESSION)
        return number_of((int64_t)read_base(from, 10));
    // Bit n is signal n, of those below 32.
    return (read_base(from, 16) << 1) & 0xffffffff;
}

static void read_fields(uint64_t *values, bool *found) {
    for (const char *line = text; *line != 0;) {
        for (uint32_t field = 0; field < OF_PROC; field++) {
            const char *rest =
                line[0] == field_names[field][0] ? after(line, field_names[field]) : 0;
            if (rest == 0 || *rest != ':')
                continue;
            values[field] = value_of((enum field)field, rest + 1);
            found[field] = true;
        }
        while (*line != 0 && *line++ != '\n')
            ;
    }
}

/** What a pid in a prediction is here. */
static int64_t real(int32_t value) {
    return value >= A_TASK ? shared->pids[value - A_TASK] : value;
}

static bool differs(struct mismatch *found, uint32_t task, enum field field, uint64_t predicted,
                    uint64_t seen) {
    if (predicted == seen)
        return false;
    *found = (struct mismatch){task, field, predicted, seen};
    return true;
}

/** What was seen of a task at last. */
static struct seen {
    uint64_t values[OF_PROC];
    bool has[OF_PROC];
    bool is_busy;
} seen[MOST_PUPPETS];

void observe(uint32_t births) {
    for (uint32_t i = 0; i < births; i++) {
        const struct puppet *it = &shared->puppets[i];
        seen[i] = (struct seen){.values = {' '}, .is_busy = it->posted != it->done};
        if (shared->pids[i] != 0 && read_status(i))
            read_fields(seen[i].values, seen[i].has);
    }
}

bool try_proc(void) {
    uint64_t values[OF_PROC];
    bool found[OF_PROC] = {false};
    if (!read_text("/proc/self/status", text, sizeof text))
        text[0] = 0;
    read_fields(values, found);
    for (uint32_t field = 0; field < OF_PROC; field++)
        hides[field] = !found[field];
    return found[STATE];
}

void try_rest(void) {
    enum { PATIENCE = 1000 };
    const uint64_t started = milliseconds();
    shows_rest = true;
    do {
        observe(1);
        if (!seen[0].is_busy && seen[0].values[STATE] == '-')
            return;
        syscall0(__NR_sched_yield);
    } while (milliseconds() - started < PATIENCE);
    shows_rest = false;
}

char state_seen(uint32_t task) {
    return (char)seen[task].values[STATE];
}

static bool proc_differs(const struct task_view *view, uint32_t task, struct mismatch *found) {
    const uint64_t predicted[OF_PROC] = {view->letter, view->parent,  view->tracer,
                                         view->group,  view->session, view->pending,
                                         view->shared, view->blocked, view->ignored};
    const struct seen *it = &seen[task];
    if (!hides[STATE] && differs(found, task, STATE, view->letter, it->values[STATE]))
        return true;
    if (view->letter == ' ')
        return false;
    for (uint32_t field = PARENT; field < OF_PROC; field++)
        if (it->has[field] &&
            differs(found, task, (enum field)field, predicted[field], it->values[field]))
            return true;
    return false;
}

/** A siginfo: its si_code, its sender, and with a code of a child's (CLD_) its si_status. */
static uint64_t info_seen(const struct puppet *it) {
    const bool has_value = it->code > 0 && it->code < 0x80;
    return (uint64_t)(uint16_t)it->code << 16 | (has_value ? (it->value & 0xff) << 8 : 0) |
           number_of(it->pid);
}

static bool result_differs(const struct task_view *view, uint32_t task, struct mismatch *found) {
    const struct puppet *it = &shared->puppets[task];
    if (differs(found, task, RETURN, !view->is_busy, !seen[task].is_busy))
        return true;
    if (view->is_busy)
        return false;
    return differs(found, task, RESULT, (uint64_t)real(view->result), (uint64_t)it->result) ||
           differs(found, task, STATUS, (uint64_t)real(view->status), (uint64_t)it->status) ||
           differs(found, task, INFO, (uint64_t)view->info_signal << 32 | view->info,
                   (uint64_t)(uint32_t)it->signal << 32 | info_seen(it));
}

bool fits(const struct task_view *views, uint32_t births, struct mismatch *found) {
    for (uint32_t i = 0; i < births; i++)
        if (result_differs(&views[i], i, found))
            return false;
    for (uint32_t i = 0; i < births; i++)
        if (proc_differs(&views[i], i, found))
            return false;
    return true;
}
