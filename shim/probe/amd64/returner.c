// Tries setups by rt_sigreturn, in stubs that do it by themselves until a setup ends them or does
// not stop. They need no tracer: each is a copy of the probe, which makes a stub of itself.
// PDEATHSIG ends it with the probe.
#include "sigreturn.h"
#include "target.h"
#include "trying.h"
#include <asm/prctl.h>
#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/wait.h>

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
#define RECORDS 0x5a6c000000ULL       /* rw-: the module's memory, which it shares with the probe */
/** A frame with all that AVX-512 and AMX have takes 12 kB. */
enum { HANDLER_STACK_SIZE = 64 << 10 };

/** What no frame holds, so it stays as it is at first: KEPT in
 * src/labs/fuzz/case/amd64/code.ts. */
enum { KEPT_SELECTOR = 0x2b /* __USER_DS */ };

/** The stub, and its status word; it has ended if that is not RUNS. */
enum { RUNS = -1 };
static int32_t resident, status = RUNS;
static struct stublab_exchange *exchange;
/** Why no memory is shared, and stubs have no filter, as errnos. */
static int64_t unshared = -ENOSYS;
static int32_t unfiltered;

/** Whether the stub has ended. The wait4 of gVisor writes a status word even while the stub runs.
 */
static bool has_ended(void) {
    int32_t word = 0;
    if (status == RUNS && stublab_wait(resident, __WALL, 0, &word) != 0)
        status = word;
    return status != RUNS;
}

/** Waits for the probe's turn. Returns 1; 0 if the stub ended, or gets nowhere in time. */
static int64_t await(bool gives) {
    uint32_t next = ~0U;
    int64_t ran = 0, waited = 0;
    for (;; waited += LOOK) {
        int64_t result = stublab_await_turn(exchange, gives, LOOK, &canary);
        gives = false;
        if (result != 0)
            return result;
        if (has_ended())
            return 0;
        const uint32_t now = __atomic_load_n(&exchange->next, __ATOMIC_ACQUIRE);
        const int64_t runs = stublab_processor_time(resident);
        if (now != next) {
            next = now;
            ran = runs;
            waited = 0;
        }
        // Its own time, or, if it cannot get that, many times as much by looks: the clock goes on
        // while somebody has stopped the probe.
        if (waited >= trial.timeout &&
            (runs - ran >= trial.timeout || waited >= PATIENCE * trial.timeout))
            return 0;
    }
}

/** Ends the stub. Returns its status word. */
static int32_t end_resident(void) {
    if (resident == 0)
        return 0;
    if (!has_ended())
        end_task(resident, &status);
    const int32_t word = status;
    resident = 0;
    status = RUNS;
    return word;
}

bool make_return(struct stublab_setup *setup) {
    if (setup->way == STUBLAB_WAY_SIGRETURN)
        return true;
    if (setup->way != STUBLAB_WAY_SETREGS || setup->from != STUBLAB_FROM_SIGNAL ||
        setup->words[REG_ORIG_RAX] != ~0ULL)
        return false;
    setup->way = STUBLAB_WAY_SIGRETURN;
    setup->uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    return true;
}

void renew_returner(void) {
    end_resident();
}

void share_memory(void) {
    const uint64_t size = module.w2c_memory.size;
    const long at =
        syscall6(__NR_mmap, (long)RECORDS, (long)size, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    unshared = at < 0 ? at : (uint64_t)at == RECORDS ? 0 : -EEXIST;
    if (unshared == 0) {
        memcpy((void *)at, module.w2c_memory.data, module_areas);
        syscall2(__NR_munmap, (long)module.w2c_memory.data, (long)size);
        module.w2c_memory.data = (void *)at;
    }
    exchange = module_memory(reserve(sizeof *exchange));
}

/** Where a place in the code of the loop is in a stub. */
static uint64_t in_loop(const char *place) {
    return LOOP + (uint64_t)(place - stublab_sigreturn_begin);
}

/** Maps the loop and the stack. */
static int64_t map_loop(struct tracee *stub) {
    int64_t result = map_at(stub, LOOP, PAGE_SIZE);
    if (result == 0)
        result = map_at(stub, HANDLER_STACK, HANDLER_STACK_SIZE);
    if (result < 0)
        return result;
    const uint64_t size = in_loop(stublab_sigreturn_end) - LOOP;
    if (size > PAGE_SIZE)
        return -ENOSPC;
    memcpy((void *)LOOP, stublab_sigreturn_begin, size);
    *(uint64_t *)in_loop(stublab_sigreturn_exchange) = (uint64_t)exchange;
    return INJECT(stub, __NR_mprotect, LOOP, PAGE_SIZE, PROT_READ | PROT_EXEC);
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
        result = handle_signal(stub, raised[i], in_loop(stublab_sigreturn_handler), SA_ONSTACK);
    return result;
}

/** Rules that allow the calls of the loop from its page. */
static const struct sock_filter loop_rules[] = {
    LOAD_HIGH(instruction_pointer),
    JUMP_EQUAL((uint32_t)(LOOP >> 32), 0, 9),
    LOAD(instruction_pointer),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (uint32_t)-PAGE_SIZE),
    JUMP_EQUAL((uint32_t)LOOP, 0, 6),
    LOAD(nr),
    JUMP_EQUAL(__NR_rt_sigreturn, 3, 0),
    JUMP_EQUAL(__NR_futex, 2, 0),
    JUMP_EQUAL(__NR_rt_sigprocmask, 1, 0),
    JUMP_EQUAL(__NR_munmap, 0, 1),
    ANSWER(SECCOMP_RET_ALLOW),
};

