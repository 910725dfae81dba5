/*
 * Makes a situation that `stublab explain` is asked about: `situations NAME [unreported]` prints
 * the pid of the process, and keeps it so until its standard input ends. The last stop has been
 * reported to the tracer, this process, unless a second word is given.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <mntent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** A user without rights: test/kernels/explain.mjs explains as the same. */
#define ORDINARY_USER 54321
/** How long it may take to make a situation, in seconds. */
#define LIMIT 60

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
    for (char seen = 0; (seen = state_of(pid)) != state; sched_yield())
        require(seen != 'Z' && seen != 'X', "the process ended");
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

/** What its filter returns for a call. */
static void calls_under(unsigned action, unsigned long filter_flags) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    require(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter_flags, &program) >= 0, "seccomp");
    calls();
}

static void calls_filtered(void) {
    calls_under(SECCOMP_RET_TRACE, 0);
}

/** Nothing reads its listener. */
static void calls_notified(void) {
    calls_under(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/** A page that nothing provides. */
static char *lacking_page(void) {
    const int file = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    require(file >= 0 && ioctl(file, UFFDIO_API, &api) == 0, "userfaultfd");
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_register its = {{(unsigned long)page, 4096}, UFFDIO_REGISTER_MODE_MISSING, 0};
    require(ioctl(file, UFFDIO_REGISTER, &its) == 0, "UFFDIO_REGISTER");
    return page;
}

static void faults(void) {
    *(volatile char *)lacking_page() = 1;
}

static void reads_into_fault(void) {
    char *page = lacking_page();
    require(read(open("/dev/zero", O_RDONLY), page, 1) == 1, "read");
}

static void polls_rings(void) {
    struct io_uring_params its = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1};
    require(syscall(SYS_io_uring_setup, 4, &its) >= 0, "io_uring_setup");
}

/** The end of its name would be a line of /proc/PID/status, if it began one. */
static void has_forged_name(void) {
    prctl(PR_SET_NAME, "x\rTracerPid:\t1");
}

static void has_separated_name(void) {
    prctl(PR_SET_NAME, "\u2028State:\tZ\t");
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

static void has_tracee(void) {
    traced_body = signals;
    shared[0] = born(traced);
    next_stop(shared[0]);
    stops();
}

/** Its tracer is stopped itself. */
static pid_t traced_by_stopped(void) {
    until(born(has_tracee), 'T');
    return shared_pid();
}

static void waits_for_stop(void) {
    has_child();
    shared[1] = waitpid(shared[0], NULL, WUNTRACED);
}

/** A group-stop that its parent has waited for: /proc no longer shows the signal. */
static pid_t group_stop_waited(void) {
    born(waits_for_stop);
    const pid_t pid = until(shared_pid(), 'S');
    trace(PTRACE_SEIZE, pid, PTRACE_O_EXITKILL);
    kill(pid, SIGSTOP);
    next_stop(pid);
    trace(PTRACE_CONT, pid, SIGSTOP);
    last_stop(pid);
    while (shared[1] == 0)
        sched_yield();
    return pid;
}

static pid_t polling(void) {
    const pid_t pid = born(polls_rings);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    for (;;) {
        DIR *folder = opendir(path);
        require(folder != NULL, path);
        for (struct dirent *it = readdir(folder); it != NULL; it = readdir(folder))
            if (atoi(it->d_name) != 0 && atoi(it->d_name) != pid)
                return until(atoi(it->d_name), 'S');
        closedir(folder);
    }
}

/** A cgroup that the situation makes, and where it mounts the hierarchy if no other process has. */
static char folder[256], mounted[] = "/tmp/situations-XXXXXX";
static int is_mounted;

static char *in_folder(const char *name) {
    static char path[320];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text) {
    const int file = open(in_folder(name), O_WRONLY | O_CLOEXEC);
    require(file >= 0 && write(file, text, strlen(text)) > 0 && close(file) == 0, name);
}

static void until_has(const char *path, const char *text) {
    char content[4096] = "";
    while (strstr(content, text) == NULL) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        const long length = read(file, content, sizeof content - 1);
        require(length >= 0 && close(file) == 0, path);
        content[length] = 0;
    }
}

static const char *hierarchy(const char *type, const char *option) {
    static char at[128];
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    require(mounts != NULL, "mounts");
    for (struct mntent *it = getmntent(mounts); it != NULL; it = getmntent(mounts))
        if (strcmp(it->mnt_type, type) == 0 && (!option || hasmntopt(it, option)))
            snprintf(at, sizeof at, "%s", it->mnt_dir);
    endmntent(mounts);
    if (at[0] != 0)
        return at;
    is_mounted = mkdtemp(mounted) != NULL && mount("none", mounted, type, 0, option) == 0;
    require(is_mounted, type);
    return mounted;
}

/** Freezes a process; or, by a cgroup of version 1, a thread, which then not even SIGKILL wakes. */
static void freeze(pid_t pid, int version) {
    const char *at = version == 1 ? hierarchy("cgroup", "freezer") : hierarchy("cgroup2", NULL);
    char number[16];
    snprintf(folder, sizeof folder, "%s/situations-%d", at, pid);
    snprintf(number, sizeof number, "%d", pid);
    require(mkdir(folder, 0755) == 0, folder);
    put(version == 1 ? "tasks" : "cgroup.procs", number);
    put(version == 1 ? "freezer.state" : "cgroup.freeze", version == 1 ? "FROZEN" : "1");
    if (version == 1)
        until_has(in_folder("freezer.state"), "FROZEN");
    else
        until_has(in_folder("cgroup.events"), "frozen 1");
}

static pid_t frozen(void) {
    const pid_t pid = until(born(sleeps), 'S');
    freeze(pid, 2);
    return pid;
}

static pid_t frozen_by_freezer(void) {
    const pid_t pid = until(born(sleeps), 'S');
    freeze(pid, 1);
    return pid;
}

static void dumps_with_a_thread(void) {
    // With a limit of one byte the kernel dumps neither to a file nor to a program.
    const struct rlimit least = {1, 1};
    require(setrlimit(RLIMIT_CORE, &least) == 0, "setrlimit");
    has_thread();
    while (shared[1] == 0)
        sched_yield();
    raise(SIGQUIT);
}

/** The dump waits for a thread that is frozen. */
static pid_t dumping(void) {
    const pid_t pid = born(dumps_with_a_thread);
    char path[64];
    freeze(until(shared_pid(), 'S'), 1);
    shared[1] = 1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    until_has(path, "CoreDumping:\t1");
    return until(pid, 'D');
}

/** Ends a process, and removes its cgroup. */
static void end(pid_t pid) {
    kill(pid, SIGKILL);
    if (folder[0] != 0) {
        if (access(in_folder("freezer.state"), F_OK) == 0)
            put("freezer.state", "THAWED");
        waitpid(pid, NULL, __WALL);
        rmdir(folder);
    }
    if (is_mounted && umount(mounted) == 0)
        rmdir(mounted);
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
    {"notified", .body = calls_notified, .state = 'S'},
    {"userfault", .body = faults, .state = 'S'},
    {"userfault-in-call", .body = reads_into_fault, .state = 'S'},
    {"forged-name", .body = has_forged_name, .state = 'S'},
    {"separated-name", .body = has_separated_name, .state = 'S'},
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
    {"tracer-stopped", .make = traced_by_stopped},
    {"group-stop-waited", .make = group_stop_waited},
    {"polling", .make = polling},
    {"frozen", .make = frozen},
    {"frozen-by-freezer", .make = frozen_by_freezer},
    {"dumping", .make = dumping},
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
    // On a kernel that cannot make it, one process may wait forever for another.
    alarm(LIMIT);
    const pid_t pid = make(it);
    alarm(0);
    printf("%d\n", pid);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    end(pid);
    return 0;
}
