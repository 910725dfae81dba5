// A static program for arm64 without a C library. It prints its arguments and what it was given, a
// line each, and exits with 7. As a position-independent program it relocates itself, as C
// libraries do.

#include <asm/hwcap.h>
#include <asm/mman.h>
#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/elf.h>

#define R_AARCH64_RELATIVE 1027

typedef unsigned long word;

// All general registers are 0 in a new program: x1 has what is not.
__asm__(
    ".globl _start\n"
    "_start:\n"
    "    bti c\n"
    "    .irp n, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, "
    "23, 24, 25, 26, 27, 28, 29, 30\n"
    "    orr x1, x1, x\\n\n"
    "    .endr\n"
    "    mov x0, sp\n"
    "    bl start\n");

extern const char _start[];

static long call(long number, word a, word b, word c) {
    register long x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = a;
    register word x1 __asm__("x1") = b;
    register word x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return (long)x0;
}

static word length_of(const char *text) {
    word length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

static void print(const char *text) {
    call(__NR_write, 1, (word)text, length_of(text));
}

static void print_word(const char *name, word value) {
    char digits[24];
    char *at = digits + sizeof digits;
    *--at = 0;
    *--at = '\n';
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    print(name);
    print(" ");
    print(at);
}

static word auxiliary(const word *pairs, word type) {
    while (pairs[0] != AT_NULL && pairs[0] != type)
        pairs += 2;
    return pairs[0] == type ? pairs[1] : 0;
}

static const Elf64_Phdr *header_of(const word *pairs, word type) {
    const Elf64_Phdr *header = (const Elf64_Phdr *)auxiliary(pairs, AT_PHDR);
    for (word i = auxiliary(pairs, AT_PHNUM); i > 0; i--, header++)
        if (header->p_type == type)
            return header;
    return 0;
}

static void relocate(word base, const Elf64_Phdr *dynamic) {
    const Elf64_Rela *entry = 0;
    word size = 0;
    for (const Elf64_Dyn *it = (const Elf64_Dyn *)(base + dynamic->p_vaddr); it->d_tag != DT_NULL;
         it++) {
        if (it->d_tag == DT_RELA)
            entry = (const Elf64_Rela *)(base + it->d_un.d_ptr);
        if (it->d_tag == DT_RELASZ)
            size = it->d_un.d_val;
    }
    for (; size > 0; size -= sizeof *entry, entry++)
        if (ELF64_R_TYPE(entry->r_info) == R_AARCH64_RELATIVE)
            *(word *)(base + entry->r_offset) = base + entry->r_addend;
}

static char tls_block[256] __attribute__((aligned(64)));

/** The thread pointer is 16 bytes before the variables, or more if they need an alignment. */
static void start_thread_storage(word base, const Elf64_Phdr *header) {
    const word offset = header->p_align > 16 ? header->p_align : 16;
    for (word i = 0; i < header->p_filesz; i++)
        tls_block[offset + i] = ((const char *)(base + header->p_vaddr))[i];
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(tls_block));
}

static _Thread_local int set = 41;
static volatile _Thread_local int zero;

static const char *names[] = {"none", "pointers are relocated\n"};

static void __attribute__((noinline)) say(void) {
    print("function pointers work\n");
}
static void (*volatile pointer)(void) = say;

void __attribute__((noreturn)) start(const word *stack, word registers) {
    const word count = stack[0];
    const char *const *arguments = (const char *const *)(stack + 1);
    const word *pairs = stack + 1 + count + 1;
    while (*pairs++ != 0) {
    }
    const word headers = auxiliary(pairs, AT_PHDR);
    const word base = headers - header_of(pairs, PT_PHDR)->p_vaddr;
    const Elf64_Phdr *dynamic = header_of(pairs, PT_DYNAMIC);
    if (dynamic != 0)
        relocate(base, dynamic);
    start_thread_storage(base, header_of(pairs, PT_TLS));

    for (word i = 0; i < count; i++) {
        print(arguments[i]);
        print("\n");
    }
    print(names[1]);
    print_word("registers", registers);
    print_word("stack misaligned by", (word)stack % 16);
    print_word("entry", auxiliary(pairs, AT_ENTRY) == (word)_start);
    print_word("page size", auxiliary(pairs, AT_PAGESZ));
    print_word("hwcap", auxiliary(pairs, AT_HWCAP));
    print_word("hwcap2", auxiliary(pairs, AT_HWCAP2));
    set++;
    print_word("thread storage", (word)(set + zero));
    volatile double half = 0.5;
    print_word("half of 7 times 2", (word)(half * 7 * 2));

    const word page = (word)say & -auxiliary(pairs, AT_PAGESZ);
    const long result = call(__NR_mprotect, page, 1, PROT_READ | PROT_EXEC | PROT_BTI);
    const int has_bti = (auxiliary(pairs, AT_HWCAP2) & HWCAP2_BTI) != 0;
    print_word("bti as the processor", (result == 0) == has_bti);
    pointer();
    call(__NR_exit_group, 7, 0, 0);
    __builtin_unreachable();
}
