#include "patched_call.h"
#include "guest_registers.h"
#include "machine.h"

/** Before a jump TF would trap too early, and POPF does not load RF. */
enum { ODD_FLAGS = 0x10100 };
enum { PLAIN_CS = 0x33, PLAIN_SS = 0x2b };

/** Bytes of `mov $number, %eax`. */
enum { MOV_BYTES = 5 };

extern const char stublab_handler_begin[];
extern const char stublab_trampolines[];
extern const char stublab_patched[];
extern const char stublab_patched_flags[];
extern const char stublab_patched_kept[];
extern const char stublab_patched_told[];
extern const char stublab_patched_end[];

/** Whether an address in the stub is that of an instruction from `begin` up to `end`. */
static int is_between(const struct stublab_pages *pages, uint64_t address, const char *begin,
                      const char *end) {
    const uint64_t offset =
        address - handler_page(pages) - (uint64_t)(begin - stublab_handler_begin);
    return offset < (uint64_t)(end - begin);
}

int is_after_call(const struct stublab_pages *pages, uint64_t rip) {
    return is_between(pages, rip, stublab_patched_told, stublab_patched_end);
}

/** A guest before the SYSCALL of a site: the host knows rip and rax. */
static void place_at(const struct stublab_pages *pages, uint64_t site, uint64_t *block) {
    const struct stublab_site *patched = &pages->sites[site % SITES];
    block[REG_RIP] = patched->address + MOV_BYTES;
    block[REG_RAX] = patched->number;
}

/** The registers of a guest that has entered the code for a site, before its SYSCALL. */
static void read_kept(const struct stublab_pages *pages, uint64_t *block) {
    read_registers(header(pages, HEADER_GUEST), block);
    place_at(pages, *header(pages, HEADER_SITE), block);
}

void move_back(const struct stublab_pages *pages, uint64_t *block) {
    const uint64_t rip = block[REG_RIP];
    const uint64_t rcx = block[REG_RCX];
    const uint64_t entered =
        handler_page(pages) + (uint64_t)(stublab_trampolines - stublab_handler_begin);
    if (is_between(pages, rip, stublab_patched_kept, stublab_patched_told)) {
        read_kept(pages, block);
    } else if (is_between(pages, rip, stublab_patched, stublab_patched_kept)) {
        block[REG_RCX] = *header(pages, HEADER_GUEST + 8 * FRAME_RCX);
        /* RSP points to where the flags are to be pushed. */
        if (is_between(pages, rip, stublab_patched_flags, stublab_patched_kept))
            block[REG_RSP] = *header(pages, HEADER_GUEST + 8 * FRAME_RSP);
        place_at(pages, rcx, block);
    } else if (is_between(pages, rip, stublab_trampolines, stublab_patched)) {
        /* The first instruction of a trampoline keeps RCX. */
        if ((rip - entered) % TRAMPOLINE_LENGTH != 0)
            block[REG_RCX] = *header(pages, HEADER_GUEST + 8 * FRAME_RCX);
        place_at(pages, (rip - entered) / TRAMPOLINE_LENGTH, block);
    }
}

void read_call(const struct stublab_pages *pages, uint64_t *block) {
    read_kept(pages, block);
    read_header(pages, block);
    block[REG_RIP] += SYSCALL_BYTES;
    block[REG_RCX] = block[REG_RIP];
    block[REG_R11] = block[REG_EFLAGS];
    block[REG_ORIG_RAX] = block[REG_RAX];
}

int is_plain(const uint64_t *block) {
    return !(block[REG_EFLAGS] & ODD_FLAGS) && block[REG_CS] == PLAIN_CS &&
           block[REG_SS] == PLAIN_SS;
}

int64_t write_return(const struct stublab_pages *pages, const uint64_t *block) {
    const int64_t result = write_header(pages, block);
    if (result == 0)
        write_registers(header(pages, HEADER_GUEST), block);
    return result;
}

void write_breakpoint(const struct stublab_pages *pages) {
    *header(pages, HEADER_GUEST + 8 * FRAME_EFLAGS) = PLAIN_FLAGS;
    *header(pages, HEADER_GUEST + 8 * FRAME_RIP) = handler_page(pages);
}
