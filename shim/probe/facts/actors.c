// The processes of facts about permission. They share a page with the probe, which outlasts what
// they execute: what is left of their scripts, constant data of one program, is there.
#include "actors.h"
#include "facilities.h"
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/kcmp.h>
#include <linux/time.h>
#include <linux/wait.h>

/** Users, and groups of the same numbers. */
enum { A = 1001, B = 1002 };
enum { SYS_PTRACE = 1 << 19, BY_PID = 1 /* P_PID of waitid(2) */ };
enum { SHARED = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD };
/** In nanoseconds. */
enum { NAP = 5000000 };
/** As which an actor executes the probe. */
static const char *const names[ACTORS] = {"a tracer", "a tracee"};

const struct access accesses[] = {{"process_vm_readv", -1, -EPERM},
                                  {"/proc/PID/mem", -1, -EACCES},
                                  {"kcmp", -1, -EPERM},
                                  {"get_robust_list", -1, -EPERM},
                                  {"ATTACH", PTRACE_ATTACH, -EPERM},
                                  {"SEIZE", PTRACE_SEIZE, -EPERM},
                                  {"TRACEME", PTRACE_TRACEME, -EPERM},
                                  {"PR_SET_PTRACER", PTRACE_TRACEME, -EINVAL}};

volatile struct stage *stage;
static enum role own;
static const char *current; /* the step that it takes */
bool outlasts;
static int32_t parent;

/** Ends a process whose parent has ended: nobody else would, if the probe was killed. */
static void yield(void) {
    if ((int32_t)syscall0(__NR_getppid) != parent)
        syscall1(__NR_exit_group, 0);
    syscall0(__NR_sched_yield);
}

static void await_word(const volatile uint32_t *it, int64_t least) {
    while (*it < least)
        yield();
}

__attribute__((noreturn)) static void rest(void) {
    for (;;) {
        // The kernel writes what is left of it.
        struct __kernel_timespec nap = {0, NAP};
        yield();
        syscall4(__NR_ppoll, 0, 0, (long)&nap, 0);
    }
}

// ---- What is asked for ----

static int64_t open_memory(int32_t task) {
    static char path[32];
    write_text(path, "/proc/%d/mem", task);
    const int64_t file = open_file(path, O_RDONLY);
    return file < 0 ? file : stublab_close((int32_t)file);
}

int64_t ask_for(enum way way, int32_t task) {
    uint64_t words[2] = {0};
    switch (way) {
    case BY_READV:
        return stublab_read_memory(task, (uint64_t)names, words, sizeof words);
    case BY_FILE:
        return open_memory(task);
    case BY_KCMP:
        return syscall6(__NR_kcmp, task, pid(), KCMP_VM, 0, 0, 0);
    case BY_LIST:
        return syscall3(__NR_get_robust_list, task, (long)&words[0], (long)&words[1]);
    case BY_PRCTL:
        return prctl(PR_SET_PTRACER, NO_PID);
    default:
        return stublab_ptrace(accesses[way].request, task, 0, 0);
    }
}

// ---- Steps: their arguments are those of the table below ----

/** Forks an actor, in a process between them if that is asked for. */
static int64_t fork_actor(enum role role, bool between) {
    const int64_t child = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (child != 0)
        return child;
    if (!between)
        act(role);
    parent = (int32_t)syscall0(__NR_getppid);
    fork_actor(role, false);
    rest();
}

static int64_t beget(int64_t between, int64_t unused) {
    (void)unused;
    return fork_actor(own == TRACER ? TRACEE : TRACER, between != 0);
}

static int64_t go_on_in_child(int64_t unused, int64_t too) {
    (void)unused, (void)too;
    const int64_t child = fork_actor(own, false);
    if (child < 0)
        return child;
    rest();
}

/** The thread uses the stack of the first one, which waits for its end as after vfork(2). */
__attribute__((noinline)) static int64_t go_on_in_thread(int64_t flags, int64_t unused) {
    (void)unused;
    const int64_t thread = syscall6(__NR_clone, flags, 0, 0, 0, 0, 0);
    if (thread != 0)
        return thread;
    stage->pids[THREAD] = (int32_t)syscall0(__NR_gettid);
    act(own);
    __builtin_unreachable();
}

