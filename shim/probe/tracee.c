// Stubs of the probe: their births, injections and ends, as in src/core/stub/.
#include "facilities.h"
#include "machine.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>

/** Pages that are tried; stops on the way to another one, or to the end. */
enum { MOST_TRIES = 64, MOST_STOPS = 64 };
enum { BLOCKS = 64, WAIT = 5000 };
/** How far a stack may grow: src/core/stub/user_space.ts. */
#define STACK_ROOM (1ULL << 30)

w2c_encoder encoder;
uint64_t page_bytes;
static uint32_t frame, blocks;
static uint64_t block_uses;
static uint64_t stub_code;
static struct stublab_run injection;
int64_t attach_error;

uint64_t *encoder_words(uint32_t address) {
    return (uint64_t *)&encoder.w2c_memory.data[address];
}

uint64_t *frame_words(void) {
    return encoder_words(frame);
}

uint64_t stub_address(void) {
    return stub_code;
}

static bool is_mappable(uint64_t page) {
    int64_t result = stublab_probe_page(page);
    return result == 0 || result == -EEXIST;
}

/** The end of the pages that the kernel can map; nothing is mapped between `least` and it. */
static uint64_t end_of_user_space(uint64_t least) {
    uint64_t from = least, to = MOST_USER_SPACE, middle = to;
    while (from < to) {
        if (is_mappable(middle - page_bytes))
            from = middle;
        else
            to = middle - page_bytes;
        middle = to - (to - from) / 2 / page_bytes * page_bytes;
    }
    return to;
}

/** Maps the stub code at the highest free page into which the stack does not grow. */
static void place_stub_code(void) {
    const uint64_t stack = (uint64_t)__builtin_frame_address(0);
    uint64_t page = end_of_user_space((stack | (page_bytes - 1)) + 1) - page_bytes;
    int64_t result = -EEXIST;
    for (int tries = 0; result < 0 && tries < MOST_TRIES; tries++, page -= page_bytes) {
        if (page <= stack && page + STACK_ROOM > stack)
            page = (stack - STACK_ROOM) & ~(page_bytes - 1);
        if (stublab_probe_page(page) == 0)
            result = stublab_map_stub(page);
    }
    if (result < 0)
        fail("the stub code cannot be mapped", result);
    stub_code = (uint64_t)result;
}

void start_tracer(void) {
    page_bytes = PAGE_SIZE;
    wasm2c_encoder_instantiate(&encoder);
    frame = (*w2c_encoder_heap(&encoder) + 15) & ~15U;
    blocks = frame + BLOCK_SIZE;
    place_stub_code();
    injection =
        (struct stublab_run){.pass_over = ~0ULL, .rest = stub_code + stublab_stub_rest_offset()};
    static const int own[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGKILL};
    for (uint32_t i = 0; i < sizeof own / sizeof *own; i++)
        injection.pass_over &= ~(1ULL << (own[i] - 1));
}

static void take_block(struct tracee *stub) {
    int free = __builtin_ctzll(~block_uses);
    block_uses |= 1ULL << free;
    stub->initial = blocks + (uint32_t)free * BLOCK_SIZE;
}

static void give_block(const struct tracee *stub) {
    block_uses &= ~(1ULL << (stub->initial - blocks) / BLOCK_SIZE);
}

int64_t wait_for(struct tracee *stub, int32_t *status, int64_t milliseconds) {
    return stublab_wait(stub->pid, __WALL | WUNTRACED, milliseconds * 1000, status);
}

/** Waits for a stop. Returns 0, or GONE. */
static int64_t wait_stop(struct tracee *stub) {
    int32_t status = 0;
    int64_t result = wait_for(stub, &status, WAIT);
    if (result == 0)
        return -ETIMEDOUT;
    if (result < 0)
        return result;
    stub->dead = (status & 0xff) != 0x7f;
    return stub->dead ? GONE : 0;
}

/** Sets the options of a stub that the kernel has: all, or each that it does not refuse. */
static void set_options(int32_t pid) {
    static const uint64_t options[] = {
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL, PTRACE_O_TRACESYSGOOD,
        PTRACE_O_TRACEEXIT, PTRACE_O_EXITKILL};
    uint64_t set = 0;
    for (uint32_t i = 0; set != options[0] && i < sizeof options / sizeof *options; i++)
        if (stublab_ptrace(PTRACE_SETOPTIONS, pid, 0, (void *)(set | options[i])) == 0)
            set |= options[i];
}

/** Takes the registers of the last stop, at which injections begin. */
static void take_initial(struct tracee *stub) {
    w2c_encoder_rewindSyscall(&encoder, frame);
    take_block(stub);
    memcpy(encoder_words(stub->initial), frame_words(), BLOCK_SIZE);
}

/** Where the stub code stops itself. */
static uint64_t self_stop(void) {
    return stub_code + stublab_stub_syscall_offset() + SYSCALL_BYTES;
}

/** What PTRACE_ATTACH has returned last. */
static int64_t refusal;

