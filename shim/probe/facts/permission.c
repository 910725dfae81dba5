// Who may trace whom: tables of a tracer, a tracee and what is expected, as "Ptrace access mode
// checking" in ptrace(2) describes it. Yama's are in yama.c.
#include "actors.h"

static const char group[] = "permission";
#define MAY_ACCESS "__ptrace_may_access, kernel/ptrace.c"
#define SUID_DUMPABLE "/proc/sys/fs/suid_dumpable"

struct actor {
    const char *name, *script;
};

/** A check for each pair: marks[tracee][tracer]. */
static void expect_pairs(const struct actor *tracers, uint64_t tracer_count,
                         const struct actor *tracees, uint64_t tracee_count,
                         const char *const *marks, enum access access) {
    for (uint64_t i = 0; i < tracee_count * tracer_count; i++) {
        const struct actor *tracer = &tracers[i % tracer_count];
        const struct actor *tracee = &tracees[i / tracer_count];
        static char name[96];
        say_to(name);
        say("%s by %s", tracee->name, tracer->name);
        say_to(0);
        expect_scene(&(struct scene){name, "", tracer->script, tracee->script}, access, false,
                     marks[i / tracer_count][i % tracer_count]);
    }
}

/** Checks of each scene, and a mark for each way to ask. */
static void expect_scenes(const struct scene *scenes, uint64_t count, const enum access *ways) {
    for (const struct scene *it = scenes; it < &scenes[count]; it++)
        for (uint32_t i = 0; it->marks[i] != 0; i++)
            expect_scene(it, ways[i], false, it->marks[i]);
}

// ---- Ids and capabilities ----

/** Skips the rest of the fact unless the probe may change ids and capabilities. */
static void need_root(void) {
    if (goes_on() && syscall0(__NR_geteuid) != 0)
        skip(0, "the probe is not root", 0);
}

static void expect_ids(enum access access, const char *const *marks) {
    static const struct actor tracers[] = {
        {"A", "A"},
        {"real uid A, effective B", "gids:AAA uids:ABA dumpable"},
        {"real uid B, effective A", "gids:AAA uids:BAA dumpable"},
        {"A with saved uid B", "gids:AAA uids:AAB dumpable"},
        {"A with real gid B", "gids:BAA uids:AAA dumpable"},
        {"root without CAP_SYS_PTRACE", "untracing"},
        {"root without capabilities", "incapable"},
        {"B with CAP_SYS_PTRACE", "B-capable"},
        {"root", "capable"},
    };
    static const struct actor tracees[] = {
        {"A", "A"},
        {"real uid B", "gids:AAA uids:BAA dumpable"},
        {"effective uid B", "gids:AAA uids:ABA dumpable"},
        {"saved uid B", "gids:AAA uids:AAB dumpable"},
        {"real gid B", "gids:BAA uids:AAA dumpable"},
        {"effective gid B", "gids:ABA uids:AAA dumpable"},
        {"saved gid B", "gids:AAB uids:AAA dumpable"},
        {"B", "B"},
        {"root without capabilities", "capable incapable"},
        {"root", "capable"},
    };
    need_root();
    expect_pairs(tracers, COUNT(tracers), tracees, COUNT(tracees), marks, access);
}

/** By lines of tracees, and columns of tracers, in the order above. */
static const char *const by_real_ids[] = {"++-+---++", "-------++", "-------++", "-------++",
                                          "-------++", "-------++", "-------++", "-------++",
                                          "-----++++", "-------++"};
static const char *const by_effective_ids[] = {"+-+++---+", "--------+", "-------++", "--------+",
                                               "--------+", "--------+", "--------+", "-------++",
                                               "-----++-+", "--------+"};

PERMISSION("Who attaches has real ids that are all three of the tracee's and no fewer "
           "capabilities, or CAP_SYS_PTRACE",
           MAY_ACCESS) {
    expect_ids(BY_ATTACH, by_real_ids);
    expect_ids(BY_SEIZE, by_real_ids);
}

