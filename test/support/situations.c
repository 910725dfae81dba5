/*
 * Makes a situation that `stublab explain` is asked about: `situations NAME [unreported]` prints
 * the pid of the process, and keeps it so until its standard input ends. The last stop has been
 * reported to the tracer, this process, unless a second word is given.
 */

#define _GNU_SOURCE
#include <fcntl.h>
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
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const int file = open(path, O_RDONLY);
    require(file >= 0, path);
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    const char *end = strrchr(text, ')');
    return end == NULL ? '?' : end[2];
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

static void forks(void) {
    // Not by fork(3), which may make the call clone.
    if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
        sleeps();
}

static void clones(void) {
    if (syscall(SYS_clone, 0, 0, 0, 0, 0) == 0)
        sleeps();
}

static void vforks(void) {
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0)
        _exit(0);
}

static void executes(void) {
    execl("/proc/self/exe", "situations", "sleep", NULL);
    require(0, "execl");
}

static void *sleeping_thread(void *unused) {
    sleeps();
    return unused;
}

static void leader_ends(void) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, sleeping_thread, NULL) == 0, "pthread_create");
    syscall(SYS_exit, 0);
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

struct stop {
    const char *name;
    void (*body)(void);
    int options;
    int request;
    /** How often it is resumed, from its first stop on. */
    int times;
};

static const struct stop STOPS[] = {
    {"traced", stops, 0, PTRACE_CONT, 0},
    {"signal", signals, 0, PTRACE_CONT, 1},
    {"int3", traps, 0, PTRACE_CONT, 1},
    {"group-stop", stops, 0, PTRACE_CONT, 2},
    {"entry", calls, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL, 1},
    {"exit", calls, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL, 2},
    {"bad-entry", calls, 0, PTRACE_SYSCALL, 1},
    {"sysemu", calls, PTRACE_O_TRACESYSGOOD, PTRACE_SYSEMU, 1},
    {"seccomp", calls_filtered, PTRACE_O_TRACESECCOMP, PTRACE_CONT, 1},
    {"fork", forks, PTRACE_O_TRACEFORK, PTRACE_CONT, 1},
    {"clone", clones, PTRACE_O_TRACECLONE, PTRACE_CONT, 1},
    {"vfork", vforks, PTRACE_O_TRACEVFORK, PTRACE_CONT, 1},
    {"vfork-done", vforks, PTRACE_O_TRACEVFORKDONE, PTRACE_CONT, 1},
    {"exec", executes, PTRACE_O_TRACEEXEC, PTRACE_CONT, 1},
    {"exec-trap", executes, 0, PTRACE_CONT, 1},
    {"exit-event", ends, PTRACE_O_TRACEEXIT, PTRACE_CONT, 1},
};

static void (*traced_body)(void);

static void traced(void) {
    require(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0, "TRACEME");
    raise(SIGSTOP);
    traced_body();
}

static pid_t stopped(const struct stop *stop) {
    traced_body = stop->body;
    const pid_t pid = born(traced);
    if (stop->times == 0)
        return last_stop(pid);
    int signal = 0;
    for (int i = 0; i < stop->times; i++) {
        const int status = next_stop(pid);
        signal = i > 0 && WSTOPSIG(status) == SIGSTOP ? SIGSTOP : 0;
        const unsigned long options = (unsigned long)stop->options | PTRACE_O_EXITKILL;
        require(ptrace(PTRACE_SETOPTIONS, pid, 0, options) == 0, "SETOPTIONS");
        require(ptrace(stop->request, pid, 0, signal) == 0, "resume");
    }
    return last_stop(pid);
}

static pid_t seized(void) {
    const pid_t pid = until(born(sleeps), 'S');
    require(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) == 0, "SEIZE");
    return pid;
}

static pid_t group_stopped(void) {
    const pid_t pid = seized();
    kill(pid, SIGSTOP);
    next_stop(pid);
    require(ptrace(PTRACE_CONT, pid, 0, SIGSTOP) == 0, "CONT");
    return last_stop(pid);
}

