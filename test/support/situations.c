/*
 * Makes a situation that `stublab explain` is asked about: `situations NAME [unreported]` prints
 * the pid of the process, and keeps it so until its standard input ends. The last stop has been
 * reported to the tracer, this process, unless a second word is given.
 */

#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** A user without rights: test/kernels/explain.mjs explains as the same. */
#define ORDINARY_USER 54321

static int is_reported = 1;

static void require(int holds, const char *what) {
    if (holds)
        return;
    perror(what);
    exit(1);
}

static char state_of(pid_t pid) {
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    require(file != NULL && fscanf(file, "%*d (%*[^)]) %c", &state) == 1, path);
    fclose(file);
    return state;
}

static pid_t until(pid_t pid, char state) {
    while (state_of(pid) != state)
        sched_yield();
    return pid;
}

/* ---- what the processes do ---- */

static void sleeps(void) {
    for (;;)
        sleep(1000);
}

static void runs(void) {
    for (volatile int i = 0;; i++)
        ;
}

static void stops(void) {
    raise(SIGSTOP);
}

static void stops_as_a_job(void) {
    setpgid(0, 0);
    raise(SIGTSTP);
}

static void ends(void) {
    _exit(7);
}

static void signals(void) {
    raise(SIGUSR1);
}

static void traps(void) {
#ifdef __x86_64__
    __asm__ volatile("int3");
#else
    __asm__ volatile("brk #0");
#endif
}

static void calls(void) {
    syscall(SYS_close, -1);
}

static void calls_filtered(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
    calls();
}

/** The flags of clone. */
static long flags;

static void clones(void) {
    if (syscall(SYS_clone, flags, 0, 0, 0, 0) == 0)
        _exit(0);
}

static void executes(void) {
    execl("/proc/self/exe", "situations", "sleep", NULL);
    require(0, "execl");
}

static void is_undumpable(void) {
    prctl(PR_SET_DUMPABLE, 0);
}

static void has_no_new_privileges(void) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void is_set_user_id(void) {
    require(setresuid(ORDINARY_USER, 0, 0) == 0, "setresuid");
}

static void keeps_capabilities(void) {
    prctl(PR_SET_KEEPCAPS, 1);
    require(setgid(ORDINARY_USER) == 0 && setuid(ORDINARY_USER) == 0, "setuid");
    prctl(PR_SET_DUMPABLE, 1);
}

/* ---- how they are born, and what is done with them ---- */

static pid_t born(void (*body)(void)) {
    const pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    sleeps();
    exit(1);
}

/** The stop that is explained. */
static pid_t last_stop(pid_t pid) {
    siginfo_t info;
    const int options = WSTOPPED | WEXITED | __WALL | (is_reported ? 0 : WNOWAIT);
    require(waitid(P_PID, (id_t)pid, &info, options) == 0, "waitid");
    return pid;
}

static int next_stop(pid_t pid) {
    int status = 0;
    require(waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status), "waitpid");
    return status;
}

static void trace(long request, pid_t pid, long data) {
    require(ptrace(request, pid, 0, data) == 0, "ptrace");
}

static void (*traced_body)(void);

static void traced(void) {
    trace(PTRACE_TRACEME, 0, 0);
    raise(SIGSTOP);
    traced_body();
}

static pid_t seized(long options) {
    const pid_t pid = until(born(sleeps), 'S');
    trace(PTRACE_SEIZE, pid, options | PTRACE_O_EXITKILL);
    return pid;
}

static pid_t group_stopped(void) {
    const pid_t pid = seized(0);
    kill(pid, SIGSTOP);
    next_stop(pid);
    trace(PTRACE_CONT, pid, SIGSTOP);
    return last_stop(pid);
}

static pid_t listening(void) {
    const pid_t pid = group_stopped();
    trace(PTRACE_LISTEN, pid, 0);
    return pid;
}

static pid_t interrupted(void) {
    const pid_t pid = seized(0);
    trace(PTRACE_INTERRUPT, pid, 0);
    return last_stop(pid);
}

/** What the processes share: pids that one makes and another uses. */
static volatile pid_t *shared;

static pid_t shared_pid(void) {
    while (shared[0] == 0)
        sched_yield();
    return shared[0];
}

static void has_child(void) {
    shared[0] = born(sleeps);
}

/** A zombie whose tracer is not its parent; its parent does not wait for it. */
static pid_t traced_zombie(void) {
    born(has_child);
    const pid_t pid = shared_pid();
    trace(PTRACE_SEIZE, pid, 0);
    kill(pid, SIGTERM);
    next_stop(pid);
    trace(PTRACE_CONT, pid, SIGTERM);
    return until(pid, 'Z');
}

