// Stubs of the probe: their births, injections and ends, as in src/core/stub/.
#include "machine.h"
#include "probe.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>

enum { MOST_TRIES = 64 };
enum { BLOCKS = 64, WAIT = 5000 };
/** How far a stack may grow: src/core/stub/user_space.ts. */
#define STACK_ROOM (1ULL << 30)

w2c_encoder encoder;
uint64_t page_bytes;
static uint32_t frame, blocks;
static uint64_t block_uses;
static uint64_t stub_code;
static struct stublab_injection injection;
static volatile uint32_t *child_step;

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
    injection = (struct stublab_injection){.pass_over = ~0ULL,
                                           .rest = stub_code + stublab_stub_rest_offset()};
    static const int own[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGKILL};
    for (uint32_t i = 0; i < sizeof own / sizeof *own; i++)
        injection.pass_over &= ~(1ULL << (own[i] - 1));
    int64_t shared = stublab_map_shared(page_bytes);
    if (shared < 0)
        fail("no memory can be shared with stubs", shared);
    child_step = (volatile uint32_t *)shared;
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

/** PTRACE_ATTACH, and on to the self-stop; takes the registers there. */
static int64_t attach(struct tracee *stub) {
    const uint64_t *words = frame_words();
    int64_t result = stublab_attach(stub->pid, 0);
    if (result == 0)
        result = wait_stop(stub);
    if (result == 0)
        result = stublab_ptrace(
            PTRACE_SETOPTIONS, stub->pid, 0,
            (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
    const uint64_t self_stop = stub_code + stublab_stub_syscall_offset() + SYSCALL_BYTES;
    for (; result == 0; result = wait_stop(stub)) {
        result = get_registers(stub->pid, frame_words());
        if (result < 0)
            return result;
        if (words[WORD_COUNTER] == self_stop && words[WORD_MARK] == 0)
            break;
        result = stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0);
        if (result < 0)
            return result;
    }
    if (result < 0)
        return result;
    w2c_encoder_rewindSyscall(&encoder, frame);
    take_block(stub);
    memcpy(encoder_words(stub->initial), words, BLOCK_SIZE);
    return 0;
}

int64_t fork_stub(struct tracee *stub, int32_t exit_signal) {
    *stub = (struct tracee){0};
    *child_step = 0;
    int64_t pid =
        stublab_fork(w2c_encoder_encodeClone(&encoder, CLONE_FILES, (uint32_t)exit_signal),
                     stub_code, STUBLAB_CHILD_UNMASK, child_step, 0, 0, 0);
    if (pid < 0)
        return pid;
    stub->pid = (int32_t)pid;
    int64_t result = wait_stop(stub);
    if (result == 0)
        result = attach(stub);
    return result == 0 ? stublab_set_mask(stub->pid, 0) : result;
}

int64_t inject(struct tracee *stub, int64_t number, const uint64_t arguments[6]) {
    const uint64_t *a = arguments;
    if (stub->dead)
        return GONE;
    injection.deadline = (struct stublab_deadline){.timeout = WAIT * 1000L};
    for (;;) {
        w2c_encoder_encodeSyscall(&encoder, frame, stub->initial, (uint64_t)number, a[0], a[1],
                                  a[2], a[3], a[4], a[5]);
        if (number == __NR_clone)
            w2c_encoder_encodeBootstrap(&encoder, frame, (uint32_t)stub->pid);
        int64_t result = stublab_inject(stub->pid, frame_words(), &injection);
        if (result == STUBLAB_INJECT_STOPPED) {
            stub->dead = (injection.status & 0xff) != 0x7f;
            return stub->dead ? GONE : STOPS;
        }
        if (result != STUBLAB_INJECT_RESTS)
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
    *stub = (struct tracee){0};
    uint64_t word = w2c_encoder_encodeClone(&encoder, CLONE_FILES, (uint32_t)exit_signal);
    int64_t pid = INJECT(parent, __NR_clone, word);
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

/** Containers may forbid process_vm_writev, but PTRACE_POKEDATA always works. */
int64_t write_memory(struct tracee *stub, uint64_t address, const void *bytes, uint64_t length) {
    int64_t done = stublab_write_memory(stub->pid, address, bytes, length);
    if (done == (int64_t)length)
        return 0;
    for (uint64_t at = 0; at < length; at += 8) {
        uint64_t word = 0;
        if (length - at < 8) {
            int64_t result = stublab_ptrace(PTRACE_PEEKDATA, stub->pid, address + at, &word);
            if (result < 0)
                return result;
        }
        memcpy(&word, (const char *)bytes + at, length - at < 8 ? length - at : 8);
        int64_t result = stublab_ptrace(PTRACE_POKEDATA, stub->pid, address + at, (void *)word);
        if (result < 0)
            return result;
    }
    return 0;
}

int64_t read_memory(struct tracee *stub, uint64_t address, void *bytes, uint64_t length) {
    int64_t done = stublab_read_memory(stub->pid, address, bytes, length);
    return done == (int64_t)length ? 0 : done < 0 ? done : -EFAULT;
}

int32_t end_stub(struct tracee *stub, struct tracee *parent) {
    int32_t status = 0;
    if (stub->pid == 0)
        return 0;
    while (!stub->dead) {
        stublab_tgkill(stub->pid, stub->pid, SIGKILL);
        int64_t result = wait_for(stub, &status, WAIT);
        if (result <= 0)
            break;
        stub->dead = (status & 0xff) != 0x7f;
        if (!stub->dead)
            stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0);
    }
    if (stub->initial != 0)
        give_block(stub);
    if (parent != 0)
        INJECT(parent, __NR_wait4, (uint64_t)stub->pid, 0, __WALL, 0);
    *stub = (struct tracee){0};
    return status;
}
