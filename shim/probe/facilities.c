// What stubs and facts are made by, and a kernel may lack. Each is tried once, in a stub, which was
// born by what there is of it.
#include "facilities.h"
#include "facts.h"
#include <asm/signal.h>
#include <linux/elf.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/resource.h>
#include <linux/seccomp.h>
#include <linux/time.h>
#include <linux/uio.h>

/** Requests that the kernel's headers may lack. */
enum { RSEQ_CONFIGURATION = 0x420f, GET_DISPATCH = 0x4211 };
enum { SET_SYSCALL_INFO = 0x4212, SYSEMU = 31, SYSEMU_STEP = 32 };
/** asm/prctl.h: ARCH_GET_FS */
enum { GET_FS = 0x1003 };

/** asm/segment.h: GDT_ENTRY_TLS_MIN */
enum { FIRST_TLS_ENTRY = 12 };

enum { SECOND = 1000, MOST_READINGS = 1000000 };

/** Whether a trial has left the stub where no other can be made. */
static bool is_spent;
/** What requests write and read: registers and other words, a siginfo_t, a signal mask, a
 * configuration. */
static uint64_t words[64], info[16], zeros[4], mask;
#ifdef PTRACE_GETREGS
static uint64_t floating_point[64];
#endif
static struct iovec area = {words, BLOCK_SIZE};
static const struct ptrace_peeksiginfo_args pending = {0, 0, 1};

/** Births have made the request. */
static int64_t is_noted(struct tracee *stub, const struct facility *it) {
    (void)stub;
    return it->error;
}

static int64_t sets_option(struct tracee *stub, const struct facility *it) {
    return stublab_ptrace(PTRACE_SETOPTIONS, stub->pid, 0, (void *)it->number);
}

static int64_t resumes(struct tracee *stub, const struct facility *it) {
    int32_t status = 0;
    set_registers(stub->pid, encoder_words(stub->initial));
    const int64_t result = stublab_ptrace(it->number, stub->pid, 0, 0);
    // If it does not stop, that is for the facts to find.
    is_spent = result >= 0 && (wait_for(stub, &status, SECOND) <= 0 || (status & 0xff) != 0x7f);
    return result;
}

static int64_t ends(struct tracee *stub, const struct facility *it) {
    is_spent = true;
    return stublab_ptrace(it->number, stub->pid, 0, (void *)it->data);
}

/** A task that was seized can also be interrupted, and listen. */
static int64_t seizes(struct tracee *stub, const struct facility *it) {
    int32_t status = 0;
    stublab_ptrace(PTRACE_DETACH, stub->pid, 0, (void *)SIGSTOP);
    const int64_t result = ends(stub, it);
    if (result < 0 || wait_for(stub, &status, SECOND) <= 0)
        return result;
    note_trial(A_REQUEST, PTRACE_LISTEN, stublab_ptrace(PTRACE_LISTEN, stub->pid, 0, 0));
    note_trial(A_REQUEST, PTRACE_INTERRUPT, stublab_ptrace(PTRACE_INTERRUPT, stub->pid, 0, 0));
    return result;
}

static int64_t becomes_traced(struct tracee *stub, const struct facility *it) {
    struct tracee other = {0};
    (void)stub;
    // The birth may fail for other reasons.
    fork_traced(&other, SIGCHLD);
    end_stub(&other, 0);
    return it->error;
}

static int64_t copies_memory(struct tracee *stub, const struct facility *it) {
    const uint64_t at = (uint64_t)zeros;
    return it->number == __NR_process_vm_readv
               ? stublab_read_memory(stub->pid, at, zeros, sizeof zeros)
               : stublab_write_memory(stub->pid, at, zeros, sizeof zeros);
}

static int64_t opens(struct tracee *stub, const struct facility *it) {
    const int64_t file =
        it->number == __NR_pidfd_open ? stublab_pidfd(stub->pid) : stublab_memory_file(page_bytes);
    return file < 0 ? file : stublab_close((int32_t)file);
}

