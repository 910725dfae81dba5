// What a puppet does, and who moves it.
#include "puppet.h"
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time.h>
#include <linux/wait.h>

/** Operations of futex(2). */
enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1 };
enum { THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM };

/** The file of the shared memory, which outlasts an exec, and as what a puppet executes the probe.
 */
enum { SHARED_FILE = 61 };
#define PUPPET "puppet "

struct shared *shared;
bool can_execute;

void map_shared_memory(void) {
    const int64_t file = stublab_memory_file(sizeof *shared);
    can_execute = file >= 0 && syscall3(__NR_dup3, file, SHARED_FILE, 0) >= 0 &&
                  syscall3(__NR_faccessat, AT_FDCWD, (long)"/proc/thread-self/exe", 1) == 0;
    const int64_t at = stublab_map_shared(can_execute ? SHARED_FILE : -1, sizeof *shared);
    if (at < 0)
        fail("no memory can be shared with puppets", at);
    shared = (struct shared *)at;
}

static void *stack_of(uint32_t number) {
    return shared->stacks[number + 1];
}

/** Ends all puppets if nobody moves them any more. */
static void check_keeper(void) {
    if (syscall2(__NR_kill, shared->keeper, 0) == 0)
        return;
    for (uint32_t i = 0; i < MOST_PUPPETS; i++)
        if (shared->pids[i] > 0)
            syscall2(__NR_kill, shared->pids[i], SIGKILL);
    syscall1(__NR_exit_group, 0);
}

static int64_t change_action(uint32_t signal, bool ignores) {
    // The kernel's struct sigaction: handler, flags, restorer, mask.
    const uint64_t action[4] = {ignores ? 1 : 0, 0, 0, 0};
    return syscall4(__NR_rt_sigaction, signal, (long)action, 0, 8);
}

static int64_t change_mask(uint64_t set) {
    return syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&set, 0, 8);
}

/** Indices in a siginfo of waitid or GETSIGINFO, in words of 32 bits. */
static void note_info(struct puppet *own, const int32_t *info) {
    own->signal = info[0];
    own->code = info[2];
    own->pid = info[4];
    own->value = info[6];
}

static int64_t request(struct puppet *own, int32_t target) {
    const struct task_action *it = &own->action;
    int64_t message = 0;
    int32_t info[32] = {0};
    const uint64_t mask = it->b >> 1;
    int64_t address = 0, data = it->b;
    if (it->a == PTRACE_SETSIGMASK) {
        address = sizeof mask;
        data = (int64_t)&mask;
    }
    if (it->a == PTRACE_GETEVENTMSG)
        data = (int64_t)&message;
    if (it->a == PTRACE_GETSIGINFO)
        data = (int64_t)info;
    const int64_t result = syscall4(__NR_ptrace, it->a, target, address, data);
    own->status = message;
    note_info(own, info);
    return result;
}

static int64_t wait_by_id(struct puppet *own, int64_t type, int64_t id) {
    int32_t info[32] = {0};
    const int64_t result = syscall6(__NR_waitid, type, id, (long)info, own->action.a, 0, 0);
    note_info(own, info);
    return result;
}

static int64_t wait_for_pid(struct puppet *own, int64_t pid) {
    int32_t status = 0;
    const int64_t result = syscall4(__NR_wait4, pid, (long)&status, own->action.a, 0);
    own->status = status;
    return result;
}

static void begin_life(uint64_t number);

static int64_t clone_puppet(const struct puppet *own, uint32_t number, uint64_t flags) {
    shared->puppets[number].process = flags & CLONE_THREAD ? own->process : number;
    return clone_onto(flags | CLONE_PARENT_SETTID, stack_of(number), &shared->pids[number],
                      begin_life, number);
}

/** Executes the probe, which then is the puppet of its process. */
static int64_t execute(const struct puppet *own) {
    char name[] = PUPPET "0";
    name[sizeof PUPPET - 1] += (char)own->process;
    const char *const arguments[] = {name, 0}, *const environment[] = {0};
    return syscall3(__NR_execve, (long)"/proc/thread-self/exe", (long)arguments, (long)environment);
}

/** Actions after one that went otherwise may name a puppet that was not born: 0 would be the
 * caller. */
static bool names_unborn(const struct task_action *it) {
    return (it->target < MOST_PUPPETS && shared->pids[it->target] == 0) ||
           (it->kind == ACTION_SETPGID && shared->pids[it->a % MOST_PUPPETS] == 0);
}

