// Tries setups by ptrace: src/labs/fuzz/try/trial.ts.
#include "trying.h"
#include <asm/ptrace.h>
#include <asm/signal.h>
#include <linux/ptrace.h>

enum { MOST_TRIES = 5, TIMEOUT = 200000 };

w2c_fuzz module;
struct stublab_canary canary;
static struct tracee target;
static struct stublab_trial trial;
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

static void start_module(void) {
    wasm2c_fuzz_instantiate(&module);
    memcpy(module_memory(*w2c_fuzz_heap(&module)), &data[section_memory.at], section_memory.length);
    configure_module(&module);
    share_areas();
    // The first area is the exchange: the set-up of a loop has its address.
    next_area = module_areas + sizeof(struct stublab_exchange);
}

void select_rules(const struct known_list *known) {
    configure_rules(&module, machine.features);
    *w2c_fuzz_avoidsWatchpoints(&module) = 0;
    *w2c_fuzz_ignoredFlags(&module) = 0;
    if (known != 0 && known->apply != 0)
        known->apply(&module);
}

void start_trying(void) {
    start_module();
    create_master();
    read_machine(&master);
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
    trial.timeout = TIMEOUT;
    trial.call = place_call;
    trial.call32 = place_call32;
    memcpy(trial.rest, baseline, sizeof trial.rest);
}

static int64_t ready(void) {
    if (target.pid != 0)
        return 0;
    int64_t result = create_stub(&target, section_target);
    if (result == 0)
        result = stublab_read_trial(target.pid, &trial);
    if (result < 0)
        end_stub(&target, &master);
    return result;
}

void renew(void) {
    end_stub(&target, &master);
    renew_returner();
}

static bool is_return(const struct stublab_setup *setup) {
    return contents[setup->way].frame;
}

bool is_sent(const struct stublab_outcome *outcome) {
    return outcome->signal != 0 && outcome->code <= 0;
}

/** From now on, no stub is brought to a stop at which none has ever arrived. */
static void give_up(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    if (outcome->obstacle != STUBLAB_OBSTACLE_START)
        return;
    trial.errors[STUBLAB_OBSTACLE_START] = outcome->obstacle_error;
    trial.unreachable |= 1U << setup->from & ~trial.reached;
}

static int64_t trace(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                     uint32_t count) {
    uint32_t again = 0;
    int untried = 0;
    int spoiled = 1;
    for (uint32_t done = 0; done < count;) {
        int64_t result = ready();
        if (result < 0)
            return result;
        result =
            stublab_try(target.pid, &setups[done], &outcomes[done], count - done, &trial, &canary);
        if (canary.changed)
            fail("the kernel has changed the probe's floating point", canary.changed);
        done += (uint32_t)result;
        if (trial.over == 0)
            continue;
        const struct stublab_outcome *last = &outcomes[done - 1];
        if (trial.over == STUBLAB_OVER_UNTRIED) {
            end_stub(&target, &master);
            // Another process may be the reason.
            if (last->obstacle != STUBLAB_OBSTACLE_NONE && ++untried < MOST_TRIES) {
                done--;
                continue;
            }
            untried = 0;
            give_up(&setups[done - 1], last);
            continue;
        }
        if (trial.over == STUBLAB_OVER_SPOILED) {
            end_stub(&target, &master);
            const bool sent = is_sent(last) && spoiled < MOST_TRIES;
            spoiled = sent ? spoiled + 1 : 1;
            done -= sent;
            continue;
        }
        if (trial.over != STUBLAB_OVER_RUNS_ON)
            stublab_ptrace(PTRACE_CONT, target.pid, 0, 0);
        end_stub(&target, &master);
        const bool tried = last->resumed == 0;
        if (tried && (last->status & 0xff) == 0x7f)
            continue;
        const bool ended = tried && trial.over != STUBLAB_OVER_RUNS_ON;
        const bool killed = last->status == SIGKILL && setups[done - 1].signal != SIGKILL;
        if (again != done && (!ended || killed))
            again = done--;
    }
    return 0;
}

/** Notes for setups that they were not tried. */
static void hinder_all(struct stublab_outcome *outcomes, uint32_t count, unsigned int obstacle,
                       int64_t result) {
    memset(outcomes, 0, count * sizeof *outcomes);
    for (uint32_t i = 0; i < count; i++) {
        outcomes[i].obstacle = obstacle;
        outcomes[i].obstacle_error = (int32_t)-result;
    }
}

/** Why no stub can be set up that returns from signal handlers by itself; 0: one can. */
static int64_t cannot_return;

int64_t try_setups(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                   uint32_t count) {
    for (uint32_t from = 0, end = 0; from < count; from = end) {
        for (end = from + 1; end < count && is_return(&setups[end]) == is_return(&setups[from]);)
            end++;
        const bool returns = is_return(&setups[from]);
        int64_t result = returns ? cannot_return : 0;
        if (result == 0)
            result = (returns ? try_returns : trace)(&setups[from], &outcomes[from], end - from);
        if (result < 0 && !(returns && !has_returned()))
            return result;
        if (result < 0) {
            cannot_return = result;
            hinder_all(&outcomes[from], end - from, STUBLAB_OBSTACLE_RETURN, result);
        }
    }
    return 0;
}
