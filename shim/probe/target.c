// Stubs in which setups are tried: the set-up of src/labs/fuzz/try/target.ts, which the build has
// taken down.
#include "probe.h"
#include <asm/signal.h>

struct tracee master;

void create_master(void) {
    int64_t result = fork_stub(&master, SIGCHLD);
    if (result == 0)
        result = scrub(&master);
    if (result < 0)
        fail("no stub can be created", result);
}

int64_t set_up(struct tracee *stub, struct section section, int64_t file) {
    const uint64_t *word = (const uint64_t *)&data[section.at];
    const uint64_t *end = word + section.length / 8;
    while (word < end) {
        uint64_t operation = *word++;
        int64_t result = 0;
        if (operation == OPERATION_WRITE) {
            result = write_memory(stub, word[0], &word[2], word[1]);
            word += 2 + (word[1] + 7) / 8;
        } else {
            uint64_t arguments[6];
            for (int i = 0; i < 6; i++)
                arguments[i] = word[1 + i] == shared_file ? (uint64_t)file : word[1 + i];
            result = inject(stub, (int64_t)word[0], arguments);
            word += 7;
        }
        // Before Linux 5.9 there is no close_range: the stub has the files of the probe.
        for (uint64_t i = 0; operation == OPERATION_TRY && result < 0 && i < 64; i++)
            INJECT(stub, __NR_close, i);
        if (result < 0 && operation != OPERATION_TRY)
            return result;
    }
    return 0;
}

/** A pid may become the number of a system call: it must be none of those that a target may make.
 */
static bool is_anonymous(int32_t pid) {
    static const int32_t calls[] = {__NR_getpid,  __NR_gettid,      __NR_getppid,
                                    __NR_getuid,  __NR_getgid,      __NR_geteuid,
                                    __NR_getegid, __NR_sched_yield, __NR_restart_syscall};
    enum { SYS_URETPROBE = 335, SYS_UPROBE = 336 };
    for (uint32_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (pid == calls[i])
            return false;
    return pid != SYS_URETPROBE && pid != SYS_UPROBE;
}

int64_t create_target(struct tracee *stub, struct section section, int64_t file) {
    struct tracee taken = {0};
    int64_t result = clone_stub(&master, stub, SIGCHLD);
    while (result == 0 && !is_anonymous(stub->pid)) {
        end_stub(&taken, &master);
        taken = *stub;
        result = clone_stub(&master, stub, SIGCHLD);
    }
    end_stub(&taken, &master);
    if (result == 0)
        result = set_up(stub, section, file);
    if (result < 0 && stub->pid != 0)
        end_stub(stub, &master);
    return result;
}

int64_t create_stub(struct tracee *stub, struct section section) {
    int64_t result = create_target(stub, section, -1);
    // The master may be lost: one more.
    if (result == GONE || master.dead) {
        end_stub(&master, 0);
        create_master();
        result = create_target(stub, section, -1);
    }
    return result;
}