static int64_t perform(struct puppet *own) {
    const struct task_action *it = &own->action;
    if (names_unborn(it))
        return -ESRCH;
    const int32_t target = it->target < MOST_PUPPETS ? shared->pids[it->target] : -1;
    switch (it->kind) {
    case ACTION_FORK:
        return clone_puppet(own, own->child, it->a & CLONE_THREAD ? it->a | THREAD : it->a | it->b);
    case ACTION_EXIT:
        return syscall1(__NR_exit, it->a);
    case ACTION_EXIT_GROUP:
        return syscall1(__NR_exit_group, it->a);
    case ACTION_KILL_PROCESS:
        return syscall2(__NR_kill, target, it->a);
    case ACTION_KILL_GROUP:
        return syscall2(__NR_kill, -target, it->a);
    case ACTION_TGKILL:
        return syscall2(__NR_tkill, target, it->a);
    case ACTION_WAIT4:
        return wait_for_pid(own, target);
    case ACTION_WAIT4_GROUP:
        return wait_for_pid(own, -target);
    case ACTION_WAITID:
        return wait_by_id(own, target < 0 ? P_ALL : P_PID, target < 0 ? 0 : target);
    case ACTION_WAITID_GROUP:
        return wait_by_id(own, P_PGID, target);
    case ACTION_SET_PDEATHSIG:
        return syscall2(__NR_prctl, PR_SET_PDEATHSIG, it->a);
    case ACTION_SET_SUBREAPER:
        return syscall2(__NR_prctl, PR_SET_CHILD_SUBREAPER, it->a);
    case ACTION_SETSID:
        return syscall0(__NR_setsid);
    case ACTION_SETPGID:
        return syscall2(__NR_setpgid, target, shared->pids[it->a]);
    case ACTION_SIGPROCMASK:
        return change_mask(it->a >> 1);
    case ACTION_SIGACTION:
        return change_action(it->a, it->b != 0);
    case ACTION_EXEC:
        return execute(own);
    default:
        return request(own, target);
    }
}

/** What a puppet does all its life. */
static void live(uint64_t number) {
    struct puppet *own = &shared->puppets[number];
    const struct __kernel_timespec patience = {2, 0};
    for (;;) {
        const uint32_t done = own->done;
        if (own->posted == done) {
            if (syscall4(__NR_futex, (long)&own->posted, FUTEX_WAIT, done, (long)&patience) ==
                -ETIMEDOUT)
                check_keeper();
            continue;
        }
        own->status = 0;
        own->signal = own->code = own->pid = own->value = 0;
        own->result = perform(own);
        own->done = done + 1;
    }
}

void live_as(const char *name) {
    const char *number = after(name, PUPPET);
    if (number == 0)
        return;
    // The model knows of one call of a new program.
    shared = (struct shared *)syscall6(__NR_mmap, 0, sizeof *shared, PROT_READ | PROT_WRITE,
                                       MAP_SHARED, SHARED_FILE, 0);
    struct puppet *own = &shared->puppets[*number - '0'];
    own->result = own->status = 0;
    own->signal = own->code = own->pid = own->value = 0;
    own->done = own->posted;
    live((uint64_t)(*number - '0'));
}

/** Its birth is its first action. */
static void begin_life(uint64_t number) {
    shared->puppets[number].done++;
    live(number);
}

/** The first puppet has what the keeper has changed. */
static void live_first(uint64_t number) {
    for (uint32_t signal = 1; signal < 32; signal++)
        change_action(signal, false);
    change_mask(0);
    // With a limit of 1 a signal dumps no core, whatever the pattern of its file.
    const uint64_t limit[2] = {1, 1};
    syscall4(__NR_prlimit64, 0, RLIMIT_CORE, (long)limit, 0);
    syscall0(__NR_setsid);
    begin_life(number);
}

int64_t fork_first(void) {
    memset(shared->puppets, 0, sizeof shared->puppets);
    for (uint32_t i = 0; i < MOST_PUPPETS; i++)
        shared->pids[i] = 0;
    shared->keeper = (int32_t)syscall0(__NR_getpid);
    shared->puppets[0].posted = 1;
    return clone_onto(SIGCHLD | CLONE_PARENT_SETTID, stack_of(0), &shared->pids[0], live_first, 0);
}

void post(const struct task_action *action, uint32_t child) {
    struct puppet outside = {.action = *action};
    if (action->actor == NOBODY) {
        perform(&outside);
        return;
    }
    struct puppet *it = &shared->puppets[action->actor];
    it->action = *action;
    it->child = child;
    if (action->kind == ACTION_FORK)
        shared->puppets[child].posted = 1;
    it->posted++;
    syscall3(__NR_futex, (long)&it->posted, FUTEX_WAKE, 1);
}

bool end_puppets(uint32_t births) {
    enum { PATIENCE = 30000 };
    const uint64_t started = milliseconds();
    for (uint32_t turn = 0;; turn++) {
        for (uint32_t i = 0; turn % 64 == 0 && i < births; i++)
            if (shared->pids[i] > 0)
                syscall2(__NR_kill, shared->pids[i], SIGKILL);
        const int64_t reaped = syscall4(__NR_wait4, -1, 0, __WALL | WNOHANG, 0);
        if (reaped == -ECHILD)
            return true;
        if (reaped == 0)
            syscall0(__NR_sched_yield);
        if (turn % 64 == 63 && milliseconds() - started > PATIENCE)
            return false;
    }
}
