// Tries setups by rt_sigreturn, in stubs that do it by themselves: src/labs/fuzz/try/sigreturn/.
#include "own_data.h"
#include "sigreturn.h"
#include "trying.h"
#include <asm/ptrace.h>
#include <asm/signal.h>
#include <linux/ptrace.h>

enum { MOST_TRIES = 16, LOOK = 20000, PATIENCE = 100 };

static struct tracee resident;
static struct stublab_exchange *exchange;
static int64_t file = -1, pidfd = -1;

/** The address in a stub of what is at an address of the module's memory. */
static uint64_t stub_view(const void *at) {
    return records_address + (module_address(at) - module_areas);
}

/** Whether the stub has ended. Its parent has not reaped it, so without pidfds, as in gVisor, /proc
 * has its state. */
static bool has_ended(void) {
    return pidfd >= 0 ? stublab_has_ended((int32_t)pidfd) == 1 : is_zombie(resident.pid);
}

/** Waits for the probe's turn. Returns 1; 0 if the stub ended, or gets nowhere. */
static int64_t await(bool gives) {
    uint32_t next = ~0U;
    for (int waited = 0; waited < PATIENCE; waited++) {
        int64_t result = gives ? stublab_give_turn(exchange, LOOK, &canary)
                               : stublab_await_turn(exchange, LOOK, &canary);
        gives = false;
        if (result != 0)
            return result;
        if (has_ended())
            return 0;
        const uint32_t now = __atomic_load_n(&exchange->next, __ATOMIC_ACQUIRE);
        waited = now == next ? waited : 0;
        next = now;
    }
    return 0;
}

/** Ends the stub, which nobody traces: its parent reaps it. Returns its status word. */
static int32_t end_resident(void) {
    int32_t status = SIGKILL;
    if (resident.pid == 0)
        return 0;
    stublab_tgkill(resident.pid, resident.pid, SIGKILL);
    const uint64_t page = (uint64_t)map_memory(&master, 4096);
    INJECT(&master, __NR_wait4, (uint64_t)resident.pid, page, 0x40000000 /* __WALL */, 0);
    read_memory(&master, page, &status, sizeof status);
    INJECT(&master, __NR_munmap, page, 4096);
    if (pidfd >= 0)
        stublab_close((int32_t)pidfd);
    resident.dead = true;
    end_stub(&resident, 0);
    return status;
}

static bool has_entered;

bool has_returned(void) {
    return has_entered;
}

void renew_returner(void) {
    end_resident();
}

static bool has_readable_bases(void) {
    return has_feature("fsgsbase");
}

void share_areas(void) {
    exchange = module_memory(module_areas);
    file = stublab_share(exchange, 0, module.w2c_memory.size - module_areas);
}

static int64_t ready(void) {
    if (resident.pid != 0)
        return 0;
    if (file < 0)
        return file;
    memset(exchange, 0, sizeof *exchange);
    exchange->turn = 1;
    exchange->ds = kept_ds;
    exchange->es = kept_es;
    exchange->bases = has_readable_bases();
    exchange->scratch = scratch_address;
    exchange->scratch_size = scratch_size;
    int64_t result = create_target(&resident, section_loop, file);
    if (result < 0)
        return result;
    int64_t length = stublab_fresh_frame(resident.pid, exchange->image, sizeof exchange->image,
                                         machine.xfeatures, machine.frame_length);
    exchange->image_length = length > 0 ? (uint64_t)length : 0;
    pidfd = stublab_pidfd(resident.pid);
    uint64_t *words = frame_words();
    memcpy(words, baseline, BLOCK_SIZE);
    words[REG_FS_BASE] = kept_fs_base;
    words[REG_GS_BASE] = kept_gs_base;
    words[REG_DS] = kept_ds;
    words[REG_ES] = kept_es;
    words[REG_RIP] = loop_address;
    stublab_ptrace(PTRACE_SETREGS, resident.pid, 0, words);
    stublab_ptrace(PTRACE_DETACH, resident.pid, 0, 0);
    // It is still stopped by the SIGSTOP of its birth.
    stublab_tgkill(resident.pid, resident.pid, SIGCONT);
    if (await(false) == 1) {
        has_entered = true;
        return 0;
    }
    end_resident();
    return -EPROTO;
}

static int64_t hand(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                    uint32_t count) {
    uint32_t suspect = ~0U;
    for (uint32_t done = 0; done < count;) {
        int64_t result = ready();
        if (result < 0)
            return result;
        exchange->setups = stub_view(&setups[done]);
        exchange->outcomes = stub_view(&outcomes[done]);
        exchange->next = 0;
        exchange->count = count - done;
        result = await(true);
        if (result < 0 || canary.changed)
            fail("a stub cannot be handed setups", result);
        if (result == 1)
            return 0;
        done += exchange->next;
        const bool hung = !has_ended();
        const int32_t status = end_resident();
        if (done >= count)
            return 0;
        if (suspect != done) {
            suspect = done;
            continue;
        }
        struct stublab_outcome *outcome = &outcomes[done++];
        memset(outcome, 0, sizeof *outcome);
        outcome->refused_at = -1;
        outcome->status = hung ? 0 : status;
    }
    return 0;
}

int64_t try_returns(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                    uint32_t count) {
    int64_t result = hand(setups, outcomes, count);
    for (uint32_t i = 0; result == 0 && i < count; i++)
        for (int tries = 1; result == 0 && tries < MOST_TRIES && is_sent(&outcomes[i]); tries++)
            result = hand(&setups[i], &outcomes[i], 1);
    return result;
}
