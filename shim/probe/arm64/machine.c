// What the machine is, as /proc/cpuinfo says and a stub shows.
#include "probe.h"
#include <asm/signal.h>
#include <linux/mman.h>
#include <linux/ptrace.h>

/** The value of a field of /proc/cpuinfo, which begins after the colon. */
static const char *value_of(const char *text, const char *name) {
    const char *at = line_of(text, name);
    while (*at != 0 && *at != '\n' && *at != ':')
        at++;
    return *at == ':' ? &at[2] : "";
}

/** A number, hexadecimal after 0x. */
static uint64_t number_at(const char *text) {
    const bool is_hex = begins_with(text, "0x");
    uint64_t number = 0;
    for (text += is_hex ? 2 : 0;; text++) {
        const char digit = (char)(*text | 0x20);
        if (*text >= '0' && *text <= '9')
            number = number * (is_hex ? 16 : 10) + (uint64_t)(*text - '0');
        else if (is_hex && digit >= 'a' && digit <= 'f')
            number = number * 16 + (uint64_t)(digit - 'a' + 10);
        else
            return number;
    }
}

void say_processor(void) {
    static char text[1 << 14];
    char vendor[16] = "unknown";
    if (read_text("/proc/cpuinfo", text, sizeof text)) {
        const char *implementer = value_of(text, "CPU implementer");
        uint32_t length = 0;
        for (; length < sizeof vendor - 1 && implementer[length] > ' '; length++)
            vendor[length] = implementer[length];
        vendor[length] = 0;
    }
    say(",\"vendor\":\"%s\",\"family\":%lu,\"model\":%lu", vendor,
        number_at(value_of(text, "CPU architecture")), number_at(value_of(text, "CPU part")));
}

/** Writes the registers in the frame, and resumes the stub to its next stop, at which they are
 * read.
 */
static bool go_on(struct tracee *stub, int64_t request, uint64_t signal) {
    int32_t status = 0;
    return set_registers(stub->pid, frame_words()) == 0 &&
           stublab_ptrace(request, stub->pid, 0, (void *)signal) == 0 &&
           wait_for(stub, &status, 1000) > 0 && get_registers(stub->pid, frame_words()) == 0;
}

/** Whether a call is restarted with the argument that a tracer has written at its entry. */
static bool restarts_with_argument(struct tracee *stub, uint64_t svc) {
    enum { ARGUMENT = 5, ERESTARTNOINTR = 513 };
    uint64_t *words = frame_words();
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_PC] = svc;
    words[8] = __NR_getpid;
    bool goes = go_on(stub, PTRACE_SYSCALL, 0);
    words[0] = ARGUMENT;
    goes = goes && go_on(stub, PTRACE_SYSCALL, 0);
    words[0] = (uint64_t)-ERESTARTNOINTR;
    return goes && go_on(stub, PTRACE_CONT, SIGWINCH) && words[0] == ARGUMENT;
}

void read_machine(struct tracee *stub) {
    static const uint32_t svc = 0xd4000001;
    try_features();
    const int64_t page = map_memory(stub, page_bytes);
    if (page < 0)
        return;
    const uint64_t at = (uint64_t)page;
    write_memory(stub, at, &svc, sizeof svc);
    INJECT(stub, __NR_mprotect, at, page_bytes, PROT_READ | PROT_EXEC);
    if (restarts_with_argument(stub, at))
        add_feature("orig_x0");
    INJECT(stub, __NR_munmap, at, page_bytes);
}
