#include "attempt.h"
#include "machine.h"
#include "registers.h"
#include <asm-generic/errno.h>
#include <linux/wait.h>

/** The signal of a system call stop under PTRACE_O_TRACESYSGOOD. */
enum { SYSCALL_STOP = SIGTRAP | 0x80 };

/** The number of getpid in 32-bit programs. */
enum { GETPID_32 = 20 };

/** How many signals from other processes are passed over in a row. */
enum { MOST_STOPS = 1000 };

/** How many pending signals are looked at. The kernel's own, which may come first, are fewer. */
enum { MOST_PENDING = 8 };

static int is_stop(int32_t status) {
    return (status & 0xff) == 0x7f;
}

int is_sent_pending(int32_t tid) {
    struct signal_info pending[MOST_PENDING];
    const struct ptrace_peeksiginfo_args first = {.nr = MOST_PENDING};
    int64_t count = stublab_ptrace(PTRACE_PEEKSIGINFO, tid, (uint64_t)&first, pending);
    for (int64_t i = 0; i < count; i++)
        if (is_sent(pending[i].signal, pending[i].code, pending[i].address))
            return 1;
    return 0;
}

int64_t resume(int32_t tid, int64_t request, uint64_t signal, const struct watch *watch,
               int32_t *status) {
    int64_t result = stublab_ptrace(request, tid, 0, (void *)signal);
    if (result < 0)
        return result;
    *status = 0;
    result = wait_watched(tid, __WALL, watch, status);
    if (result <= 0)
        return result < 0 ? result : STUBLAB_OVER_RUNS_ON;
    if (is_stop(*status) && *status >> 16 != PTRACE_EVENT_EXIT)
        return 0;
    uint64_t message = 0;
    if (!is_stop(*status))
        return STUBLAB_OVER_ENDED;
    if (stublab_ptrace(PTRACE_GETEVENTMSG, tid, 0, &message) == 0) {
        *status = (int32_t)message;
        return STUBLAB_OVER_ENDED;
    }
    // A SIGKILL ends this stop, too: then only the end says how the stub ended.
    *status = 0;
    result = wait_watched(tid, __WALL, watch, status);
    return result < 0 ? result : result == 0 ? STUBLAB_OVER_RUNS_ON : STUBLAB_OVER_ENDED;
}

/** Whether a thread is at the breakpoint that follows the address of rest. */
static int is_at_breakpoint(const uint64_t *block, const struct stublab_trial *trial) {
    return program_counter(block) == program_counter(trial->rest) + BREAKPOINT_LENGTH;
}

/** Pending signals come first. One may be a SIGTRAP, so the program counter decides. */
int64_t settle(int32_t tid, const struct stublab_trial *trial, const struct watch *watch) {
    int32_t status = 0;
    uint64_t block[STUBLAB_REGISTERS];
    int64_t result = 0;
    int stops = 0;
    do {
        if (stops++ == MOST_STOPS)
            return -EPROTO;
        result = set_registers(tid, trial->rest);
        if (result == 0)
            result = resume(tid, PTRACE_CONT, 0, watch, &status);
        if (result == 0)
            result = get_registers(tid, block);
    } while (result == 0 && (status >> 8 != SIGTRAP || !is_at_breakpoint(block, trial)));
    return result;
}

/** Moves the thread from a stop by a signal towards the start of a setup. */
static int64_t approach(int32_t tid, unsigned int from, const struct stublab_trial *trial,
                        const struct watch *watch, int32_t *status) {
    uint64_t block[STUBLAB_REGISTERS];
    for (int i = 0; i < STUBLAB_REGISTERS; i++)
        block[i] = trial->rest[i];
    const int is_32 =
        from == STUBLAB_FROM_ENTRY32 || from == STUBLAB_FROM_EXIT32 || from == STUBLAB_FROM_STEP32;
    const int is_entry = from == STUBLAB_FROM_ENTRY || from == STUBLAB_FROM_ENTRY32;
    if (is_32)
        prepare_call(block, trial->call32, GETPID_32);
    else if (from != STUBLAB_FROM_GROUP)
        prepare_call(block, trial->call, __NR_getpid);
    int64_t result = set_registers(tid, block);
    if (result < 0)
        return result;
    if (from == STUBLAB_FROM_GROUP)
        return resume(tid, PTRACE_CONT, SIGSTOP, watch, status);
    if (from == STUBLAB_FROM_STEP32)
        return resume(tid, PTRACE_SINGLESTEP, 0, watch, status);
    if (from == STUBLAB_FROM_SYSEMU)
        return resume(tid, PTRACE_SYSEMU, 0, watch, status);
    result = resume(tid, PTRACE_SYSCALL, 0, watch, status);
    if (result != 0 || is_entry || *status >> 8 != SYSCALL_STOP)
        return result;
    return resume(tid, PTRACE_SYSCALL, 0, watch, status);
}

/** Whether a stop is the start of a setup. The SIGSTOP of another process is not a group-stop. */
static int has_arrived(int32_t tid, unsigned int from, int32_t status) {
    const int by_signal = from == STUBLAB_FROM_GROUP || from == STUBLAB_FROM_STEP32;
    if (!by_signal)
        return status >> 8 == SYSCALL_STOP;
    struct signal_info info = {0};
    if (from == STUBLAB_FROM_STEP32)
        return status >> 8 == SIGTRAP && get_signal_info(tid, &info) == 0 &&
               !is_sent(info.signal, info.code, info.address);
    return status >> 8 == SIGSTOP &&
           (get_signal_info(tid, &info) < 0 || !is_sent(info.signal, info.code, info.address));
}

int64_t arrive(int32_t tid, unsigned int from, const struct stublab_trial *trial,
               const struct watch *watch) {
    int32_t status = 0;
    if (from == STUBLAB_FROM_SIGNAL)
        return 0;
    int64_t result = approach(tid, from, trial, watch, &status);
    for (int tries = 1; result == 0 && !has_arrived(tid, from, status); tries++) {
        if (tries == MOST_TRIES)
            return -EPROTO;
        result = settle(tid, trial, watch);
        if (result == 0)
            result = approach(tid, from, trial, watch, &status);
    }
    return result;
}