/** A call of the stub with two arguments. */
static int64_t calls(struct tracee *stub, const struct facility *it) {
    return INJECT(stub, it->number, it->address, (uint64_t)it->data, 0, 0);
}

static int64_t filters(struct tracee *stub, const struct facility *it) {
    INJECT(stub, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return calls(stub, it);
}

/** A call of the probe. */
static int64_t calls_itself(struct tracee *stub, const struct facility *it) {
    (void)stub;
    return syscall2(it->number, (long)it->address, (long)it->data);
}

static int64_t creates_timer(struct tracee *stub, const struct facility *it) {
    int32_t timer = 0;
    (void)stub;
    const int64_t result = syscall3(it->number, CLOCK_MONOTONIC, 0, (long)&timer);
    return result < 0 ? result : syscall1(__NR_timer_delete, timer);
}

/** A clock that stands still is as good as none. */
static int64_t runs_clock(struct tracee *stub, const struct facility *it) {
    struct __kernel_timespec first = {0}, now = {0};
    (void)stub;
    int64_t result = syscall2(it->number, CLOCK_MONOTONIC, (long)&first);
    for (int i = 0; result == 0; i++) {
        result = i < MOST_READINGS ? syscall2(it->number, CLOCK_MONOTONIC, (long)&now) : -ETIME;
        if (now.tv_nsec != first.tv_nsec)
            break;
    }
    return result;
}

static const struct __kernel_timespec shortest = {0, 1};

#define LACKS "the kernel lacks "
#define OF_PTRACE(kind, name, ...)                                                                 \
    { LACKS "PTRACE_" #name, kind, PTRACE_##name, __VA_ARGS__ }
#define REQUEST(name, ...) OF_PTRACE(A_REQUEST, name, __VA_ARGS__)
#define OPTION(name)                                                                               \
    { LACKS "PTRACE_O_" #name, AN_OPTION, PTRACE_O_##name, sets_option, 0, 0, 0, 0 }
#define NAMED(name, number, ...)                                                                   \
    { LACKS name, A_REQUEST, number, __VA_ARGS__ }
#define CALL(name, number, ...)                                                                    \
    { LACKS name, A_CALL, __NR_##number, __VA_ARGS__ }

/** What is read first is written then; the stub is moved last. */
static struct facility facilities[] = {
    REQUEST(ATTACH, is_noted, 0, 0, 0, 0), REQUEST(TRACEME, becomes_traced, 0, 0, 0, 0),
    OPTION(TRACESYSGOOD), OPTION(TRACEFORK), OPTION(TRACEVFORK), OPTION(TRACECLONE),
    OPTION(TRACEEXEC), OPTION(TRACEVFORKDONE), OPTION(TRACEEXIT), OPTION(TRACESECCOMP),
    OPTION(EXITKILL), REQUEST(SETOPTIONS, 0, 0, 0, 0, 0),
    REQUEST(PEEKTEXT, 0, (uint64_t)zeros, zeros, 0, 0),
    REQUEST(PEEKDATA, 0, (uint64_t)zeros, zeros, 0, 0),
    REQUEST(POKETEXT, 0, (uint64_t)zeros, 0, 0, 0), REQUEST(POKEDATA, 0, (uint64_t)zeros, 0, 0, 0),
#ifdef PTRACE_GETREGS
    NAMED("PTRACE_PEEKUSER", PTRACE_PEEKUSR, 0, 0, words, 0, 0),
    NAMED("PTRACE_POKEUSER", PTRACE_POKEUSR, 0, 0, 0, 0, 0), REQUEST(GETREGS, 0, 0, words, 0, 0),
    REQUEST(SETREGS, 0, 0, words, 0, 0), REQUEST(GETFPREGS, 0, 0, floating_point, 0, 0),
    REQUEST(SETFPREGS, 0, 0, floating_point, 0, 0), REQUEST(OLDSETOPTIONS, 0, 0, 0, 0, 0),
#endif
#ifdef PTRACE_GET_THREAD_AREA
    REQUEST(GET_THREAD_AREA, 0, FIRST_TLS_ENTRY, info, 0, 0),
#endif
#ifdef PTRACE_ARCH_PRCTL
    REQUEST(ARCH_PRCTL, 0, (uint64_t)words, (void *)GET_FS, 0, 0),
#endif
    REQUEST(GETREGSET, 0, NT_PRSTATUS, &area, 0, 0),
    REQUEST(SETREGSET, 0, NT_PRSTATUS, &area, 0, 0), REQUEST(GETEVENTMSG, 0, 0, words, 0, 0),
    REQUEST(GETSIGINFO, 0, 0, info, 0, 0), REQUEST(SETSIGINFO, 0, 0, info, 0, 0),
    REQUEST(PEEKSIGINFO, 0, (uint64_t)&pending, info, 0, 0),
    REQUEST(GETSIGMASK, 0, sizeof mask, &mask, 0, 0),
    REQUEST(SETSIGMASK, 0, sizeof mask, &mask, 0, 0),
    NAMED("PTRACE_GET_SYSCALL_INFO (Linux 5.3)", PTRACE_GET_SYSCALL_INFO, 0, 128, words, 0, 0),
    NAMED("PTRACE_SET_SYSCALL_INFO (Linux 6.16)", SET_SYSCALL_INFO, 0, 0, words, -EINVAL, 0),
    NAMED("PTRACE_GET_RSEQ_CONFIGURATION (Linux 5.13)", RSEQ_CONFIGURATION, 0, 32, words, 0, 0),
    NAMED("PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG (Linux 6.4)", GET_DISPATCH, 0, sizeof zeros,
          zeros, 0, 0),
    // Of a task that was attached.
    REQUEST(INTERRUPT, 0, 0, 0, -EIO, 0), REQUEST(LISTEN, 0, 0, 0, -EIO, 0),
    CALL("process_vm_readv", process_vm_readv, copies_memory, 0, 0, 0, 0),
    CALL("process_vm_writev", process_vm_writev, copies_memory, 0, 0, 0, 0),
    CALL("pidfd_open (Linux 5.3)", pidfd_open, opens, 0, 0, 0, 0),
    CALL("memfd_create", memfd_create, opens, 0, 0, 0, 0),
    CALL("close_range (Linux 5.9)", close_range, calls, 1, 0, -EINVAL, 0),
    CALL("seccomp filters", seccomp, filters, SECCOMP_SET_MODE_FILTER, 0, -EFAULT, 0),
    CALL("prctl(PR_SET_PDEATHSIG)", prctl, calls, PR_SET_PDEATHSIG, (void *)SIGKILL, 0, 0),
    CALL("unshare", unshare, calls, 0, 0, 0, 0),
    CALL("prlimit64", prlimit64, calls, 0, (void *)RLIMIT_CORE, 0, 0),
    CALL("clock_gettime", clock_gettime, runs_clock, 0, 0, 0, 0),
    CALL("timer_create", timer_create, creates_timer, 0, 0, 0, 0),
    CALL("nanosleep", nanosleep, calls_itself, (uint64_t)&shortest, 0, 0, 0),
    CALL("sched_yield", sched_yield, calls_itself, 0, 0, 0, 0), REQUEST(CONT, resumes, 0, 0, 0, 0),
    REQUEST(SYSCALL, resumes, 0, 0, 0, 0), REQUEST(SINGLESTEP, resumes, 0, 0, 0, 0),
    NAMED("PTRACE_SYSEMU", SYSEMU, resumes, 0, 0, 0, 0),
    NAMED("PTRACE_SYSEMU_SINGLESTEP", SYSEMU_STEP, resumes, 0, 0, 0, 0),
    REQUEST(DETACH, ends, 0, (void *)SIGKILL, 0, 0), REQUEST(SEIZE, seizes, 0, 0, 0, 0),
    REQUEST(KILL, ends, 0, 0, 0, 0)};
enum { COUNT = sizeof facilities / sizeof *facilities };

static bool tried[COUNT];

bool was_tried(const struct facility *it) {
    return tried[it - facilities];
}

const char *name_of(const struct facility *it) {
    return &it->text[sizeof LACKS - 1];
}

const struct facility *all_facilities(uint32_t *count) {
    *count = COUNT;
    return facilities;
}

static struct facility *find(enum facility_kind kind, int64_t number) {
    for (struct facility *it = facilities; it < &facilities[COUNT]; it++)
        if (it->kind == kind && it->number == number)
            return it;
    return 0;
}

const struct facility *facility_of(const char *name) {
    for (const struct facility *it = facilities; it < &facilities[COUNT]; it++)
        if (has_word(it->text, name))
            return it;
    fail(name, -ENOENT);
}

void note_trial(enum facility_kind kind, int64_t number, int64_t result) {
    struct facility *it = find(kind, number);
    tried[it - facilities] = true;
    it->error = result < 0 ? result : 0;
}

int64_t lacks(enum facility_kind kind, int64_t number) {
    const struct facility *it = find(kind, number);
    return it == 0 ? 0 : it->error;
}

void need(enum facility_kind kind, int64_t number) {
    const struct facility *it = find(kind, number);
    if (it != 0 && it->error < 0)
        skip_lack(it->text, it->error);
}

void need_alone(enum facility_kind kind, int64_t number) {
    const struct facility *it = find(kind, number);
    if (it != 0 && it->error < 0)
        skip(0, it->text, it->error);
}

void need_request(const char *name) {
    for (const struct facility *it = facilities; it < &facilities[COUNT]; it++)
        if (it->kind == A_REQUEST && it->error < 0 && same(name_of(it), named("PTRACE_%s", name)))
            skip(0, it->text, it->error);
}

void need_stub(void) {
    if (birth_error == 0)
        return;
    for (const struct facility *it = facilities; it < &facilities[COUNT]; it++)
        if (it->error < 0)
            skip(0, it->text, it->error);
    skip(0, "no stub can be traced", birth_error);
}

/** A new stub at a stop by a signal. If it returns -errno, it may be traced all the same. */
static int64_t begin_trials(struct tracee *stub) {
    const int64_t result = fork_stub(stub, SIGCHLD);
    // A kernel without PTRACE_GETREGS refuses zeros of PTRACE_SETREGS.
    stublab_ptrace(PTRACE_GETREGSET, stub->pid, NT_PRSTATUS, &area);
    return result == 0 ? INJECT(stub, __NR_getpid, 0) : result;
}

void try_facilities(void) {
    struct tracee stub = {0};
    int64_t result = begin_trials(&stub);
    for (struct facility *it = facilities; it < &facilities[COUNT]; it++) {
        // A request can also be made to a stub that cannot make calls.
        if (stub.pid == 0 || stub.dead || (it->kind == A_CALL && result < 0))
            continue;
        tried[it - facilities] = true;
        const int64_t seen =
            it->trial != 0 ? it->trial(&stub, it)
                           : stublab_ptrace(it->number, stub.pid, it->address, (void *)it->data);
        // Such a stub may be in a group-stop, which has no siginfo.
        const bool has = seen == it->refusal || (it->data == info && seen == -EINVAL && result < 0);
        it->error = seen >= 0 || has ? 0 : seen <= NOT_DONE ? -ESRCH : seen;
        // A filter may also kill.
        if (!is_spent && !stub.dead)
            continue;
        is_spent = false;
        end_stub(&stub, 0);
        result = begin_trials(&stub);
    }
    end_stub(&stub, 0);
}

void say_lacks(void) {
    uint32_t some = 0;
    for (const struct facility *it = facilities; it < &facilities[COUNT]; it++)
        if (it->error < 0)
            say("%s%s (%s)", some++ == 0 ? "# lacks: " : ", ", name_of(it), errno_name(it->error));
    if (some > 0)
        say("\n");
}
