// Tries setups by rt_sigreturn, in stubs that do it by themselves until a setup ends them or does
// not stop. They are not traced, because a traced thread stops at every signal; PDEATHSIG ends them
// with the master, and the master ends with the probe.
#include "sigreturn.h"
#include "target.h"
#include "trying.h"
#include <asm/ptrace.h>
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

/** How often a setup is tried whose outcome is a signal that somebody sent: those that are pending
 * spoil some tries, but at most one each. */
enum { MOST_TRIES = 32 };
/** Microseconds between two looks whether the stub lives; and how many deadlines by the clock a
 * setup has, as a stub may wait for its turn on a busy machine. */
enum { LOOK = 20000, PATIENCE = 10 };

/*
 * What such a stub has beside the pages of cases. It lies where no case points by intention, above
 * 4 GB, where code of 32 bits cannot reach, and below 0x7f_8000_0000, where User Mode Linux ends.
 */
#define HANDLER_STACK 0x5a6a000000ULL /* rw-: where signals are handled */
#define LOOP 0x5a6b000000ULL          /* r-x: the code of shim/fuzz/amd64/sigreturn.S */
#define RECORDS 0x5a6c000000ULL       /* rw-: what it shares with the probe */
/** A frame with all that AVX-512 and AMX have takes 12 kB. */
enum { HANDLER_STACK_SIZE = 64 << 10 };

/** What no frame holds, so it stays as it is at first: KEPT in
 * src/labs/fuzz/case/amd64/code.ts. */
enum { KEPT_SELECTOR = 0x2b /* __USER_DS */ };

static struct tracee resident;
static struct stublab_exchange *exchange;
static int64_t file = -1, pidfd = -1;

/** The address in a stub of what is at an address of the module's memory. */
static uint64_t stub_view(const void *at) {
    return RECORDS + (module_address(at) - module_areas);
}

/** Whether the stub has ended. Its parent has not reaped it, so without pidfds, as in gVisor, /proc
 * has its state. */
static bool has_ended(void) {
    return pidfd >= 0 ? stublab_has_ended((int32_t)pidfd) == 1 : is_zombie(resident.pid);
}

/** Waits for the probe's turn. Returns 1; 0 if the stub ended, or gets nowhere in time. */
static int64_t await(bool gives) {
    uint32_t next = ~0U;
    int64_t ran = 0, waited = 0;
    for (;; waited += LOOK) {
        int64_t result = gives ? stublab_give_turn(exchange, LOOK, &canary)
                               : stublab_await_turn(exchange, LOOK, &canary);
        gives = false;
        if (result != 0)
            return result;
        if (has_ended())
            return 0;
        const uint32_t now = __atomic_load_n(&exchange->next, __ATOMIC_ACQUIRE);
        const int64_t runs = stublab_processor_time(resident.pid);
        if (now != next) {
            next = now;
            ran = runs;
            waited = 0;
        }
        // Its own time, or, if it cannot get that, many times as much by looks: the clock goes on
        // while somebody has stopped the probe.
        if (waited >= deadline() && (runs - ran >= deadline() || waited >= PATIENCE * deadline()))
            return 0;
    }
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

static uint64_t shared_size(void) {
    return module.w2c_memory.size - module_areas;
}

void share_areas(void) {
    exchange = module_memory(module_areas);
    file = stublab_share(exchange, 0, shared_size());
}

/** Maps the loop, what it shares with the probe, and the stack. */
static int64_t map_loop(struct tracee *stub) {
    static uint8_t code[PAGE_SIZE];
    int64_t result = map_at(stub, LOOP, PAGE_SIZE, -1);
    if (result == 0)
        result = map_at(stub, RECORDS, shared_size(), file);
    if (result == 0)
        result = map_at(stub, HANDLER_STACK, HANDLER_STACK_SIZE, -1);
    if (result == 0)
        result = stublab_sigreturn_code(code, sizeof code, RECORDS);
    return result < 0 ? result : fill(stub, LOOP, code, sizeof code, PROT_READ | PROT_EXEC);
}

/** Gives the signals that instructions raise a handler. With SS_AUTODISARM its stack is always used
 * from the end, wherever rsp points. */
static int64_t handle_raised(struct tracee *stub) {
    static const uint32_t raised[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    enum { AUTODISARM = 1U << 31 };
    const uint64_t stack[] = {HANDLER_STACK, AUTODISARM, HANDLER_STACK_SIZE};
    int64_t result = write_memory(stub, memory.scratch, stack, sizeof stack);
    if (result == 0)
        result = INJECT(stub, __NR_sigaltstack, memory.scratch, 0);
    for (uint32_t i = 0; result == 0 && i < sizeof raised / sizeof *raised; i++)
        result =
            handle_signal(stub, raised[i], LOOP + stublab_sigreturn_handler_offset(), SA_ONSTACK);
    return result;
}

/** Rules that allow the two calls of the loop from its page. */
static const struct sock_filter loop_rules[] = {
    LOAD_HIGH(instruction_pointer),      JUMP_EQUAL((uint32_t)(LOOP >> 32), 0, 7),
    LOAD(instruction_pointer),           BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (uint32_t)-PAGE_SIZE),
    JUMP_EQUAL((uint32_t)LOOP, 0, 4),    LOAD(nr),
    JUMP_EQUAL(__NR_rt_sigreturn, 1, 0), JUMP_EQUAL(__NR_futex, 0, 1),
    ANSWER(SECCOMP_RET_ALLOW),
};

int64_t set_up_loop(struct tracee *stub) {
    int64_t result = set_up_pages(stub);
    if (result == 0)
        result = map_loop(stub);
    if (result == 0)
        result = handle_raised(stub);
    if (result == 0)
        result = make_harmless(stub, loop_rules, sizeof loop_rules / sizeof *loop_rules);
    return result;
}

static int64_t ready(void) {
    if (resident.pid != 0)
        return 0;
    if (file < 0)
        return file;
    memset(exchange, 0, sizeof *exchange);
    exchange->turn = 1;
    exchange->ds = KEPT_SELECTOR;
    exchange->es = KEPT_SELECTOR;
    exchange->bases = has_readable_bases();
    exchange->scratch = memory.scratch;
    exchange->scratch_size = memory.scratch_size;
    int64_t result = create_target(&resident, set_up_loop);
    if (result < 0)
        return result;
    int64_t length = stublab_fresh_frame(resident.pid, exchange->image, sizeof exchange->image,
                                         machine.xfeatures, machine.frame_length);
    exchange->image_length = length > 0 ? (uint64_t)length : 0;
    pidfd = stublab_pidfd(resident.pid);
    uint64_t *words = frame_words();
    memcpy(words, baseline, BLOCK_SIZE);
    words[REG_FS_BASE] = memory.constants;
    words[REG_GS_BASE] = memory.scratch;
    words[REG_DS] = KEPT_SELECTOR;
    words[REG_ES] = KEPT_SELECTOR;
    words[REG_RIP] = LOOP;
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

/** Whether another process sent the signal of the stop. */
static bool is_sent(const struct stublab_outcome *outcome) {
    return outcome->signal != 0 && outcome->code <= 0;
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
        if (canary.changed)
            return CORRUPTED;
        if (result < 0)
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