PERMISSION("process_vm_readv needs what ATTACH needs", "mm_access, kernel/fork.c") {
    expect_ids(BY_READV, by_real_ids);
}

PERMISSION("get_robust_list needs what ATTACH needs", "get_robust_list, kernel/futex/syscalls.c") {
    expect_ids(BY_LIST, by_real_ids);
}

PERMISSION("For /proc/PID/mem effective ids count instead of real ones, and the effective uid of "
           "the tracee is its owner",
           "mm_access, kernel/fork.c") {
    expect_ids(BY_FILE, by_effective_ids);
}

PERMISSION("TRACEME needs a parent that has the child's capabilities, or CAP_SYS_PTRACE; ids do "
           "not matter",
           "cap_ptrace_traceme, security/commoncap.c") {
    static const struct actor parents[] = {
        {"root", "capable begets"},
        {"root without CAP_SYS_PTRACE", "begets untracing"},
        {"root without capabilities", "begets incapable"},
        {"A with CAP_SYS_PTRACE", "begets A-capable"},
        {"A", "begets A"},
    };
    static const struct actor children[] = {
        {"root", "capable"},
        {"root without CAP_SYS_PTRACE", "capable untracing"},
        {"root without capabilities", "incapable"},
        {"who is not dumpable", "incapable undumpable"},
        {"B", "B"},
        {"who is traced", "incapable traceme"},
    };
    static const char *const marks[] = {"+--+-", "++-+-", "+++++", "+++++", "+++++", "-----"};
    need_root();
    expect_pairs(parents, COUNT(parents), children, COUNT(children), marks, BY_TRACEME);
}

// ---- Dumpable ----

static void expect_dumpable(const struct actor *tracees, uint64_t count, const char *const *marks) {
    static const struct actor tracers[] = {
        {"its user", "user"},
        {"its user with CAP_SYS_PTRACE", "A-capable"},
    };
    expect_pairs(tracers, COUNT(tracers), tracees, count, marks, BY_SEIZE);
    expect_pairs(tracers, COUNT(tracers), tracees, count, marks, BY_LIST);
}

PERMISSION("A task that is not dumpable is traced with CAP_SYS_PTRACE only; a fork keeps that, and "
           "an execve ends it",
           MAY_ACCESS) {
    static const struct actor tracees[] = {
        {"dumpable", "user"},
        {"not dumpable", "user undumpable"},
        {"its child", "user undumpable forks"},
        {"dumpable again", "user undumpable dumpable"},
        {"an executed program", "user undumpable executes"},
    };
    static const char *const marks[] = {"++", "-+", "-+", "++", "++"};
    expect_dumpable(tracees, COUNT(tracees), marks);
}

static void expect_changes(int32_t suid_dumpable) {
    static const struct actor tracees[] = {
        {"all uids", "gids:AAA dumpable uids:AAA"},
        {"effective uid", "gids:AAA uids:ABA dumpable uids:-A-"},
        {"effective gid", "gids:ABA uids:AAA dumpable gids:-A-"},
        {"fsuid, and back", "gids:AAA uids:AAB dumpable fsuid-B fsuid-A uids:--A"},
        {"an unreadable program", "user executes-copy"},
        {"real uid", "gids:AAA uids:BAA dumpable uids:A--"},
        {"saved uid", "gids:AAA uids:AAB dumpable uids:--A"},
        {"fewer capabilities", "A-capable incapable"},
    };
    static const char *const marks[] = {"-+", "-+", "-+", "-+", "-+", "++", "++", "++"};
    need_root();
    set_control(SUID_DUMPABLE, suid_dumpable);
    expect_dumpable(tracees, COUNT(tracees), marks);
    reset_control();
}

#define CHANGES                                                                                    \
    "A change of effective or file system ids, and an unreadable program, make a task that is "    \
    "not "                                                                                         \
    "dumpable: fs.suid_dumpable "
#define COMMITS "commit_creds, kernel/cred.c"

PERMISSION(CHANGES "0", COMMITS) {
    expect_changes(0);
}

