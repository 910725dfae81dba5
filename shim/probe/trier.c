// Tries setups, in stubs that last until a setup ends them: by ptrace here, and those that return
// from a signal handler in amd64/returner.c.
#include "facilities.h"
#include "target.h"
#include "trying.h"
#include <asm/ptrace.h>
#include <asm/signal.h>
#include <linux/ptrace.h>

enum { MOST_TRIES = 5, DEADLINE = 200000 };
/** Cases between two looks at a stub that tries none. */
enum { LOOK = 1 << 14 };

w2c_fuzz module;
struct stublab_canary canary;
static struct tracee target;
struct stublab_trial trial;
struct chunk chunk;
static uint32_t next_area;

void *module_memory(uint32_t address) {
    return &module.w2c_memory.data[address];
}

uint32_t module_address(const void *at) {
    return (uint32_t)((const uint8_t *)at - module.w2c_memory.data);
}

uint32_t reserve(uint32_t size) {
    uint32_t at = (next_area + 63) & ~63U;
    next_area = at + size;
    if (next_area > module.w2c_memory.size)
        fail("the module's memory is full", next_area);
    return at;
}

const void *code_part(void) {
    return module_memory(*w2c_fuzz_codeBytes(&module));
}

const void *constants_part(void) {
    return module_memory(*w2c_fuzz_constantBytes(&module));
}

void start_module(void) {
    static bool is_started;
    if (is_started)
        return;
    is_started = true;
    wasm2c_fuzz_instantiate(&module);
    memcpy(module_memory(*w2c_fuzz_heap(&module)), &data[section_memory.at], section_memory.length);
    configure_module(&module);
    next_area = module_areas;
    if (HAS_RETURNER)
        share_memory();
    chunk.setups = module_memory(reserve(chunk_cases * sizeof *chunk.setups));
    chunk.outcomes = module_memory(reserve(chunk_cases * sizeof *chunk.outcomes));
}

void select_rules(const struct known_list *known) {
    const bool is_list = known != 0 && known->changes != 0;
    struct plant change;
    *w2c_fuzz_ignoredFlags(&module) = is_list ? known->ignored_flags : 0;
    forget_plants();
    for (uint32_t i = 0; is_list && known->changes[i] != 0; i++)
        if (read_plant(known->changes[i], &change))
            plant(&change);
    *w2c_fuzz_avoidsWatchpoints(&module) = is_list && known->avoids_watchpoints;
}

void start_trying(void) {
    start_module();
    create_master();
    try_facilities();
    trial.timeout = DEADLINE;
    trial.call = place_call;
    trial.call32 = place_call32;
    memcpy(trial.rest, baseline, sizeof trial.rest);
    read_machine();
    select_rules(0);
    *w2c_fuzz_xstateLength(&module) = machine.xstate_length;
    *w2c_fuzz_xcr0(&module) = machine.xcr0;
    *w2c_fuzz_frameLength(&module) = machine.frame_length;
    memcpy(module_memory(*w2c_fuzz_components(&module)), machine.components,
           sizeof machine.components);
    *w2c_fuzz_xfeatures(&module) = machine.xfeatures;
    *w2c_fuzz_mxcsrMask(&module) = machine.mxcsr_mask;
    *w2c_fuzz_stubCode(&module) = stub_address();
    canary.wide = machine.wide;
}

static int64_t ready(void) {
    if (target.pid != 0)
        return 0;
    int64_t result = create_stub(&target, set_up_target);
    if (result == 0)
        result = stublab_read_trial(target.pid, &trial);
    if (result < 0)
        end_stub(&target, &master);
    return result;
}

void renew(void) {
    end_stub(&target, &master);
    if (HAS_RETURNER)
        renew_returner();
}

void renew_all(void) {
    end_trying();
    create_master();
}

void end_trying(void) {
    renew();
    end_idle();
    end_stub(&master, 0);
}

static bool is_return(const struct stublab_setup *setup) {
    return HAS_RETURNER && contents[setup->way].frame;
}

const struct stublab_setup *first_step(const struct stublab_setup *setup) {
    while (is_further_step(setup))
        setup--;
    return setup;
}

/** From now on, no stub is brought to a stop at which none has ever arrived. */
static void give_up(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    if (outcome->obstacle != STUBLAB_OBSTACLE_START)
        return;
    trial.errors[STUBLAB_OBSTACLE_START] = outcome->obstacle_error;
    trial.unreachable |= 1U << setup->from & ~trial.reached;
}

/** Whether the end of a stub may have another reason than the step that it is attributed to. */
static bool is_doubtful(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    if (trial.over == STUBLAB_OVER_SPOILED)
        return false;
    // If it was on the way to the next case, the last look may have been at its exit.
    const bool tried = outcome->resumed == 0, stopped = (outcome->status & 0xff) == 0x7f;
    const bool killed = outcome->status == SIGKILL && setup->signal != SIGKILL;
    return !tried || trial.over == STUBLAB_OVER_RUNS_ON || killed || stopped;
}