static int64_t execute(int64_t copy, int64_t unused) {
    (void)unused;
    const char *const arguments[] = {names[own], 0}, *const environment[] = {0};
    const int64_t lack = lacks(A_CALL, __NR_memfd_create);
    // The program would not find the page.
    if (lack < 0)
        return lack;
    const char *path = copy ? "/proc/self/fd/63" : "/proc/self/exe";
    if (!outlasts)
        return -ENOENT;
    return syscall3(__NR_execve, (long)path, (long)arguments, (long)environment);
}

static int64_t make_call(int64_t number, int64_t argument) {
    return syscall2(number, argument, 0);
}

static int64_t end(int64_t unused, int64_t too) {
    (void)unused, (void)too;
    stage->ready[own] = 1;
    return syscall1(__NR_exit_group, 0);
}

/** Checks that the first mask is permitted, and drops the second one. */
static int64_t change_capabilities(int64_t held, int64_t dropped) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct words[2] = {0};
    int64_t result = syscall2(__NR_capget, (long)&header, (long)words);
    for (int i = 0; i < 2 && result == 0; i++) {
        if (~words[i].permitted & (uint32_t)(held >> 32 * i))
            result = -EPERM;
        words[i].permitted &= (uint32_t) ~(dropped >> 32 * i);
        words[i].effective = words[i].permitted;
        words[i].inheritable = 0;
    }
    return result < 0 || dropped == 0 ? result : syscall2(__NR_capset, (long)&header, (long)words);
}

/** A user, with some capabilities, or none. */
static int64_t become(int64_t id, int64_t held) {
    prctl(PR_SET_KEEPCAPS, held != 0);
    int64_t result = syscall3(__NR_setresgid, id, id, id);
    if (result == 0)
        result = syscall3(__NR_setresuid, id, id, id);
    if (result == 0)
        result = change_capabilities(held, ~held);
    return result < 0 ? result : prctl(PR_SET_DUMPABLE, 1);
}

static int64_t become_ordinary(int64_t id, int64_t held) {
    return syscall0(__NR_geteuid) == 0 ? become(id, held) : change_capabilities(held, ~held);
}

/** Real, effective and saved ids, a letter each; '-' keeps one. */
static int64_t change_ids(int64_t call, const char *letters) {
    int64_t id[3];
    for (int i = 0; i < 3; i++)
        id[i] = letters[i] == 'A' ? A : letters[i] == 'B' ? B : -1;
    return syscall3(call, id[0], id[1], id[2]);
}

/** The pid of an actor, which it writes itself. */
static int32_t pid_of(int64_t part) {
    if (part < ACTORS)
        await_word((const volatile uint32_t *)&stage->pids[part], 1);
    return stage->pids[part];
}

static int64_t name_tracer(int64_t part, int64_t unused) {
    (void)unused;
    return prctl(PR_SET_PTRACER, pid_of(part));
}

static int64_t aim(int64_t part, int64_t unused) {
    (void)unused;
    stage->target = pid_of(part);
    return 0;
}

static int64_t aim_at_kernel_thread(int64_t task, int64_t unused) {
    (void)unused;
    static char text[16];
    stage->target = (int32_t)task;
    return read_text("/proc/2/comm", text, sizeof text) && same(text, "kthreadd\n") ? 0 : -ESRCH;
}

static int64_t trace(int64_t way, int64_t part) {
    return ask_for((enum way)way, pid_of(part));
}

static int64_t await_zombie(int64_t part, int64_t options) {
    return syscall6(__NR_waitid, BY_PID, pid_of(part), 0, options, 0, 0);
}

/** Until an execve of the tracee waits in de_thread, from which only SIGKILL wakes it. Only /proc
 * shows that. */
static int64_t await_exec(int64_t turns, int64_t state) {
    if (state_of(pid()) == 'X')
        return -ENOENT;
    await_word(&stage->turn, turns);
    while (state_of(stage->pids[TRACEE]) != state)
        yield();
    stage->ready[TRACEE] = 1;
    return 0;
}

static int64_t await_refusal(int64_t way, int64_t part) {
    while (ask_for((enum way)way, pid_of(part)) >= 0)
        yield();
    return 0;
}

/** Lets the other actor go on, or waits until that has happened so often. */
static int64_t take_turns(int64_t passed, int64_t awaited) {
    stage->turn += (uint32_t)passed;
    await_word(&stage->turn, awaited);
    return 0;
}

