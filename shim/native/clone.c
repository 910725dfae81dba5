/* The words of clone(2), the struct of clone3(2), and the values that the kernel refuses. */
#include "native.h"
#include "signals.h"

#include <asm/errno.h>
#include <linux/sched.h>

/* MAX_PID_NS_LEVEL of the kernel's include/linux/pid_namespace.h, which is not exported. */
#define LAST_PID_LEVEL 32

/* The flags of clone3: those of clone except CLONE_DETACHED, and three of its own. */
#define CLONE3_FLAGS                                                                               \
    ((UINT32_MAX & ~(uint64_t)(CSIGNAL | CLONE_DETACHED)) | CLONE_NEWTIME | CLONE_CLEAR_SIGHAND |  \
     CLONE_INTO_CGROUP)

#define INDEX(name) INDEX_##name,
enum { CLONE_MEMBERS(INDEX) INDEX_END };

#define ASSERT_WORD(name)                                                                          \
    _Static_assert(offsetof(struct clone_args, name) == sizeof(uint64_t) * INDEX_##name,           \
                   #name " is in its place");
CLONE_MEMBERS(ASSERT_WORD)
_Static_assert(CLONE3_SIZE == sizeof(uint64_t) * INDEX_END,
               "the third version of struct clone_args ends with cgroup");

static int has_all(uint64_t flags, uint64_t wanted) {
    return (flags & wanted) == wanted;
}

/* The flags that kernel_clone and copy_process refuse for both calls (kernel/fork.c). */
static int both_refuse(uint64_t flags) {
    return has_all(flags, CLONE_NEWNS | CLONE_FS) || has_all(flags, CLONE_NEWUSER | CLONE_FS) ||
           ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) ||
           ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM)) ||
           ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID))) ||
           has_all(flags, CLONE_NEWIPC | CLONE_SYSVSEM);
}

int64_t native_encode_clone(uint64_t flags, int32_t exit_signal) {
    if ((flags & CSIGNAL) || flags > UINT32_MAX)
        return -EINVAL;
    if (exit_signal < 0 || exit_signal > CSIGNAL)
        return -EINVAL;
    /* clone(2) has one address for both the pidfd and the parent's copy of the tid. */
    if (has_all(flags, CLONE_PIDFD | CLONE_DETACHED) ||
        has_all(flags, CLONE_PIDFD | CLONE_PARENT_SETTID))
        return -EINVAL;
    if (both_refuse(flags))
        return -EINVAL;
    return (int64_t)(flags | (uint32_t)exit_signal);
}

uint64_t native_clone_flags(uint64_t word) {
    return word & UINT32_MAX & ~(uint64_t)CSIGNAL;
}

int32_t native_clone_exit_signal(uint64_t word) {
    return (int32_t)(word & CSIGNAL);
}

/* The flags that clone3_args_valid and copy_clone_args_from_user refuse. */
static int clone3_refuses_flags(uint64_t flags) {
    return (flags & ~CLONE3_FLAGS) || has_all(flags, CLONE_SIGHAND | CLONE_CLEAR_SIGHAND) ||
           both_refuse(flags);
}

/* The other members that they refuse. */
static int clone3_refuses_members(const struct clone_args *args) {
    if (args->exit_signal > (uint64_t)SIGRTMAX)
        return 1;
    if (args->exit_signal && (args->flags & (CLONE_THREAD | CLONE_PARENT)))
        return 1;
    if (!args->stack != !args->stack_size)
        return 1;
    if (!args->set_tid != !args->set_tid_size || args->set_tid_size > LAST_PID_LEVEL)
        return 1;
    if ((args->flags & CLONE_INTO_CGROUP) && args->cgroup > INT32_MAX)
        return 1;
    return has_all(args->flags, CLONE_PIDFD | CLONE_PARENT_SETTID) &&
           args->pidfd == args->parent_tid;
}

#define INITIALIZE(name) .name = (name),
#define COPY(name) args->name = wanted.name;

int32_t native_encode_clone3(void *memory, uint32_t at, uint64_t flags, uint64_t pidfd,
                             uint64_t child_tid, uint64_t parent_tid, uint64_t exit_signal,
                             uint64_t stack, uint64_t stack_size, uint64_t tls, uint64_t set_tid,
                             uint64_t set_tid_size, uint64_t cgroup) {
    const struct clone_args wanted = {CLONE_MEMBERS(INITIALIZE)};
    struct clone_args *args = place_in(memory, at);

    if (clone3_refuses_flags(flags) || clone3_refuses_members(&wanted))
        return -EINVAL;
    /* Member by member: the compiler may turn an assignment of the struct into a call of memcpy. */
    CLONE_MEMBERS(COPY)
    return CLONE3_SIZE;
}