static int64_t trace(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                     uint32_t count) {
    uint32_t tried = ~0U, doubted = ~0U;
    int tries = 0;
    for (uint32_t done = 0; done < count;) {
        int64_t result = ready();
        if (result < 0)
            return result;
        result =
            stublab_try(target.pid, &setups[done], &outcomes[done], count - done, &trial, &canary);
        if (canary.changed)
            return CORRUPTED;
        done += (uint32_t)result;
        if (trial.over == 0)
            continue;
        const uint32_t first = (uint32_t)(first_step(&setups[done - 1]) - setups);
        uint32_t last = done - 1;
        while (outcomes[last].obstacle == STUBLAB_OBSTACLE_ENDED)
            last--;
        if (trial.over == STUBLAB_OVER_ENDED)
            stublab_ptrace(PTRACE_CONT, target.pid, 0, 0);
        end_stub(&target, &master);
        const bool untried = trial.over == STUBLAB_OVER_UNTRIED;
        const bool hindered = untried && outcomes[last].obstacle != STUBLAB_OBSTACLE_NONE;
        // Another process may be the reason.
        tries = tried == first ? tries + 1 : 1;
        tried = first;
        if ((hindered || trial.disturbed) && tries < MOST_TRIES)
            done = first;
        else if (untried)
            give_up(&setups[first], &outcomes[first]);
        else if (doubted != first && is_doubtful(&setups[last], &outcomes[last]))
            done = doubted = first;
    }
    return 0;
}

void hinder(struct stublab_outcome *outcome, unsigned int obstacle, int64_t result) {
    memset(outcome, 0, sizeof *outcome);
    outcome->obstacle = obstacle;
    outcome->obstacle_error = (int32_t)-result;
}

/** Tries setups of one kind. */
static int64_t try_alike(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                         uint32_t count) {
    /** Of stubs that are traced, and of those that return from signal handlers: whether one was
     * ever set up, or why none can be. */
    static bool was_set_up[2];
    static int64_t errors[2];
    const bool returns = is_return(setups);
    int64_t result = errors[returns];
    if (result == 0)
        result = returns ? try_returns(setups, outcomes, count) : trace(setups, outcomes, count);
    was_set_up[returns] = was_set_up[returns] || result == 0;
    if (was_set_up[returns] || result == CORRUPTED || is_loss(result))
        return result;
    errors[returns] = result;
    for (uint32_t i = 0; i < count; i++)
        hinder(&outcomes[i], returns ? STUBLAB_OBSTACLE_RETURN : STUBLAB_OBSTACLE_TRACE, result);
    return 0;
}

/** Looks now and then at a stub that tries nothing, and gets no other floating point than it had.
 */
static int64_t look_after(uint32_t count) {
    static uint32_t tried;
    tried += count;
    if (tried < LOOK)
        return 0;
    tried = 0;
    return look_at_idle();
}

static int64_t try_all(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                       uint32_t count) {
    int64_t result = 0;
    for (uint32_t from = 0, end = 0; result == 0 && from < count; from = end) {
        for (end = from + 1; end < count && is_return(&setups[end]) == is_return(&setups[from]);)
            end++;
        // If a stub is lost that no setup has ended, all are new, and all is tried anew.
        for (int tries = 1;; tries++) {
            result = try_alike(&setups[from], &outcomes[from], end - from);
            if (tries == MOST_TRIES || !is_loss(result))
                break;
            renew_all();
        }
    }
    return result;
}

/** Fails with the floating point that has changed, and the case that changes it, if one alone does.
 */
__attribute__((noreturn)) static void fail_corrupted(const struct stublab_setup *setups,
                                                     struct stublab_outcome *outcomes,
                                                     uint32_t count) {
    static char text[1 << 13];
    const char *change = describe_corruption();
    const struct stublab_setup *culprit = 0;
    uint32_t at = canary.changed != 0 ? 0 : count;
    for (uint32_t steps = 0; at < count && culprit == 0; at += steps) {
        steps = count_steps(&setups[at], count - at);
        canary.changed = 0;
        if (try_all(&setups[at], outcomes, steps) == CORRUPTED)
            culprit = &setups[at + steps - 1];
    }
    say_to(text);
    say("%s", change);
    if (culprit != 0) {
        say(": ");
        say_case(culprit);
    }
    say_to(0);
    fail(text, 0);
}

int64_t try_setups(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                   uint32_t count) {
    int64_t result = try_all(setups, outcomes, count);
    if (result == 0)
        result = look_after(count);
    if (result == CORRUPTED)
        fail_corrupted(setups, outcomes, count);
    if (is_loss(result))
        renew_all();
    return is_loss(result) ? -ESRCH : result;
}
