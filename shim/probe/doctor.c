// What this kernel has of what stubs, facts and setups need.
#include "check.h"
#include <asm/signal.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/uio.h>

/** Requests that the kernel's headers may lack. */
enum { RSEQ_CONFIGURATION = 0x420f, SET_SYSCALL_INFO = 0x4212, SYSEMU = 31 };

static int64_t reads_regset(struct tracee *stub) {
    struct iovec area = {frame_words(), BLOCK_SIZE};
    return stublab_ptrace(PTRACE_GETREGSET, stub->pid, 1 /* NT_PRSTATUS */, &area);
}

static int64_t reads_syscall_info(struct tracee *stub) {
    uint64_t info[16];
    return stublab_ptrace(PTRACE_GET_SYSCALL_INFO, stub->pid, sizeof info, info);
}

/** A length of 0 is too short for the request: EINVAL if there is one. */
static int64_t sets_syscall_info(struct tracee *stub) {
    int64_t result = stublab_ptrace(SET_SYSCALL_INFO, stub->pid, 0, frame_words());
    return result == -EINVAL ? 0 : result;
}

static int64_t reads_rseq(struct tracee *stub) {
    uint64_t configuration[4];
    return stublab_ptrace(RSEQ_CONFIGURATION, stub->pid, sizeof configuration, configuration);
}

static int64_t reads_pending(struct tracee *stub) {
    struct ptrace_peeksiginfo_args arguments = {0, 0, 1};
    uint64_t info[16];
    return stublab_ptrace(PTRACE_PEEKSIGINFO, stub->pid, (uint64_t)&arguments, info);
}

static int64_t reads_memory(struct tracee *stub) {
    uint64_t word = 0;
    return stublab_read_memory(stub->pid, stub_address(), &word, sizeof word);
}

static int64_t has_pidfd(struct tracee *stub) {
    int64_t file = stublab_pidfd(stub->pid);
    return file < 0 ? file : stublab_close((int32_t)file);
}

static int64_t has_memory_file(struct tracee *stub) {
    (void)stub;
    int64_t file = stublab_memory_file(page_bytes);
    return file < 0 ? file : stublab_close((int32_t)file);
}

/** No range: EINVAL if there is such a call. */
static int64_t closes_ranges(struct tracee *stub) {
    int64_t result = INJECT(stub, __NR_close_range, 1, 0, 0);
    return result == -EINVAL ? 0 : result;
}

/** No filter: EFAULT if there can be one. */
static int64_t has_filters(struct tracee *stub) {
    INJECT(stub, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int64_t result = INJECT(stub, __NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, 0);
    return result == -EFAULT ? 0 : result;
}

/** A call of the stub stops it and is not made. It is the last trial: the stub is lost. */
static int64_t emulates(struct tracee *stub) {
    int32_t status = 0;
    const uint64_t *words = encoder_words(stub->initial);
    int64_t result = set_registers(stub->pid, words);
    if (result == 0)
        result = stublab_ptrace(SYSEMU, stub->pid, 0, 0);
    if (result == 0)
        result = wait_for(stub, &status, 1000);
    return result < 0 ? result : status == (0x7f | (SIGTRAP | 0x80) << 8) ? 0 : -EPROTO;
}

static const struct {
    const char *name;
    int64_t (*trial)(struct tracee *stub);
} trials[] = {
    {"PTRACE_GETREGSET", reads_regset},
    {"PTRACE_GET_SYSCALL_INFO (Linux 5.3)", reads_syscall_info},
    {"PTRACE_SET_SYSCALL_INFO (Linux 6.16)", sets_syscall_info},
    {"PTRACE_GET_RSEQ_CONFIGURATION (Linux 5.13)", reads_rseq},
    {"PTRACE_PEEKSIGINFO", reads_pending},
    {"process_vm_readv", reads_memory},
    {"pidfd_open (Linux 5.3)", has_pidfd},
    {"memfd_create", has_memory_file},
    {"close_range (Linux 5.9)", closes_ranges},
    {"seccomp filters", has_filters},
    {"PTRACE_SYSEMU", emulates},
};

int doctor(void) {
    enum { COUNT = sizeof trials / sizeof *trials };
    struct tracee stub = {0};
    int64_t result = clone_stub(&master, &stub, SIGCHLD);
    say_plan("", COUNT + 1);
    say_result(result < 0, 1, "a stub clones a stub");
    if (result < 0)
        say(": %s", errno_name(result));
    say("\n");
    for (uint32_t i = 0; i < COUNT && result == 0; i++) {
        const int64_t seen = trials[i].trial(&stub);
        say_result(false, i + 2, trials[i].name);
        if (seen < 0)
            say(" # SKIP the kernel does not have it, or a filter refuses it: %s",
                errno_name(seen));
        say("\n");
    }
    end_stub(&stub, &master);
    return result < 0 ? 1 : 0;
}