static pid_t listening(void) {
    is_reported = 1;
    const pid_t pid = group_stopped();
    require(ptrace(PTRACE_LISTEN, pid, 0, 0) == 0, "LISTEN");
    return pid;
}

static pid_t interrupted(void) {
    const pid_t pid = seized();
    require(ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0, "INTERRUPT");
    return last_stop(pid);
}

static pid_t running(void) {
    return until(born(runs), 'R');
}
static pid_t sleeping(void) {
    return until(born(sleeps), 'S');
}
static pid_t zombie(void) {
    return until(born(ends), 'Z');
}
static pid_t job(void) {
    return until(born(stops_as_a_job), 'T');
}
static pid_t stopped_untraced(void) {
    return until(born(stops), 'T');
}
static pid_t leader_ended(void) {
    return until(born(leader_ends), 'Z');
}
static pid_t undumpable(void) {
    return until(born(is_undumpable), 'S');
}
static pid_t unprivileged(void) {
    return until(born(has_no_new_privileges), 'S');
}
static pid_t set_user_id(void) {
    return until(born(is_set_user_id), 'S');
}
static pid_t capable(void) {
    return until(born(keeps_capabilities), 'S');
}

/** What the processes share: pids that one makes and another uses. */
static volatile pid_t *shared;

static void has_child(void) {
    shared[0] = born(sleeps);
}

/** A zombie whose tracer is not its parent; its parent does not wait for it. */
static pid_t traced_zombie(void) {
    born(has_child);
    while (shared[0] == 0)
        sched_yield();
    const pid_t pid = shared[0];
    require(ptrace(PTRACE_SEIZE, pid, 0, 0) == 0, "SEIZE");
    kill(pid, SIGTERM);
    next_stop(pid);
    require(ptrace(PTRACE_CONT, pid, 0, SIGTERM) == 0, "CONT");
    return until(pid, 'Z');
}

static void *thread_to_end(void *unused) {
    shared[0] = gettid();
    sleeps();
    return unused;
}

static void executes_with_a_thread(void) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, thread_to_end, NULL) == 0, "pthread_create");
    while (shared[1] == 0)
        sched_yield();
    executes();
}

/** It waits for a thread that stays at its exit event. */
static pid_t executing(void) {
    const pid_t pid = born(executes_with_a_thread);
    while (shared[0] == 0)
        sched_yield();
    const unsigned long options = PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
    require(ptrace(PTRACE_SEIZE, shared[0], 0, options) == 0, "SEIZE");
    shared[1] = 1;
    next_stop(shared[0]);
    return until(pid, 'D');
}

struct situation {
    const char *name;
    pid_t (*make)(void);
};

static const struct situation SITUATIONS[] = {
    {"running", running},
    {"sleeping", sleeping},
    {"stopped", stopped_untraced},
    {"job", job},
    {"zombie", zombie},
    {"zombie-traced", traced_zombie},
    {"zombie-leader", leader_ended},
    {"exec-waits", executing},
    {"group-stop-seized", group_stopped},
    {"listening", listening},
    {"interrupted", interrupted},
    {"undumpable", undumpable},
    {"no-new-privileges", unprivileged},
    {"set-user-id", set_user_id},
    {"capable", capable},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static pid_t make(const char *name) {
    for (size_t i = 0; i < COUNT(STOPS); i++)
        if (strcmp(name, STOPS[i].name) == 0)
            return stopped(&STOPS[i]);
    for (size_t i = 0; i < COUNT(SITUATIONS); i++)
        if (strcmp(name, SITUATIONS[i].name) == 0)
            return SITUATIONS[i].make();
    fprintf(stderr, "no situation %s\n", name);
    exit(2);
}

int main(int count, char **words) {
    is_reported = count < 3;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t pid = make(count < 2 ? "" : words[1]);
    printf("%d\n", pid);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    kill(pid, SIGKILL);
    return 0;
}
