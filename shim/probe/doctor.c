// What this kernel has of what stubs, facts and setups need.
#include "check.h"
#include <asm/signal.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/uio.h>

/** Requests that the kernel's headers may lack. */
enum { RSEQ_CONFIGURATION = 0x420f, SET_SYSCALL_INFO = 0x4212, SYSEMU = 31 };

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

static int64_t closes_ranges(struct tracee *stub) {
    return INJECT(stub, __NR_close_range, 1, 0, 0);
}

static int64_t has_filters(struct tracee *stub) {
    INJECT(stub, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return INJECT(stub, __NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, 0);
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

static uint64_t words[64];
static struct iovec area = {words, BLOCK_SIZE};
static const struct ptrace_peeksiginfo_args pending = {0, 0, 1};

static const struct {
    const char *name;
    int64_t refusal; /* shows that the kernel has it, too: no length, no range, no filter */
    int64_t (*trial)(struct tracee *stub); /* 0: a request */
    int64_t request;
    uint64_t address;
    const void *data; /* which may be written to */
} trials[] = {
    {"PTRACE_GETREGSET", 0, 0, PTRACE_GETREGSET, 1 /* NT_PRSTATUS */, &area},
    {"PTRACE_GET_SYSCALL_INFO (Linux 5.3)", 0, 0, PTRACE_GET_SYSCALL_INFO, 128, words},
    {"PTRACE_SET_SYSCALL_INFO (Linux 6.16)", -EINVAL, 0, SET_SYSCALL_INFO, 0, words},
    {"PTRACE_GET_RSEQ_CONFIGURATION (Linux 5.13)", 0, 0, RSEQ_CONFIGURATION, 32, words},
    {"PTRACE_PEEKSIGINFO", 0, 0, PTRACE_PEEKSIGINFO, (uint64_t)&pending, words},
    {"process_vm_readv", 0, reads_memory, 0, 0, 0},
    {"pidfd_open (Linux 5.3)", 0, has_pidfd, 0, 0, 0},
    {"memfd_create", 0, has_memory_file, 0, 0, 0},
    {"close_range (Linux 5.9)", -EINVAL, closes_ranges, 0, 0, 0},
    {"seccomp filters", -EFAULT, has_filters, 0, 0, 0},
    {"PTRACE_SYSEMU", 0, emulates, 0, 0, 0},
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
        const int64_t seen = trials[i].trial != 0
                                 ? trials[i].trial(&stub)
                                 : stublab_ptrace(trials[i].request, stub.pid, trials[i].address,
                                                  (void *)trials[i].data);
        say_result(false, i + 2, trials[i].name);
        if (seen < 0 && seen != trials[i].refusal)
            say(" # SKIP the kernel does not have it, or a filter refuses it: %s",
                errno_name(seen));
        say("\n");
    }
    end_stub(&stub, &master);
    return result < 0 ? 1 : 0;
}