/** Whether bytes are a SYSCALL, a SYSENTER or an INT 0x80. */
static bool is_call(const uint8_t *bytes) {
    return bytes[0] == 0x0f ? bytes[1] == 0x05 || bytes[1] == 0x34
                            : bytes[0] == 0xcd && bytes[1] == 0x80;
}

/** Puts breakpoints in the place of the calls in a page of code. */
static int64_t remove_calls(struct tracee *stub, uint64_t page) {
    enum { INT3 = 0xcc };
    uint8_t *code = (uint8_t *)page;
    int64_t result = INJECT(stub, __NR_mprotect, page, PAGE_SIZE, PROT_READ | PROT_WRITE);
    for (uint32_t i = 0; result == 0 && i < PAGE_SIZE - 1; i++)
        if (is_call(&code[i]))
            code[i] = INT3;
    return result < 0 ? result
                      : INJECT(stub, __NR_mprotect, page, PAGE_SIZE, PROT_READ | PROT_EXEC);
}

/** Whether a setup has reached a call that was removed, or the vsyscall page. What is in the
 * stub code is not predicted anyhow. */
static bool meets_call(const struct stublab_setup *setup, const struct stublab_outcome *outcome) {
    const uint64_t at = outcome->stopped[REG_RIP] - 1 - memory.code;
    const uint8_t *code = code_part();
    return setup->words[REG_RIP] >> 32 == VSYSCALL_HALF ||
           (outcome->signal == SIGTRAP && at < PAGE_SIZE - 1 && is_call(&code[at]));
}

/** The parts of the address space that have this code and its stack. */
static struct part { uint64_t at, length; } parts[2];

/** Unmaps all others but what a stub has. */
static int64_t unmap_probe(struct tracee *stub) {
    const struct part kept[] = {
        {memory.code, PAGE_SIZE},
        {memory.constants, PAGE_SIZE},
        {memory.scratch, memory.scratch_size},
        {memory.feature_code, targets_are_filtered ? 0 : PAGE_SIZE},
        {HANDLER_STACK, HANDLER_STACK_SIZE},
        {LOOP, PAGE_SIZE},
        {RECORDS, module.w2c_memory.size},
        {stub_address(), PAGE_SIZE},
        {MOST_USER_SPACE, 0},
    };
    uint64_t at = 0, count = 0;
    for (uint32_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const struct part gap = {at, kept[i].at - at};
        at = kept[i].at + kept[i].length;
        if ((uint64_t)parts - gap.at < gap.length || (uint64_t)kept - gap.at < gap.length)
            parts[count++] = gap;
        else if (gap.length > 0)
            INJECT(stub, __NR_munmap, gap.at, gap.length);
    }
    return 0;
}

static int64_t set_up_loop(struct tracee *stub) {
    static set_up *const steps[] = {set_up_pages, map_features, map_loop, handle_raised,
                                    unmap_probe};
    int64_t result = 0;
    for (uint32_t i = 0; result == 0 && i < sizeof steps / sizeof *steps; i++)
        result = steps[i](stub);
    if (result < 0)
        return result;
    targets_are_filtered = targets_are_filtered && exchange->unfiltered == 0;
    result = make_harmless(stub, loop_rules, sizeof loop_rules / sizeof *loop_rules);
    if (result < 0)
        exchange->unfiltered = (int32_t)-result;
    else if (exchange->unfiltered == 0)
        return 0;
    result = remove_calls(stub, memory.code);
    return result < 0 ? result : remove_calls(stub, stub_address());
}

