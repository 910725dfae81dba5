// The machine, as src/fuzz/try/arm64/machine.ts reads it.
#include "own_data.h"
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
    say(",");
    say_string("vendor", vendor);
    say_count("family", number_at(value_of(text, "CPU architecture")));
    say_count("model", number_at(value_of(text, "CPU part")));
}

/** The bits of pstate that a program has after it has executed a NOP with all of them. */
static uint64_t kept_bits(struct tracee *stub) {
    static const uint32_t code[] = {0xd503201f /* NOP */, 0xd4200000 /* BRK */};
    uint64_t *words = frame_words();
    int32_t status = 0;
    const int64_t page = INJECT(stub, __NR_mmap, 0, page_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0);
    if (page < 0)
        return 0;
    write_memory(stub, (uint64_t)page, code, sizeof code);
    INJECT(stub, __NR_mprotect, (uint64_t)page, page_bytes, PROT_READ | PROT_EXEC);
    memcpy(words, encoder_words(stub->initial), BLOCK_SIZE);
    words[REG_PC] = (uint64_t)page;
    words[REG_PSTATE] = 0;
    for (const struct pstate_bit *each = pstate_bits; each->bit != 0; each++)
        words[REG_PSTATE] |= each->bit;
    const bool stopped = set_registers(stub->pid, words) == 0 &&
                         stublab_ptrace(PTRACE_CONT, stub->pid, 0, 0) == 0 &&
                         wait_for(stub, &status, 1000) > 0 && get_registers(stub->pid, words) == 0;
    const uint64_t kept = stopped ? words[REG_PSTATE] : 0;
    INJECT(stub, __NR_munmap, (uint64_t)page, page_bytes);
    return kept;
}

void read_machine(struct tracee *stub) {
    const uint64_t kept = kept_bits(stub);
    for (const struct pstate_bit *each = pstate_bits; each->bit != 0; each++)
        if ((kept & each->bit) != 0)
            machine.features |= 1ULL << each->feature;
}
