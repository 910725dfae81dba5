// A play: the probe forks two actors, waits until one of them has asked, and ends them.
#include "actors.h"
#include "facilities.h"
#include <linux/fcntl.h>
#include <linux/wait.h>

/** In milliseconds. */
enum { LIMIT = 10000 };
/** After how many looks at the stage /proc is read. */
enum { MOST_LOOKS = 64 };

/** Makes a file have a number that actors know. */
static bool keep_file(int64_t file, int64_t number, int64_t flags) {
    const bool kept = file >= 0 && syscall3(__NR_dup3, file, number, flags) >= 0;
    if (file >= 0)
        stublab_close((int32_t)file);
    return kept;
}

static void set_stage(void) {
    outlasts = keep_file(stublab_memory_file(page_bytes), STAGE_FILE, 0);
    const int64_t at = stublab_map_shared(outlasts ? STAGE_FILE : -1, page_bytes);
    if (at < 0)
        fail("no memory can be shared with actors", at);
    stage = (volatile struct stage *)at;
    const int64_t program = open_file("/proc/self/exe", O_RDONLY);
    if (program < 0 || !keep_file(stublab_memory_file(0), COPY_FILE, O_CLOEXEC))
        return;
    for (int64_t got = 1; got > 0;) {
        got = syscall3(__NR_read, program, (long)answer, 4096);
        syscall3(__NR_write, COPY_FILE, (long)answer, got);
    }
    syscall2(__NR_fchmod, COPY_FILE, 0111);
    stublab_close((int32_t)program);
}

static bool begets(const char *script) {
    while (*script != 0 && after(script, "begets") == 0)
        script++;
    return *script != 0;
}

/** Whether the request waits for an execve that waits, too. */
static bool is_waiting(void) {
    return state_of(stage->pids[TRACEE]) == 'D' && state_of(stage->pids[TRACER]) == 'S' &&
           stage->done == 0;
}

/** Forks an actor into the process group, which the first one leads. Returns the group. */
static int64_t start_actor(enum role role, int64_t group) {
    int32_t status = 0;
    const int64_t child = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    // Both do it: neither a fork of the child nor the end of all comes first.
    const int64_t leader = group == 0 ? child : group;
    const int64_t result = child < 0 ? child : syscall2(__NR_setpgid, child, leader);
    if (child == 0 && result == 0)
        act(role);
    if (child == 0)
        syscall1(__NR_exit_group, 0);
    // It may have executed a program by now.
    if (result == 0 || result == -EACCES)
        return leader;
    if (child > 0)
        stublab_wait((int32_t)child, __WALL, LIMIT * 1000L, &status);
    stage->step = "a process group";
    stage->refused = result;
    return group;
}

/** Ends all, one that is just forked, too. Those whose parent has ended are the probe's. */
static void end_actors(int64_t group) {
    int32_t status = 0;
    int64_t ended = 1;
    if (group <= 0)
        return;
    syscall2(__NR_kill, -group, SIGKILL);
    while (ended > 0)
        ended = stublab_wait((int32_t)-group, __WALL, LIMIT * 1000L, &status);
    if (ended == 0)
        lose("SIGKILL does not end an actor");
}

const struct access *access_of(const char *name) {
    uint32_t way = 0;
    while (way < WAYS - 1 && !same(accesses[way].name, name))
        way++;
    return &accesses[way];
}

bool play(const char *tracer, const char *tracee, const struct access *access, bool is_yama) {
    const enum way way = (enum way)(access - accesses);
    bool waits = false;
    if (!goes_on())
        return false;
    if (stage == 0)
        set_stage();
    // Every process may ask this about itself.
    const int64_t lack =
        access->request < 0 ? ask_for(way, pid()) : lacks(A_REQUEST, access->request);
    if (lack < 0) {
        skip(access->name, "the kernel lacks it, or a filter refuses it", lack);
        return false;
    }
    *stage = (struct stage){.scripts = {tracer, tracee}, .way = way, .is_yama = is_yama};
    stage->pids[PROBE] = pid();
    stage->pids[INIT] = 1;
    stage->pids[ANYBODY] = -1;
    struct stublab_deadline limit = {.timeout = LIMIT * 1000L};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int64_t group = begets(tracee) ? 0 : start_actor(TRACER, 0);
    group = begets(tracer) ? group : start_actor(TRACEE, group);
    for (uint32_t looks = 1;
         stage->done == 0 && stage->refused == 0 && stublab_time_left(&limit) > 0 && !waits;
         looks++) {
        syscall0(__NR_sched_yield);
        waits = looks % MOST_LOOKS == 0 && is_waiting();
    }
    const bool answered = stage->done != 0;
    seen.result = stage->result > 0 ? 0 : stage->result;
    end_actors(group);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    if (stage->refused < 0)
        skip(stage->step, "an actor cannot take this step", stage->refused);
    else if (!answered && !waits)
        lose("an actor does not answer");
    return answered;
}