PERMISSION(CHANGES "2", COMMITS) {
    expect_changes(2);
}

// ---- User namespaces, relatives, ends ----

PERMISSION("Capabilities count in the tracee's user namespace, or that of its program if it is not "
           "dumpable; the owner of a namespace has all in it",
           "cap_ptrace_access_check, security/commoncap.c") {
    static const enum access ways[] = {BY_SEIZE, BY_READV, BY_LIST, BY_TRACEME};
    static const struct scene scenes[] = {
        {"inside by the owner outside", "+++", "user", "user namespace"},
        {"outside by the owner inside", "---", "user namespace", "user"},
        {"in another namespace of the owner", "---", "user namespace", "user namespace"},
        {"both inside", "+++", "user namespace begets", ""},
        {"by one without capabilities", "---", "user namespace begets incapable", ""},
        {"both without", "+++", "user namespace begets incapable", "incapable"},
        {"not dumpable, by the owner outside", "---", "user", "user namespace undumpable"},
        {"not dumpable, both inside", "---", "user namespace begets", "undumpable"},
        {"inside by root outside", "+++", "capable", "A namespace"},
        {"inside by root without CAP_SYS_PTRACE", "---", "capable untracing", "A namespace"},
        {"inside, its parent outside", "   +", "user begets", "namespace"},
        {"outside, its parent inside", "   -", "user begets namespace", ""},
    };
    expect_scenes(scenes, COUNT(scenes), ways);
}

PERMISSION("Relatives and others of one user may trace each other; its own process, what is traced "
           "and kernel threads are EPERM",
           "ptrace_attach, kernel/ptrace.c") {
    static const enum access ways[] = {BY_ATTACH, BY_SEIZE, BY_READV, BY_KCMP};
    static const struct scene scenes[] = {
        {"a child", "++++", "user begets", ""},
        {"a grandchild", "++++", "user begets-grandchild", ""},
        {"the parent", "++++", "", "user begets"},
        {"a sibling", "++++", "user", "user"},
        {"its second thread", "++++", "user", "user clones at-thread"},
        {"itself", "--++", "at-itself", ""},
        {"its first thread by its second", "--++", "at-itself clones", ""},
        {"traced by its parent", "--++", "user", "user traceme"},
        {"traced by the tracer", "--++", "user await-1 trace", "user pass"},
        {"a kernel thread", "--", "user at-kthread", ""},
        {"a kernel thread by root", "--", "capable at-kthread", ""},
        {"process 1", " ---", "A at-init", ""},
    };
    expect_scenes(scenes, COUNT(scenes), ways);
}

PERMISSION("A zombie is EPERM for ATTACH; whether it may be asked about is as before its end: not "
           "if it was not dumpable (CVE-2026-46333)",
           "task_still_dumpable, kernel/ptrace.c") {
    static const enum access ways[] = {BY_ATTACH, BY_SEIZE, BY_LIST, BY_KCMP};
    static const struct scene scenes[] = {
        {"dumpable", "--++", "user begets zombie", "ends"},
        {"not dumpable", "----", "user begets zombie", "undumpable ends"},
        {"not dumpable by root", "--++", "capable begets zombie", "undumpable ends"},
        {"another user's", "----", "begets zombie A", "B ends"},
    };
    expect_scenes(scenes, COUNT(scenes), ways);
}

PERMISSION("While an execve waits for a traced thread its process can be read; ATTACH waits, and "
           "only a signal ends that",
           "de_thread, fs/exec.c") {
    static const struct scene scene = {"", "", "user begets exec",
                                       "clones traceme ends-thread pass executes"};
    EACH (enum access, it, BY_READV, BY_FILE, BY_KCMP, BY_LIST)
        expect_scene(&scene, *it, false, '+');
    EACH (enum access, it, BY_ATTACH, BY_SEIZE) {
        bool answered = false;
        TEST(accesses[*it].name, answered = play(scene.tracer, scene.tracee, *it, false),
             expect("answers", NUMBER, 0, answered, true));
    }
}