static void *sleeping_thread(void *unused) {
    shared[0] = gettid();
    sleeps();
    return unused;
}

static void has_thread(void) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, sleeping_thread, NULL) == 0, "pthread_create");
}

static void leader_ends(void) {
    has_thread();
    syscall(SYS_exit, 0);
}

static void executes_with_a_thread(void) {
    has_thread();
    while (shared[1] == 0)
        sched_yield();
    executes();
}

/** It waits for a thread that stays at its exit event. */
static pid_t executing(void) {
    const pid_t pid = born(executes_with_a_thread);
    trace(PTRACE_SEIZE, shared_pid(), PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    shared[1] = 1;
    next_stop(shared[0]);
    return until(pid, 'D');
}

struct situation {
    const char *name;
    void (*body)(void);
    /** Of a process that is not traced. */
    char state;
    /** Of a tracee: how it is resumed, how often, from its first stop on, its options, its clone.
     */
    int request, times;
    long options, flags;
    pid_t (*make)(void);
};

static const struct situation SITUATIONS[] = {
    {"running", .body = runs, .state = 'R'},
    {"sleeping", .body = sleeps, .state = 'S'},
    {"stopped", .body = stops, .state = 'T'},
    {"job", .body = stops_as_a_job, .state = 'T'},
    {"zombie", .body = ends, .state = 'Z'},
    {"zombie-leader", .body = leader_ends, .state = 'Z'},
    {"undumpable", .body = is_undumpable, .state = 'S'},
    {"no-new-privileges", .body = has_no_new_privileges, .state = 'S'},
    {"set-user-id", .body = is_set_user_id, .state = 'S'},
    {"capable", .body = keeps_capabilities, .state = 'S'},
    {"signal", signals, 0, PTRACE_CONT, 1, 0},
    {"int3", traps, 0, PTRACE_CONT, 1, 0},
    {"group-stop", stops, 0, PTRACE_CONT, 2, 0},
    {"entry", calls, 0, PTRACE_SYSCALL, 1, PTRACE_O_TRACESYSGOOD},
    {"exit", calls, 0, PTRACE_SYSCALL, 2, PTRACE_O_TRACESYSGOOD},
    {"bad-entry", calls, 0, PTRACE_SYSCALL, 1, 0},
    {"sysemu", calls, 0, PTRACE_SYSEMU, 1, PTRACE_O_TRACESYSGOOD},
    {"seccomp", calls_filtered, 0, PTRACE_CONT, 1, PTRACE_O_TRACESECCOMP},
    {"fork", clones, 0, PTRACE_CONT, 1, PTRACE_O_TRACEFORK, SIGCHLD},
    {"clone", clones, 0, PTRACE_CONT, 1, PTRACE_O_TRACECLONE},
    {"vfork", clones, 0, PTRACE_CONT, 1, PTRACE_O_TRACEVFORK, CLONE_VFORK},
    {"vfork-done", clones, 0, PTRACE_CONT, 1, PTRACE_O_TRACEVFORKDONE, CLONE_VFORK},
    {"exec", executes, 0, PTRACE_CONT, 1, PTRACE_O_TRACEEXEC},
    {"exec-trap", executes, 0, PTRACE_CONT, 1, 0},
    {"exit-event", ends, 0, PTRACE_CONT, 1, PTRACE_O_TRACEEXIT},
    {"group-stop-seized", .make = group_stopped},
    {"listening", .make = listening},
    {"interrupted", .make = interrupted},
    {"zombie-traced", .make = traced_zombie},
    {"exec-waits", .make = executing},
};

static pid_t make(const struct situation *it) {
    if (it->make != NULL)
        return it->make();
    if (it->state != 0)
        return until(born(it->body), it->state);
    traced_body = it->body;
    flags = it->flags;
    const pid_t pid = born(traced);
    for (int i = 0; i < it->times; i++) {
        const int signal = WSTOPSIG(next_stop(pid));
        trace(PTRACE_SETOPTIONS, pid, it->options | PTRACE_O_EXITKILL);
        trace(it->request, pid, i > 0 && signal == SIGSTOP ? SIGSTOP : 0);
    }
    return last_stop(pid);
}

int main(int count, char **words) {
    is_reported = count < 3;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct situation *it = SITUATIONS;
    while (strcmp(it->name, count < 2 ? "" : words[1]) != 0)
        require(++it < SITUATIONS + sizeof SITUATIONS / sizeof *SITUATIONS, "no such situation");
    const pid_t pid = make(it);
    printf("%d\n", pid);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    kill(pid, SIGKILL);
    return 0;
}
