/*
 * The seccomp filter of guests' stubs: a sequence of rules. Each rule allows one form of one call,
 * or else falls through to the next; the last instruction kills the process.
 */
#include "machine.h"
#include "native.h"
#include "signals.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#define LOAD(offset) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset)))
#define RETURN(action) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (action)))
/* Compares the loaded word, and skips some instructions if it is the value, and others if not. */
#define JUMP(value, equal, unequal)                                                                \
    ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (equal), (uint8_t)(unequal)))

#define NUMBER offsetof(struct seccomp_data, nr)
#define ARCHITECTURE offsetof(struct seccomp_data, arch)
#define INSTRUCTION_POINTER offsetof(struct seccomp_data, instruction_pointer)
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (index))

/* BPF has words of 32 bits; of a longer word, the low half comes first. */
#define LOW_HALF 0
#define HIGH_HALF sizeof(uint32_t)

/* How many instructions compare one argument, and how many end a rule. */
#define COMPARISON 4
#define VERDICT 1

/* An argument and its required value. */
struct wanted {
    size_t index;
    uint64_t value;
};

/* Allows `call` if its arguments are the `count` wanted ones. */
static struct sock_filter *allow(struct sock_filter *at, uint32_t call, size_t count,
                                 const struct wanted *arguments) {
    size_t rest = COMPARISON * count + VERDICT;

    *at++ = LOAD(NUMBER);
    *at++ = JUMP(call, 0, rest);
    for (size_t i = 0; i < count; i++) {
        *at++ = LOAD(ARGUMENT(arguments[i].index) + LOW_HALF);
        *at++ = JUMP((uint32_t)arguments[i].value, 0, rest - 2);
        *at++ = LOAD(ARGUMENT(arguments[i].index) + HIGH_HALF);
        *at++ = JUMP((uint32_t)(arguments[i].value >> 32), 0, rest - COMPARISON);
        rest -= COMPARISON;
    }
    *at++ = RETURN(SECCOMP_RET_ALLOW);
    return at;
}

/* Before all rules: kills calls of other architectures, and traps those from a vsyscall page. */
static struct sock_filter *origin(struct sock_filter *at) {
    *at++ = LOAD(ARCHITECTURE);
    *at++ = JUMP(MACHINE_AUDIT_ARCH, VERDICT, 0);
    *at++ = RETURN(SECCOMP_RET_KILL_PROCESS);
#ifdef VSYSCALL_HALF
    *at++ = LOAD(INSTRUCTION_POINTER + HIGH_HALF);
    *at++ = JUMP(VSYSCALL_HALF, 0, VERDICT);
    *at++ = RETURN(SECCOMP_RET_TRAP);
#endif
    return at;
}

int32_t native_encode_seccomp(void *memory, uint32_t at, int32_t exit_signal) {
    static const uint32_t free_calls[] = {__NR_mmap,   __NR_munmap,         __NR_mprotect,
                                          __NR_getpid, __NR_getppid,        __NR_wait4,
                                          __NR_exit,   __NR_restart_syscall};
    static const struct wanted thread[] = {{0, STUB_THREAD_FLAGS}};
    static const struct wanted stop[] = {{1, SIGSTOP}};
    static const struct wanted empty_path[] = {{4, AT_EMPTY_PATH}};
    static const struct wanted death_signal[] = {{0, PR_SET_PDEATHSIG}, {1, SIGKILL}};
    const struct wanted process[] = {{0, CLONE_FILES | (uint32_t)exit_signal}};
    struct sock_filter *start = place_in(memory, at);
    struct sock_filter *end = origin(start);

    for (size_t i = 0; i < sizeof(free_calls) / sizeof(free_calls[0]); i++)
        end = allow(end, free_calls[i], 0, NULL);
    end = allow(end, __NR_clone, 1, process);
    end = allow(end, __NR_clone, 1, thread);
    end = allow(end, __NR_kill, 1, stop);
    end = allow(end, __NR_execveat, 1, empty_path);
    end = allow(end, __NR_prctl, 2, death_signal);
    *end++ = RETURN(SECCOMP_RET_KILL_PROCESS);
    return (int32_t)(end - start);
}
