#include "components.h"
#include "machine.h"

#ifndef ARCH_GET_XCOMP_PERM
#define ARCH_GET_XCOMP_PERM 0x1022 /* Linux 5.16 */
#endif

enum { XSAVE_LEAF = 13, FIRST = 2, PKRU = 9 };

void stublab_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t words[4]) {
    __asm__ volatile("cpuid"
                     : "=a"(words[0]), "=b"(words[1]), "=c"(words[2]), "=d"(words[3])
                     : "a"(leaf), "c"(subleaf));
}

int64_t stublab_read_components(struct stublab_component *components) {
    uint32_t words[4]; /* EAX, EBX, ECX, EDX */
    int64_t count = 0;
    stublab_cpuid(0, 0, words);
    const uint32_t most = words[0] < XSAVE_LEAF ? 0 : STUBLAB_MOST_COMPONENTS;
    for (uint32_t number = FIRST; number < most; number++) {
        stublab_cpuid(XSAVE_LEAF, number, words);
        if (words[0] != 0)
            components[count++] =
                (struct stublab_component){number, words[1], words[0], words[2] & 3};
    }
    return count;
}

void stublab_put_pkru(struct _xstate *area) {
    const uint32_t rights = 0x55555554; /* init_pkru_value, arch/x86/mm/pkeys.c */
    uint32_t words[4];
    stublab_cpuid(XSAVE_LEAF, PKRU, words);
    if (area->xstate_hdr.xfeatures >> PKRU & 1)
        __builtin_memcpy((uint8_t *)area + words[1], &rights, sizeof rights);
}

int64_t stublab_permitted_components(void) {
    uint64_t components = 0;
    const long result = syscall2(__NR_arch_prctl, ARCH_GET_XCOMP_PERM, (long)&components);
    return result < 0 ? result : (int64_t)components;
}
