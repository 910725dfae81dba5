// Who may trace whom under Yama: Documentation/admin-guide/LSM/Yama.rst.
#include "actors.h"

static const char group[] = "permission under Yama";
#define CHECKS_ACCESS "yama_ptrace_access_check, security/yama/yama_lsm.c"
#define SCOPE "/proc/sys/kernel/yama/ptrace_scope"

static void expect_scenes(const struct scene *scenes, uint64_t count, enum access access,
                          int32_t scope) {
    for (const struct scene *it = scenes; it < &scenes[count]; it++)
        expect_scene(it, access, true, it->marks[scope]);
}

/** Marks are for the scopes 0 to 3. */
static void expect_scope(int32_t scope) {
    /* What asks as ATTACH does. */
    static const struct scene attaching[] = {
        {"a child", "++--", "user begets", ""},
        {"a grandchild", "++--", "user begets-grandchild", ""},
        {"its thread", "++--", "user begets-grandchild", "clones at-thread"},
        {"the parent", "+---", "", "user begets"},
        {"a sibling", "+---", "user", "user"},
        {"a sibling by CAP_SYS_PTRACE", "+++-", "A-capable", "A"},
        {"in a user namespace of the tracer", "+++-", "user", "user namespace"},
        {"who names the tracer", "++--", "user", "user names-tracer"},
        {"the tracer's parent", "++--", "user", "user names-probe"},
        {"anybody", "++--", "user", "user names-anybody"},
        {"itself", "+---", "user", "user names-itself"},
        {"the tracer, then nobody", "+---", "user", "user names-tracer names-nobody"},
        {"the tracer, then itself", "+---", "user", "user names-tracer names-itself"},
        {"the parent, who names the tracer", "++--", "", "user begets names-tracer"},
        {"a child of who names anybody", "+---", "user", "user names-anybody forks"},
        {"anybody, by a thread that ends", "++--", "user", "user clones names-anybody ends-thread"},
        {"anybody, then a program", "++--", "user", "user names-anybody executes"},
        {"anybody, by a thread, then a program", "+---", "user",
         "user clones names-anybody executes"},
        {"the tracer's thread", "++--", "user clones pass", "user await-1 names-thread"},
        {"the tracer's thread, then a program", "++--", "user clones pass await-2 executes",
         "user await-1 names-thread pass"},
    };
    /* It ends for Yama after an RCU grace period. */
    static const struct scene ended = {"the tracer's thread, then its ends", " ---",
                                       "user clones pass await-2 ends-thread refusal",
                                       "user await-1 names-thread pass"};
    static const struct scene traced = {"traced by the tracer, then it names nobody", "++  ",
                                        "user await-1 trace pass",
                                        "user names-tracer pass await-2 names-nobody"};
    static const struct scene sibling = {"a sibling", "++++", "user", "user"};
    static const struct scene parents[] = {
        {"by a parent", "++--", "user begets", ""},
        {"by a parent with CAP_SYS_PTRACE", "+++-", "capable begets", ""},
    };
    set_control(SCOPE, scope);
    EACH (enum access, it, BY_SEIZE, BY_READV, BY_FILE)
        expect_scenes(attaching, COUNT(attaching), *it, scope);
    expect_scenes(&ended, 1, BY_ATTACH, scope);
    expect_scenes(&traced, 1, BY_FILE, scope);
    expect_scenes(&sibling, 1, BY_LIST, scope);
    expect_scenes(&sibling, 1, BY_KCMP, scope);
    expect_scenes(parents, COUNT(parents), BY_TRACEME, scope);
    reset_control();
}

PERMISSION("Yama scope 0 restricts nothing", CHECKS_ACCESS) {
    expect_scope(0);
}

PERMISSION("In Yama scope 1 a tracer is an ancestor, or has CAP_SYS_PTRACE, or is named by "
           "PR_SET_PTRACER, as its descendants are",
           CHECKS_ACCESS) {
    expect_scope(1);
}

PERMISSION("In Yama scope 2 a tracer has CAP_SYS_PTRACE, also for TRACEME", CHECKS_ACCESS) {
    expect_scope(2);
}

PERMISSION("In Yama scope 3 nobody becomes a tracer", CHECKS_ACCESS) {
    if (goes_on() && !is_named())
        skip(0, "scope 3 stays until the next boot: it is tried if --only names it", 0);
    expect_scope(3);
}

PERMISSION("PR_SET_PTRACER with a pid without a task is EINVAL, also without Yama",
           "yama_task_prctl, security/yama/yama_lsm.c") {
    enum { SET_PTRACER = 0x59616d61 };
    TEST("", seen.result = syscall2(__NR_prctl, SET_PTRACER, NO_PID), expect_result(-EINVAL));
}
