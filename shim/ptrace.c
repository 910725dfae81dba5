#include "process.h"
#include "registers.h"
#include "shim.h"
#include "syscall.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <linux/wait.h>

uint32_t stublab_shim_abi(void) {
    return STUBLAB_SHIM_ABI;
}

int32_t stublab_gettid(void) {
    return (int32_t)syscall0(__NR_gettid);
}

int64_t stublab_tgkill(int32_t tgid, int32_t tid, int32_t signal) {
    return syscall3(__NR_tgkill, tgid, tid, signal);
}

int64_t stublab_ptrace(int64_t request, int32_t tid, uint64_t address, void *data) {
    return syscall4(__NR_ptrace, request, tid, (long)address, (long)data);
}

int64_t stublab_set_mask(int32_t tid, uint64_t mask) {
    return stublab_ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
}

int64_t stublab_block(int32_t tid, uint64_t signals, uint64_t *previous) {
    int64_t result = stublab_ptrace(PTRACE_GETSIGMASK, tid, sizeof *previous, previous);
    return result < 0 ? result : stublab_set_mask(tid, *previous | signals);
}

int64_t stublab_attach(int32_t tid, int32_t relative) {
    if (relative != 0 && syscall1(__NR_getsid, tid) != syscall1(__NR_getsid, relative))
        return -ESRCH;
    return stublab_ptrace(PTRACE_ATTACH, tid, 0, 0);
}

/** The signal of a signal-delivery-stop or group-stop; 0 for an event or a system call stop. */
static int stop_signal(int32_t status) {
    int signal = status >> 8;
    return (status & 0xff) == 0x7f && signal > 0 && signal <= 64 ? signal : 0;
}

enum { PASSED_OVER = 3 };

/** The si_code of the signal that stopped the thread if the kernel raised it, else 0; or -ESRCH. */
static int64_t signal_code(int32_t tid) {
    struct {
        int32_t signal, error, code;
        uint8_t rest[116];
    } info = {0};
    int64_t result = stublab_ptrace(PTRACE_GETSIGINFO, tid, 0, &info);
    if (result == -ESRCH)
        return result;
    return result == 0 && info.code > 0 ? info.code : 0;
}

/**
 * Classifies a stop during an injection: returns an enum stublab_inject_end, PASSED_OVER, or
 * -errno. Only the kernel sends signals with a positive si_code, but a SIGTRAP that another process
 * sent before the breakpoint hides the kernel's own. Only in these two cases is the program counter
 * just past the breakpoint.
 */
static int64_t judge_stop(int32_t tid, uint64_t *block, struct stublab_injection *injection) {
    const int signal = stop_signal(injection->status);
    /* The filter of a stub that runs guests without a tracer asks the tracer. */
    if (injection->status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        return PASSED_OVER;
    if (signal == 0)
        return STUBLAB_INJECT_STOPPED;
    if (injection->pass_over & (1ULL << (signal - 1)))
        return PASSED_OVER;
    injection->step = STUBLAB_INJECT_GETREGS;
    if (signal == SIGTRAP) {
        int64_t result = get_registers(tid, block);
        if (result < 0 || program_counter(block) == injection->rest)
            return result;
        if (program_counter(block) / PAGE_SIZE != injection->rest / PAGE_SIZE)
            return STUBLAB_INJECT_LEFT;
    }
    int64_t code = signal_code(tid);
    if (code < 0)
        return code;
    if (exit_stop((int32_t)code) != 0)
        injection->status = exit_stop((int32_t)code);
    return code > 0 ? STUBLAB_INJECT_STOPPED : PASSED_OVER;
}

int64_t stublab_inject(int32_t tid, void *block, struct stublab_injection *injection) {
    injection->step = STUBLAB_INJECT_SETREGS;
    int64_t result = set_registers(tid, block);
    if (result < 0)
        return result;
    do {
        injection->step = STUBLAB_INJECT_CONT;
        const int again = result == PASSED_OVER;
        result = stublab_ptrace(PTRACE_CONT, tid, 0, 0);
        if (result < 0)
            return result;
        injection->step = STUBLAB_INJECT_WAIT;
        if (again && stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
        result = wait_until(tid, __WALL, &injection->deadline, &injection->status);
        if (result <= 0)
            return result == 0 ? -ETIMEDOUT : result;
        result = judge_stop(tid, block, injection);
    } while (result == PASSED_OVER);
    return result;
}

int64_t stublab_read_memory(int32_t pid, uint64_t address, void *bytes, uint64_t length) {
    const struct iovec local = {bytes, length};
    const struct iovec remote = {(void *)address, length};
    return syscall6(__NR_process_vm_readv, pid, (long)&local, 1, (long)&remote, 1, 0);
}

int64_t stublab_write_memory(int32_t pid, uint64_t address, const void *bytes, uint64_t length) {
    const struct iovec local = {(void *)bytes, length};
    const struct iovec remote = {(void *)address, length};
    return syscall6(__NR_process_vm_writev, pid, (long)&local, 1, (long)&remote, 1, 0);
}