/** PTRACE_ATTACH, and on to the self-stop; takes the registers there. */
static int64_t attach(struct tracee *stub) {
    const uint64_t *words = frame_words();
    int64_t result = stublab_attach(stub->pid, 0);
    refusal = result;
    if (result == 0)
        result = wait_stop(stub);
    if (result == 0)
        set_options(stub->pid);
    for (int stops = 0; result == 0; result = wait_stop(stub)) {
        result = get_registers(stub->pid, frame_words());
        if (result < 0)
            return result;
        if (words[WORD_COUNTER] == self_stop() && words[WORD_MARK] == 0)
            break;
        result = stops++ == MOST_STOPS ? -EPROTO : stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0);
        if (result < 0)
            return result;
    }
    if (result == 0)
        take_initial(stub);
    return result;
}

/** Some emulators refuse a clone without CLONE_VM that shares anything: then a plain fork is made.
 */
static uint32_t clone_flags = CLONE_FILES;

static uint64_t clone_word(int32_t exit_signal) {
    return w2c_encoder_encodeClone(&encoder, clone_flags, (uint32_t)exit_signal);
}

static int64_t fork_child(struct tracee *stub, int32_t exit_signal, uint32_t omit,
                          uint32_t options) {
    static volatile uint32_t step;
    *stub = (struct tracee){.is_child = true};
    int64_t pid = stublab_fork(clone_word(exit_signal), stub_code, omit, &step, 0, 0, options);
    if (pid == -EINVAL && clone_flags != 0) {
        clone_flags = 0;
        pid = stublab_fork(clone_word(exit_signal), stub_code, omit, &step, 0, 0, options);
    }
    stub->pid = pid < 0 ? 0 : (int32_t)pid;
    return pid;
}

static int64_t fork_attached(struct tracee *stub, int32_t exit_signal) {
    static const uint64_t none;
    int64_t result = fork_child(stub, exit_signal, STUBLAB_CHILD_UNMASK, 0);
    if (result > 0)
        result = wait_stop(stub);
    if (result == 0)
        result = attach(stub);
    if (result == 0 && stublab_set_mask(stub->pid, 0) < 0)
        result = INJECT(stub, __NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&none, 0, sizeof none);
    return result;
}

int64_t fork_traced(struct tracee *stub, int32_t exit_signal) {
    int32_t status = 0;
    int64_t result = fork_child(stub, exit_signal, 0, STUBLAB_FORK_TRACED);
    // It stops itself before its steps, and after them.
    for (int stops = 0, own = 0; result >= 0 && own < 2; stops++) {
        if (stops > 0)
            result = stops == MOST_STOPS ? -EPROTO : stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0);
        if (result >= 0)
            result = wait_for(stub, &status, WAIT);
        own += status == (SIGSTOP << 8 | 0x7f);
        stub->dead = result > 0 && (status & 0xff) != 0x7f;
        // Its exit status is the errno of the step that failed: of PTRACE_TRACEME, if it is first.
        if (stub->dead)
            result = (status & 0xff) == 0 ? -(status >> 8) : GONE;
        else if (result == 0)
            result = -ETIMEDOUT;
        if (stub->dead && own == 0)
            note_trial(A_REQUEST, PTRACE_TRACEME, result);
    }
    if (result > 0)
        set_options(stub->pid);
    if (result > 0)
        result = get_registers(stub->pid, frame_words());
    if (result < 0)
        return result;
    frame_words()[WORD_COUNTER] = self_stop();
    frame_words()[WORD_MARK] = 0;
    take_initial(stub);
    INJECT(stub, __NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return stub->dead ? GONE : 0;
}

/** If the first one cannot be attached, all are traced from the beginning. */
int64_t fork_stub(struct tracee *stub, int32_t exit_signal) {
    static bool attaches, traces;
    if (!traces) {
        refusal = 0;
        const int64_t result = fork_attached(stub, exit_signal);
        attaches = attaches || result == 0;
        if (attaches)
            return result;
        // There may never be a stub to try them in.
        if (refusal < 0) {
            note_trial(A_REQUEST, PTRACE_ATTACH, refusal);
            note_trial(A_REQUEST, PTRACE_SEIZE, stublab_ptrace(PTRACE_SEIZE, stub->pid, 0, 0));
        }
        end_stub(stub, 0);
        attach_error = refusal < 0 ? refusal : is_loss(result) ? -ECHILD : result;
    }
    const int64_t result = fork_traced(stub, exit_signal);
    traces = traces || result == 0;
    return result;
}