static const struct step {
    const char *name;
    int64_t (*make)(int64_t a, int64_t b);
    int64_t a, b;
} steps[] = {
    {"A", become, A, 0},
    {"B", become, B, 0},
    {"user", become_ordinary, A, 0},
    {"A-capable", become, A, SYS_PTRACE},
    {"B-capable", become, B, SYS_PTRACE},
    {"capable", change_capabilities, SYS_PTRACE, 0},
    {"untracing", change_capabilities, 0, SYS_PTRACE},
    {"incapable", change_capabilities, 0, -1},
    {"dumpable", prctl, PR_SET_DUMPABLE, 1},
    {"undumpable", prctl, PR_SET_DUMPABLE, 0},
    {"fsuid-A", make_call, __NR_setfsuid, A},
    {"fsuid-B", make_call, __NR_setfsuid, B},
    {"namespace", make_call, __NR_unshare, CLONE_NEWUSER},
    {"names-tracer", name_tracer, TRACER, 0},
    {"names-itself", name_tracer, TRACEE, 0},
    {"names-probe", name_tracer, PROBE, 0},
    {"names-thread", name_tracer, THREAD, 0},
    {"names-nobody", name_tracer, NOBODY, 0},
    {"names-anybody", name_tracer, ANYBODY, 0},
    {"at-itself", aim, TRACER, 0},
    {"at-thread", aim, THREAD, 0},
    {"at-init", aim, INIT, 0},
    {"at-kthread", aim_at_kernel_thread, 2, 0},
    {"begets", beget, false, 0},
    {"begets-grandchild", beget, true, 0},
    {"forks", go_on_in_child, 0, 0},
    {"clones", go_on_in_thread, SHARED | CLONE_VFORK, 0},
    {"executes", execute, false, 0},
    {"executes-copy", execute, true, 0},
    {"ends", end, 0, 0},
    {"ends-thread", make_call, __NR_exit, 0},
    {"traceme", make_call, __NR_ptrace, PTRACE_TRACEME},
    {"trace", trace, BY_SEIZE, TRACEE},
    {"zombie", await_zombie, TRACEE, WEXITED | WNOWAIT},
    {"exec", await_exec, 1, 'D'},
    {"refusal", await_refusal, BY_READV, TRACEE},
    {"pass", take_turns, 1, 0},
    {"await-1", take_turns, 0, 1},
    {"await-2", take_turns, 0, 2},
    {0, 0, 0, 0},
};

/** Whether a script goes on with a word; then it goes on after it. */
static bool reads(const char *volatile *script, const char *expected) {
    const char *rest = after(*script, expected);
    if (rest == 0 || (*rest > ' ' && rest[-1] != ':'))
        return false;
    *script = rest + (*rest == ' ');
    return true;
}

static int64_t take_step(const char *volatile *script) {
    const bool uids = reads(script, "uids:");
    current = "other ids";
    if (uids || reads(script, "gids:")) {
        const char *letters = *script;
        *script += letters[3] == ' ' ? 4 : 3;
        return change_ids(uids ? __NR_setresuid : __NR_setresgid, letters);
    }
    const struct step *it = steps;
    while (it->name != 0 && !reads(script, it->name))
        it++;
    current = it->name;
    return it->name == 0 ? -EINVAL : it->make(it->a, it->b);
}

void act(enum role role) {
    own = role;
    parent = (int32_t)syscall0(__NR_getppid);
    stage->pids[role] = pid();
    while (*stage->scripts[role] != 0) {
        const int64_t result = take_step(&stage->scripts[role]);
        if (result >= 0)
            continue;
        stage->step = current;
        stage->refused = result;
        rest();
    }
    // Nobody else ends an actor that waits or is stopped, if the probe was killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (role == TRACEE && !stage->is_yama)
        name_tracer(ANYBODY, 0);
    if ((role == TRACEE) == (stage->way == BY_TRACEME)) {
        await_word(&stage->ready[role == TRACER ? TRACEE : TRACER], 1);
        stage->result = ask_for(stage->way, stage->target != 0 ? stage->target : pid_of(TRACEE));
        stage->done = 1;
    }
    stage->ready[role] = 1;
    rest();
}

void act_as(const char *name) {
    const enum role role = same(name, names[TRACER]) ? TRACER : TRACEE;
    if (!same(name, names[role]))
        return;
    const int64_t at = stublab_map_shared(STAGE_FILE, PAGE_SIZE);
    if (at < 0)
        syscall1(__NR_exit_group, 0);
    stage = (volatile struct stage *)at;
    outlasts = true;
    act(role);
}
