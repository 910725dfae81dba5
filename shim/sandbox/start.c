#include "machine.h"
#include "sandbox.h"
#include "signal.h"
#include <asm-generic/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/wait.h>

/*
 * A program with foreign code has a parent that is the first process of its namespaces:
 *
 *     starter  -- clone(CLONE_NEWUSER | CLONE_NEWPID | ...) -->  init  -- clone -->  program
 *
 * The kernel kills every process in a pid namespace when its first process ends, and init is killed
 * when the starter ends. init needs little memory: it shares the starter's, copied on write.
 */

enum { MOST_FILES = 8, MOST_FILE = 1024 };

/** Constants that old kernel headers lack. */
enum {
    LANDLOCK_TRUNCATE = 1 << 14,
    LANDLOCK_ABI_TRUNCATE = 3,
    LANDLOCK_ABI_SCOPES = 6,
    LANDLOCK_SCOPES = 1 << 0 | 1 << 1, /* abstract Unix sockets; signals */
    LANDLOCK_WRITES = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                      LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                      LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
};

struct landlock_rules {
    uint64_t filesystem;
    uint64_t network;
    uint64_t scopes;
};

static long set_mask(uint64_t mask, uint64_t *previous) {
    return syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)previous, SIGSET_SIZE);
}

static long die_with_parent(void) {
    return syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
}

static void close_from(long first) {
    if (syscall3(__NR_close_range, first, 0x7fffffff, 0) == 0)
        return;
    for (long file = first; file < MOST_FILE; file++)
        syscall1(__NR_close, file);
}

/** Makes the files of `start` the descriptors 0, 1, 2, ..., and closes all others. */
static long take_files(const struct stublab_start *start) {
    int64_t copies[MOST_FILES];
    uint32_t count = start->file_count;
    if (count > MOST_FILES)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = syscall3(__NR_fcntl, start->files[i], F_DUPFD, count);
        if (copies[i] < 0)
            return copies[i];
    }
    for (uint32_t i = 0; i < count; i++)
        syscall3(__NR_dup3, copies[i], i, 0);
    close_from(count);
    return 0;
}

/**
 * Waits for the byte that reports that the ids of this namespace are mapped. If the channel ends,
 * the starter has ended.
 */
static long await_go(const struct stublab_start *start) {
    (void)start;
    char byte = 0;
    long result = syscall3(__NR_read, STUBLAB_START_CHANNEL, (long)&byte, 1);
    return result == 0 ? -ESRCH : result;
}

static long new_session(const struct stublab_start *start) {
    return start->options & STUBLAB_START_CONFINED ? syscall0(__NR_setsid) : 0;
}

/** Mounts the /proc of this namespace, or an empty one, so that it shows no other process. */
static long mount_proc(const struct stublab_start *start) {
    if (!(start->namespaces & CLONE_NEWNS))
        return 0;
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    long result = syscall6(__NR_mount, (long)"none", (long)"/", 0, MS_REC | MS_PRIVATE, 0, 0);
    if (result < 0)
        return result;
    result = syscall6(__NR_mount, (long)"proc", (long)"/proc", (long)"proc", (long)flags, 0, 0);
    if (result < 0 && start->options & STUBLAB_START_CONFINED)
        result = syscall6(__NR_mount, (long)"none", (long)"/proc", (long)"tmpfs", (long)flags,
                          (long)"size=4k", 0);
    return result;
}