int64_t inject(struct tracee *stub, int64_t number, const uint64_t arguments[6]) {
    const uint64_t *a = arguments;
    if (stub->is_self)
        return syscall6(number, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4],
                        (long)a[5]);
    if (stub->dead)
        return GONE;
    injection.deadline = (struct stublab_deadline){.timeout = WAIT * 1000L};
    for (;;) {
        w2c_encoder_encodeSyscall(&encoder, frame, stub->initial, (uint64_t)number, a[0], a[1],
                                  a[2], a[3], a[4], a[5]);
        if (number == __NR_clone)
            w2c_encoder_encodeBootstrap(&encoder, frame, (uint32_t)stub->pid);
        int64_t result = stublab_inject(stub->pid, frame_words(), &injection);
        if (result == STUBLAB_END_SIGNAL || result == STUBLAB_END_OTHER) {
            stub->dead = (injection.status & 0xff) != 0x7f;
            return stub->dead ? GONE : STOPS;
        }
        if (result != STUBLAB_END_DONE)
            return result == -ESRCH ? GONE : NOT_DONE;
        int64_t value = (int64_t)frame_words()[WORD_RESULT];
        uint32_t errno = w2c_encoder_syscallErrno(&encoder, (uint64_t)value);
        if (errno == 0 || w2c_encoder_restartsSyscall(&encoder, errno) == 0)
            return value;
        if (stublab_time_left(&injection.deadline) <= 0)
            return NOT_DONE;
    }
}

int64_t clone_stub(struct tracee *parent, struct tracee *stub, int32_t exit_signal) {
    if (attach_error < 0) {
        const int64_t result = fork_stub(stub, exit_signal);
        return result < 0 ? result : scrub(stub);
    }
    *stub = (struct tracee){0};
    int64_t pid = INJECT(parent, __NR_clone, clone_word(exit_signal));
    if (pid < 0)
        return pid;
    stub->pid = (int32_t)pid;
    int64_t waited = INJECT(parent, __NR_wait4, (uint64_t)pid, 0, __WALL | WUNTRACED, 0);
    if (waited != pid)
        return waited < 0 ? waited : -ECHILD;
    return attach(stub);
}

int64_t map_memory(struct tracee *stub, uint64_t size) {
    return INJECT(stub, __NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                  ~0ULL, 0);
}

int64_t scrub(struct tracee *stub) {
    const uint64_t end = stub_code + page_bytes;
    int64_t result = INJECT(stub, __NR_munmap, 0, stub_code);
    // A kernel may refuse what is beyond its own user space; then there is nothing.
    if (result == 0 && end < MOST_USER_SPACE)
        INJECT(stub, __NR_munmap, end, MOST_USER_SPACE - end);
    return result;
}

/** Containers may forbid process_vm_writev, and kernels lack it. */
int64_t write_memory(struct tracee *stub, uint64_t address, const void *bytes, uint64_t length) {
    if (stub->is_self) {
        memcpy((void *)address, bytes, length);
        return 0;
    }
    int64_t result = 0;
    if (stublab_write_memory(stub->pid, address, bytes, length) == (int64_t)length)
        return 0;
    for (uint64_t at = 0; result == 0 && at < length; at += 8) {
        const uint64_t part = length - at < 8 ? length - at : 8;
        uint64_t word = 0;
        if (part < 8)
            result = stublab_ptrace(PTRACE_PEEKDATA, stub->pid, address + at, &word);
        memcpy(&word, (const char *)bytes + at, part);
        if (result == 0)
            result = stublab_ptrace(PTRACE_POKEDATA, stub->pid, address + at, (void *)word);
    }
    return result;
}

int64_t read_memory(struct tracee *stub, uint64_t address, void *bytes, uint64_t length) {
    if (stub->is_self) {
        memcpy(bytes, (const void *)address, length);
        return 0;
    }
    int64_t result = 0;
    if (stublab_read_memory(stub->pid, address, bytes, length) == (int64_t)length)
        return 0;
    for (uint64_t at = 0; result == 0 && at < length; at += 8) {
        uint64_t word = 0;
        result = stublab_ptrace(PTRACE_PEEKDATA, stub->pid, address + at, &word);
        memcpy((char *)bytes + at, &word, length - at < 8 ? length - at : 8);
    }
    return result;
}

bool end_task(int32_t task, int32_t *status) {
    int64_t waited = 1;
    *status = 0x7f;
    for (int stops = 0; waited > 0 && (*status & 0xff) == 0x7f && stops < MOST_STOPS; stops++) {
        stublab_tgkill(task, task, SIGKILL);
        // A second SIGKILL does not end the exit stop of the first one. Detached, it dies, too.
        const int64_t resumed = stublab_ptrace(PTRACE_CONT, task, 0, 0);
        if (resumed < 0 && resumed != -ESRCH)
            stublab_ptrace(PTRACE_DETACH, task, 0, 0);
        waited = stublab_wait(task, __WALL | WUNTRACED, WAIT * 1000L, status);
    }
    return waited < 0 || (waited > 0 && (*status & 0xff) != 0x7f);
}

int32_t end_stub(struct tracee *stub, struct tracee *parent) {
    int32_t status = 0;
    if (stub->pid == 0)
        return 0;
    if (!stub->dead)
        end_task(stub->pid, &status);
    if (stub->initial != 0)
        give_block(stub);
    if (parent != 0 && !stub->is_child)
        INJECT(parent, __NR_wait4, (uint64_t)stub->pid, 0, __WALL, 0);
    *stub = (struct tracee){0};
    return status;
}
