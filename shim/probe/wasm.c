// What the C of wasm2c needs of its host, without a C library.
#include "probe.h"
#include <linux/mman.h>

void *memmove(void *to, const void *from, size_t count) {
    if ((uintptr_t)to - (uintptr_t)from >= count)
        return memcpy(to, from, count);
    for (char *end = (char *)to + count; count-- > 0;)
        *--end = ((const char *)from)[count];
    return to;
}

int memcmp(const void *a, const void *b, size_t count) {
    const uint8_t *left = a, *right = b;
    for (; count > 0 && *left == *right; count--)
        left++, right++;
    return count > 0 ? *left - *right : 0;
}

int __popcountdi2(uint64_t word);

/** What compilers call to count bits if the processor may lack an instruction for it. */
int __popcountdi2(uint64_t word) {
    int count = 0;
    for (; word != 0; word &= word - 1)
        count++;
    return count;
}

/** Zero bytes that are not used yet cost nothing. */
void *zero_memory(uint64_t size) {
    long at = syscall6(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at < 0 && at > -4096)
        fail("memory cannot be mapped", at);
    return (void *)at;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64,
                             uint32_t page_size) {
    *memory = (wasm_rt_memory_t){.data = zero_memory(pages * page_size),
                                 .pages = pages,
                                 .max_pages = most,
                                 .size = pages * page_size,
                                 .is64 = is64};
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
    (void)memory;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements,
                                    uint32_t most) {
    *table = (wasm_rt_funcref_table_t){.data = zero_memory(elements * sizeof *table->data + 1),
                                       .max_size = most,
                                       .size = elements};
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) {
    (void)table;
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
    fail("a module trapped", (int64_t)trap);
}