/** Makes all mounts read-only and without devices (Linux 5.12 and later). */
static long shut_mounts(const struct stublab_start *start) {
    if (!(start->namespaces & CLONE_NEWNS) || !(start->options & STUBLAB_START_CONFINED))
        return 0;
    const struct mount_attr shut = {.attr_set =
                                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    long result = syscall6(__NR_mount_setattr, AT_FDCWD, (long)"/", AT_RECURSIVE, (long)&shut,
                           sizeof shut, 0);
    return result == -ENOSYS ? 0 : result;
}

/** Drops all capabilities except reading files, and prevents an execve from regaining any. */
static long drop_capabilities(const struct stublab_start *start) {
    (void)start;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    long result = syscall2(__NR_capget, (long)&header, (long)sets);
    if (result < 0)
        return result;
    uint32_t kept = sets[0].permitted & 1U << CAP_DAC_READ_SEARCH;
    sets[0] = (struct __user_cap_data_struct){.effective = kept, .permitted = kept};
    sets[1] = (struct __user_cap_data_struct){0};
    result = syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
    return result < 0 ? result : syscall2(__NR_capset, (long)&header, (long)sets);
}

/** Sets the limits of the program. They do not apply to init. */
static long set_limits(const struct stublab_start *start) {
    for (uint32_t i = 0; i < start->limit_count; i++) {
        const struct stublab_limit *limit = &start->limits[i];
        struct rlimit64 both = {0};
        long result = syscall4(__NR_prlimit64, 0, (long)limit->resource, 0, (long)&both);
        if (result < 0)
            return result;
        if (both.rlim_max > limit->value)
            both.rlim_max = limit->value;
        both.rlim_cur = both.rlim_max;
        result = syscall4(__NR_prlimit64, 0, (long)limit->resource, (long)&both, 0);
        if (result < 0)
            return result;
    }
    return 0;
}

/** Restricts the program by Landlock, which needs no namespace, if the kernel has it. */
static long enter_landlock(const struct stublab_start *start) {
    long abi = syscall3(__NR_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0)
        return 0;
    struct landlock_rules rules = {0};
    if (start->options & STUBLAB_START_CONFINED) {
        rules.filesystem = LANDLOCK_WRITES;
        if (abi >= LANDLOCK_ABI_TRUNCATE)
            rules.filesystem |= LANDLOCK_TRUNCATE;
    }
    if (abi >= LANDLOCK_ABI_SCOPES)
        rules.scopes = LANDLOCK_SCOPES;
    if (rules.filesystem == 0 && rules.scopes == 0)
        return 0;
    long file = syscall3(__NR_landlock_create_ruleset, (long)&rules, sizeof rules, 0);
    if (file < 0)
        return file;
    long result = syscall2(__NR_landlock_restrict_self, file, 0);
    syscall1(__NR_close, file);
    return result;
}

static long execute(const struct stublab_start *start) {
    set_mask(0, 0);
    return syscall3(__NR_execve, (long)start->program, (long)start->arguments,
                    (long)start->environment);
}

typedef long (*step)(const struct stublab_start *start);

/** Takes the steps from `number` to `end`. If one fails, the process ends. */
static void take(const step *steps, int32_t number, int32_t end, const struct stublab_start *start,
                 volatile struct stublab_fate *fate) {
    for (; number < end; number++) {
        fate->step = number;
        long result = steps[number](start);
        if (result >= 0)
            continue;
        fate->error = (int32_t)-result;
        syscall1(__NR_exit_group, 1);
    }
}

/** Waits for the end of the program, and exits, which ends the pid namespace. */
__attribute__((noreturn)) static void await(long program, volatile struct stublab_fate *fate) {
    int32_t status = 0;
    close_from(0);
    for (;;) {
        long ended = syscall4(__NR_wait4, -1, (long)&status, __WALL, 0);
        if (ended != program && ended != -ECHILD)
            continue;
        if (ended == program)
            fate->status = status;
        syscall1(__NR_exit_group, 0);
    }
}

/** Raw system calls only: init has a copy of the memory of a threaded process, without the other
 * threads. */
__attribute__((noreturn)) static void init(const struct stublab_start *start,
                                           volatile struct stublab_fate *fate) {
    static const step steps[] = {
        [STUBLAB_START_FILES] = take_files,    [STUBLAB_START_GO] = await_go,
        [STUBLAB_START_SESSION] = new_session, [STUBLAB_START_PROC] = mount_proc,
        [STUBLAB_START_MOUNTS] = shut_mounts,  [STUBLAB_START_CAPABILITIES] = drop_capabilities,
        [STUBLAB_START_LIMITS] = set_limits,   [STUBLAB_START_LANDLOCK] = enter_landlock,
        [STUBLAB_START_PROGRAM] = execute,
    };
    die_with_parent();
    default_dispositions();
    take(steps, STUBLAB_START_FILES, STUBLAB_START_CLONE, start, fate);
    /* The program has the same user, and must not trace init. Its own execve undoes this for it. */
    syscall6(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
    fate->step = STUBLAB_START_CLONE;
    long own = syscall0(__NR_getpid);
    long program = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (program == 0) {
        die_with_parent();
        if (syscall0(__NR_getppid) == own)
            take(steps, STUBLAB_START_LIMITS, STUBLAB_START_PROGRAM + 1, start, fate);
        syscall1(__NR_exit_group, 1);
    }
    if (program < 0) {
        fate->error = (int32_t)-program;
        syscall1(__NR_exit_group, 1);
    }
    await(program, fate);
}

int64_t stublab_start(const struct stublab_start *start, volatile struct stublab_fate *fate) {
    uint64_t previous = 0;
    fate->step = STUBLAB_START_FILES;
    fate->error = 0;
    fate->status = -1;
    long result = set_mask(~0ULL, &previous);
    if (result < 0)
        return result;
    int64_t pid = syscall6(__NR_clone, (long)(start->namespaces | SIGCHLD), 0, 0, 0, 0, 0);
    if (pid == 0)
        init(start, fate);
    set_mask(previous, 0);
    return pid;
}

int64_t stublab_socket_pair(int32_t *files) {
    enum { AF_UNIX = 1, SOCK_STREAM = 1, SOCK_CLOEXEC = O_CLOEXEC };
    return syscall4(__NR_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, (long)files);
}
