// Cases in stubs that a second thread disturbs: it sends signals, unmaps memory, ends the stub or
// executes a program while registers are written and the stub is resumed. Outcomes then depend on
// the order of events, so only this is checked: no stop is lost, each request returns 0,
// ESRCH or the errno that it returns without the thread, and the stub can be ended.
#include "target.h"
#include "trying.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/** ARCH/disturber.S: what the stub executes, and the thread that it clones. */
extern const uint8_t disturber[], disturber_end[];
/** The registers that it takes its parameters from, in this order. */
static const uint32_t registers[] = DISTURBER_REGISTERS;
enum { NUMBER, FLAGS, STACK, WORD, TURNS, CALL, ARGUMENTS };
/** In its page: the word that it waits for, and the name of a program. */
enum { WORD_AT = 512, NAME_AT = 520 };

/** In place of arguments: the stub's pid, and the name. */
enum { PID = -1, NAME = -2 };
static const struct disturbance {
    const char *name;
    int64_t call, arguments[3];
} disturbances[] = {
    {"SIGUSR1", __NR_tgkill, {PID, PID, SIGUSR1}}, {"SIGTRAP", __NR_tgkill, {PID, PID, SIGTRAP}},
    {"SIGSTOP", __NR_tgkill, {PID, PID, SIGSTOP}}, {"SIGCONT", __NR_tgkill, {PID, PID, SIGCONT}},
    {"SIGKILL", __NR_tgkill, {PID, PID, SIGKILL}}, {"munmap", __NR_munmap, {0, 1 << 30, 0}},
    {"exit_group", __NR_exit_group, {0, 0, 0}},    {"execve", __NR_execve, {NAME, 0, 0}},
};
enum { DISTURBANCES = sizeof disturbances / sizeof *disturbances };
/** Cases in one stub; turns of the thread between two calls, as powers of 2. */
enum { MOST_CASES = 4096, MOST_SHIFT = 16 };
enum { END_MILLISECONDS = 5000, MOST_TOLD = 16 };

static struct stublab_trial own;
static struct tracee stub;
static uint64_t page;
/** Stubs so far, cases in the last one, and cases whose outcome the thread has changed. */
static uint32_t stubs, cases, disturbed;

static const struct disturbance *disturbance(void) {
    return &disturbances[stubs % DISTURBANCES];
}

/** Lets a stub clone the thread, before a filter keeps it from that. */
static int64_t start_thread(struct tracee *it) {
    enum { VM = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD };
    // The probe ends at once if it has no name.
    static const char name[] = "/proc/self/exe";
    uint8_t anywhere[128];
    int32_t status = 0;
    int64_t result = map_memory(it, page_bytes);
    if (result < 0)
        return result;
    page = (uint64_t)result;
    write_memory(it, page + NAME_AT, name, sizeof name);
    result =
        fill(it, page, disturber, (uint64_t)(disturber_end - disturber), PROT_READ | PROT_EXEC);
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(it->initial), BLOCK_SIZE);
    words[WORD_COUNTER] = page;
    words[registers[NUMBER]] = __NR_clone;
    words[registers[FLAGS]] = VM;
    words[registers[STACK]] = 0;
    words[registers[WORD]] = page + WORD_AT;
    words[registers[TURNS]] = 1ULL << stubs / DISTURBANCES % MOST_SHIFT;
    words[registers[CALL]] = (uint64_t)disturbance()->call;
    for (int i = 0; i < 3; i++) {
        const int64_t argument = disturbance()->arguments[i];
        words[registers[ARGUMENTS + i]] = argument == PID    ? (uint64_t)it->pid
                                          : argument == NAME ? page + NAME_AT
                                                             : (uint64_t)argument;
    }
    // A new thread takes part in the stop of the stub's birth, unless this ends it.
    stublab_tgkill(it->pid, it->pid, SIGCONT);
    for (int stops = 0; result >= 0 && stops < 2; stops++) {
        result = set_registers(it->pid, words);
        if (result == 0)
            result = stublab_ptrace(PTRACE_CONT, it->pid, 0, 0);
        if (result == 0)
            result = wait_for(it, &status, END_MILLISECONDS);
    }
    if (result < 0 || status != (SIGTRAP << 8 | 0x7f) || get_registers(it->pid, words) < 0)
        return -EPROTO;
    // Stubs are bound to the processor of the probe.
    memset(anywhere, 0xff, sizeof anywhere);
    syscall3(__NR_sched_setaffinity, (long)words[WORD_RESULT], sizeof anywhere, (long)anywhere);
    return 0;
}

