// Stubs in which setups are tried. They have the pages of src/labs/fuzz/case/ARCH/code.ts besides
// the stub code, share no file with the probe, dump no core, and can make harmless system calls
// only.
#include "target.h"
#include "machine.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

enum { MOST_TRIES = 5 };

struct tracee master;
bool targets_are_filtered = true;
int64_t birth_error;
static bool is_born;
const char *refused_step = "cases cannot be tried";

/** Whether a pid is not the number of a call that the filter allows or does not see. The result of
 * getpid or getppid may become the number of the next call, whose outcome must not depend on it.
 */
static bool is_anonymous(int32_t pid) {
    static const int32_t unseen[] = UNSEEN_CALLS;
    for (const int32_t *call = harmless_calls; *call != 0; call++)
        if (pid == *call)
            return false;
    for (uint32_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (pid == unseen[i])
            return false;
    return true;
}

bool is_loss(int64_t result) {
    return result == GONE || result == STOPS || result == NOT_DONE || result == -ESRCH ||
           result == -ECHILD || result == -EPROTO || result == -ETIMEDOUT;
}

/** Lets a parent clone a stub, or forks the first one, until its pid is anonymous. */
static int64_t create_anonymous(struct tracee *stub, struct tracee *parent) {
    struct tracee taken = {0};
    int64_t result = 0;
    *stub = taken;
    do {
        end_stub(&taken, parent);
        taken = *stub;
        result = parent != 0 ? clone_stub(parent, stub, SIGCHLD) : fork_stub(stub, SIGCHLD);
    } while (result == 0 && !is_anonymous(stub->pid));
    end_stub(&taken, parent);
    return result;
}

/** Asks for short time slices, which stubs inherit. On the tracer's processor a stub then runs as
 * soon as it is resumed (Linux 6.12), so that the tracer need not sleep in wait4, which takes
 * longer. */
static void shorten_slices(void) {
    struct sched_attr {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes;
    const int64_t page = map_memory(&master, page_bytes);
    if (page < 0)
        return;
    const uint64_t at = (uint64_t)page;
    if (INJECT(&master, __NR_sched_getattr, 0, at, sizeof attributes, 0) == 0 &&
        read_memory(&master, at, &attributes, sizeof attributes) == 0) {
        attributes.runtime = 100000; /* nanoseconds: the shortest */
        write_memory(&master, at, &attributes, sizeof attributes);
        INJECT(&master, __NR_sched_setattr, 0, at, 0);
    }
    INJECT(&master, __NR_munmap, at, page_bytes);
}

/** Whether there can be another process at all. */
static bool can_fork(void) {
    enum { LIMIT = 5000000 }; /* microseconds */
    int32_t status = 0;
    const long pid = syscall6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (pid == 0)
        syscall1(__NR_exit_group, 0);
    return pid > 0 && stublab_wait((int32_t)pid, 0, LIMIT, &status) == pid;
}

void create_master(void) {
    int64_t result = -ESRCH;
    if (birth_error < 0)
        return;
    for (int tries = 0; is_loss(result) && tries < MOST_TRIES; tries++) {
        result = create_anonymous(&master, 0);
        if (result == 0)
            result = scrub(&master);
        if (result < 0)
            end_stub(&master, 0);
    }
    if (result < 0 && is_loss(result))
        result = -ESRCH;
    if (result < 0 && (is_born || !can_fork()))
        fail("no stub can be created", result);
    is_born = result == 0;
    if (is_born)
        shorten_slices();
    else
        birth_error = result;
}

int64_t map_at(struct tracee *stub, uint64_t address, uint64_t size) {
    const int64_t at = INJECT(stub, __NR_mmap, address, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, ~0ULL, 0);
    return at < 0 ? at : (uint64_t)at == address ? 0 : -EEXIST;
}

int64_t fill(struct tracee *stub, uint64_t address, const void *bytes, uint64_t size,
             uint64_t access) {
    const int64_t result = write_memory(stub, address, bytes, size);
    return result < 0 ? result : INJECT(stub, __NR_mprotect, address, size, access);
}

int64_t set_up_pages(struct tracee *stub) {
    const uint64_t part = memory.hole - memory.code;
    int64_t result = map_at(stub, memory.code, part);
    if (result == 0)
        result = map_at(stub, memory.constants, part);
    if (result == 0)
        result = map_at(stub, memory.scratch, memory.scratch_size);
    if (result == 0)
        result = fill(stub, memory.code, code_part(), part, PROT_READ | PROT_EXEC);
    if (result == 0)
        result = fill(stub, memory.constants, constants_part(), part, PROT_READ);
    return result;
}

int64_t handle_signal(struct tracee *stub, uint32_t signal, uint64_t handler, uint64_t flags) {
    // struct kernel_sigaction: no other signal is blocked.
    const uint64_t action[] = {handler, flags | SA_SIGINFO | SA_RESTORER | SA_NODEFER, handler, 0};
    const int64_t result = write_memory(stub, memory.scratch, action, sizeof action);
    return result < 0 ? result : INJECT(stub, __NR_rt_sigaction, signal, memory.scratch, 0, 8);
}

/** Gives a stub a file table of its own, which a fork has anyhow, and closes all files in it. Some
 * container profiles forbid unshare but allow close_range, which Linux 5.9 has. */
static int64_t leave_files(struct tracee *stub) {
    enum { LAST_FILE = 0x7fffffff, UNSHARE = 2, MOST_FILES = 64 };
    int64_t result = stub->is_self ? 0 : INJECT(stub, __NR_unshare, CLONE_FILES);
    if (result < 0)
        result = INJECT(stub, __NR_close_range, LAST_FILE, LAST_FILE, UNSHARE);
    // Without both it keeps the files of the probe, which harmless calls do nothing to.
    if (result < 0)
        return is_loss(result) ? result : 0;
    // gVisor refuses a higher file than this.
    if (INJECT(stub, __NR_close_range, 0, LAST_FILE, 0) < 0)
        for (uint64_t file = 0; file < MOST_FILES; file++)
            INJECT(stub, __NR_close, file);
    return 0;
}

/** A limit of one byte keeps the kernel from dumping even to a program (do_coredump in
 * fs/coredump.c). */
static int64_t forbid_cores(struct tracee *stub) {
    const uint64_t limit[] = {1, 1};
    const int64_t result = write_memory(stub, memory.scratch, limit, sizeof limit);
    if (result < 0)
        return result;
    const int64_t limited = INJECT(stub, __NR_prlimit64, 0, RLIMIT_CORE, memory.scratch, 0);
    return is_loss(limited) ? limited : 0;
}

/** Calls fail with ENOSYS, but those that are harmless with any arguments. */
static int64_t install_filter(struct tracee *stub, const struct sock_filter *rules,
                              uint32_t count) {
    enum { MOST = 48 };
    struct sock_filter program[MOST];
    const struct sock_filter refuse = ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
    uint16_t length = 0;
    uint8_t calls = 0;
    while (harmless_calls[calls] != 0)
        calls++;
    program[length++] = (struct sock_filter)LOAD(arch);
    program[length++] = (struct sock_filter)JUMP_EQUAL(NATIVE_ARCH, 1, 0);
    program[length++] = refuse;
    for (uint32_t i = 0; i < count; i++)
        program[length++] = rules[i];
    // Functions of the vsyscall page, which has such addresses, write to those in their arguments.
    if (VSYSCALL_HALF != 0) {
        program[length++] = (struct sock_filter)LOAD_HIGH(instruction_pointer);
        program[length++] = (struct sock_filter)JUMP_EQUAL(VSYSCALL_HALF, (uint8_t)(calls + 1), 0);
    }
    program[length++] = (struct sock_filter)LOAD(nr);
    for (uint8_t i = 0; i < calls; i++)
        program[length++] =
            (struct sock_filter)JUMP_EQUAL((uint32_t)harmless_calls[i], (uint8_t)(calls - i), 0);
    program[length++] = refuse;
    program[length++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
    const struct sock_fprog header = {length, (void *)(memory.scratch + sizeof header)};
    write_memory(stub, memory.scratch, &header, sizeof header);
    int64_t result =
        write_memory(stub, memory.scratch + sizeof header, program, length * sizeof *program);
    // Root needs no such privilege to drop.
    INJECT(stub, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (result >= 0)
        result = INJECT(stub, __NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, memory.scratch);
    if (result < 0)
        refused_step = "a stub cannot install a filter";
    return result;
}

/** The set-up has used no more of it. */
static int64_t clear_scratch(struct tracee *stub) {
    static const uint64_t zeros[512];
    return write_memory(stub, memory.scratch, zeros, sizeof zeros);
}

int64_t make_harmless(struct tracee *stub, const struct sock_filter *rules, uint32_t count) {
    int64_t result = leave_files(stub);
    if (result == 0)
        result = forbid_cores(stub);
    if (result == 0 && targets_are_filtered)
        result = install_filter(stub, rules, count);
    const int64_t cleared = clear_scratch(stub);
    return result < 0 ? result : cleared;
}

set_up *set_up_thread;

int64_t map_features(struct tracee *stub) {
    const uint64_t length = section_feature_code.length;
    if (length == 0 || targets_are_filtered)
        return 0;
    const int64_t result = map_at(stub, memory.feature_code, length);
    return result < 0 ? result
                      : fill(stub, memory.feature_code, &data[section_feature_code.at], length,
                             PROT_READ | PROT_EXEC);
}

int64_t set_up_target(struct tracee *stub) {
    int64_t result = set_up_pages(stub);
    if (result == 0 && set_up_thread != 0)
        result = set_up_thread(stub);
    if (result == 0)
        result = map_features(stub);
    for (const struct handled *each = handled; result == 0 && each->signal != 0; each++)
        result = handle_signal(stub, each->signal, place_handler, each->restarts ? SA_RESTART : 0);
    return result == 0 ? make_harmless(stub, 0, 0) : result;
}

static int64_t create_target(struct tracee *stub, set_up *set_up) {
    if (birth_error < 0)
        return birth_error;
    int64_t result = create_anonymous(stub, &master);
    if (result == 0)
        result = set_up(stub);
    if (result < 0 && stub->pid != 0)
        end_stub(stub, &master);
    return result;
}

int64_t create_stub(struct tracee *stub, set_up *set_up) {
    int64_t result = create_target(stub, set_up);
    // The master may be lost: one more.
    if (result == GONE || master.dead) {
        end_stub(&master, 0);
        create_master();
        result = create_target(stub, set_up);
    }
    return result;
}