/** Enters the loop, which unmaps the two parts. */
__attribute__((noreturn)) static void enter_loop(void) {
    register uint64_t r12 __asm__("r12") = parts[1].at;
    register uint64_t r13 __asm__("r13") = parts[1].length;
    register uint64_t r14 __asm__("r14") = memory.scratch;
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; jmp *%1"
                     :
                     : "r"(KEPT_SELECTOR), "r"(in_loop(stublab_sigreturn_enter)), "D"(parts[0].at),
                       "S"(parts[0].length), "r"(r12), "r"(r13), "r"(r14));
    __builtin_unreachable();
}

static int32_t parent;

/** What the copy of the probe does, with all signals blocked. It is jumped to, so its stack may
 * have another alignment. If it fails, it ends with the errno. */
__attribute__((noreturn, force_align_arg_pointer)) static void begin_stub(void) {
    enum { MOST_SECONDS = 600 };
    struct tracee self = {.is_self = true};
    // A kernel without it lets no stub live for long.
    if (syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0) < 0)
        syscall1(__NR_alarm, MOST_SECONDS);
    int64_t result = syscall0(__NR_getppid) == parent ? 0 : -ESRCH;
    // WRGSBASE would crash what gVisor's systrap runs next; gVisor refuses the call, which does not
    // matter.
    if (exchange->bases) {
        syscall2(__NR_arch_prctl, ARCH_SET_FS, (long)memory.constants);
        syscall2(__NR_arch_prctl, ARCH_SET_GS, (long)memory.scratch);
    }
    if (result == 0)
        result = set_up_loop(&self);
    if (result == 0)
        enter_loop();
    for (;;)
        syscall1(__NR_exit_group, -result);
}

static int64_t ready(void) {
    static volatile uint32_t step;
    if (resident != 0)
        return 0;
    if (unshared != 0)
        return unshared;
    memset(exchange, 0, sizeof *exchange);
    exchange->turn = 1;
    exchange->selector = KEPT_SELECTOR;
    exchange->unfiltered = targets_are_filtered ? unfiltered : 0;
    exchange->bases = has_feature("fsgsbase");
    exchange->scratch = memory.scratch;
    exchange->scratch_size = memory.scratch_size;
    exchange->image_length =
        stublab_fresh_frame(exchange->image, sizeof exchange->image, machine.xfeatures,
                            machine.frame_length, machine.mxcsr_mask);
    parent = (int32_t)syscall0(__NR_getpid);
    const int64_t pid =
        stublab_fork(SIGCHLD, (uint64_t)begin_stub, STUBLAB_CHILD_UNMASK, &step, 0, 0, 0);
    if (pid < 0)
        return pid;
    resident = (int32_t)pid;
    const int64_t result = await(false);
    if (result == 1)
        return 0;
    const int32_t word = end_resident();
    if (result < 0)
        return result;
    // Its signals are still blocked: User Mode Linux shows filters wrong instruction pointers.
    if (word == SIGTRAP)
        unfiltered = EFAULT;
    return (word & 0x7f) == 0 && word != 0 ? -(word >> 8 & 0xff) : -EPROTO;
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
        exchange->setups = (uint64_t)&setups[done];
        exchange->outcomes = (uint64_t)&outcomes[done];
        exchange->next = 0;
        exchange->count = count - done;
        result = await(true);
        if (canary.changed)
            return CORRUPTED;
        if (result < 0)
            end_resident();
        if (result != 0)
            return result < 0 ? result : 0;
        done += exchange->next;
        const bool hung = !has_ended();
        const int32_t word = end_resident();
        if (done >= count)
            return 0;
        if (suspect != done) {
            suspect = done;
            continue;
        }
        struct stublab_outcome *outcome = &outcomes[done++];
        memset(outcome, 0, sizeof *outcome);
        outcome->refused_at = -1;
        outcome->status = hung ? 0 : word;
    }
    return 0;
}

int64_t try_returns(const struct stublab_setup *setups, struct stublab_outcome *outcomes,
                    uint32_t count) {
    int64_t result = hand(setups, outcomes, count);
    for (uint32_t i = 0; result == 0 && i < count; i++) {
        for (int tries = 1; result == 0 && tries < MOST_TRIES && is_sent(&outcomes[i]); tries++)
            result = hand(&setups[i], &outcomes[i], 1);
        if (result == 0 && exchange->unfiltered != 0 && meets_call(&setups[i], &outcomes[i]))
            hinder(&outcomes[i], STUBLAB_OBSTACLE_FILTER, -exchange->unfiltered);
    }
    return result;
}