static int64_t begin_stub(void) {
    static const uint64_t word = 1;
    set_up_thread = start_thread;
    int64_t result = create_stub(&stub, set_up_target);
    set_up_thread = 0;
    if (result == 0)
        result = stublab_read_trial(stub.pid, &own);
    if (result == 0)
        result = write_memory(&stub, page + WORD_AT, &word, sizeof word);
    cases = 0;
    return result;
}

/** Ends the stub. Returns whether it could be. */
static bool end_disturbed(void) {
    int32_t status = 0;
    stub.dead = end_task(stub.pid, &status);
    const bool ended = stub.dead;
    end_stub(&stub, &master);
    stubs++;
    return ended;
}

/** Whether a request failed as it may. */
static bool is_usual(int32_t error, int32_t alone) {
    return error <= 0 || error == ESRCH || error == alone;
}

/** Tries a case. Returns what must not be; 0: nothing. */
static const char *try_disturbed(const struct stublab_setup *setups,
                                 const struct stublab_outcome *alone, uint32_t steps) {
    static struct stublab_outcome seen[STUBLAB_MOST_STEPS];
    if (stub.pid == 0 && begin_stub() < 0) {
        end_disturbed();
        return 0;
    }
    memset(seen, 0, sizeof seen);
    stublab_try(stub.pid, setups, seen, steps, &own, &canary);
    disturbed += seen->obstacle != alone->obstacle || seen->status != alone->status;
    const char *wrong = 0;
    // What a further step begins with depends on the order.
    if (seen->obstacle == STUBLAB_OBSTACLE_NONE && alone->obstacle == STUBLAB_OBSTACLE_NONE) {
        if (!is_usual(seen->error, alone->error))
            wrong = errno_name(-seen->error);
        else if (!is_usual(seen->resumed, alone->resumed))
            wrong = errno_name(-seen->resumed);
    }
    if (own.over == STUBLAB_OVER_RUNS_ON && state_of(stub.pid) == 't')
        wrong = "a stop was not reported";
    if ((own.over != STUBLAB_OVER_NOT || ++cases == MOST_CASES) && !end_disturbed())
        wrong = "the stub cannot be ended";
    return wrong;
}

int disturb(const struct run *run) {
    const uint64_t started = milliseconds();
    uint32_t faults = 0;
    uint64_t done = 0;
    int64_t result = 0;
    own = trial;
    struct run drawn = *run;
    // What returns from a signal frame is not stopped in between.
    drawn.path = (uint32_t)index_of("ptrace", path_names);
    draw_cases(&drawn);
    w2c_fuzz_survey(&module, run->focus);
    say("KTAP version 1\n1..1\n# seed %lu\n", run->seed);
    for (uint32_t size = 0; result == 0 && (size = next_chunk(run, started, done)) > 0;) {
        w2c_fuzz_generate(&module, module_address(chunk.setups), size, (double)done);
        result = try_setups(chunk.setups, chunk.outcomes, size);
        for (uint32_t at = 0, steps = 0; result == 0 && at < size; at += steps) {
            steps = count_steps(&chunk.setups[at], size - at);
            const char *name = disturbance()->name;
            const char *wrong = try_disturbed(&chunk.setups[at], &chunk.outcomes[at], steps);
            if (wrong == 0 || faults++ >= MOST_TOLD)
                continue;
            say("# case %lu, disturbed by %s: %s\n# case ", done + at + steps - 1, name, wrong);
            say_case(&chunk.setups[at + steps - 1]);
            say("\n");
        }
        faults += say_complaints("");
        done += result == 0 ? size : 0;
    }
    if (stub.pid != 0)
        end_disturbed();
    renew();
    say("# %lu cases in %u stubs, %u outcomes changed, %u faults\n", done, stubs, disturbed,
        faults);
    return end_fuzz(false, result, faults > 0);
}
