/*
 * What this processor does where processors differ, or their manuals leave it open. Each trial is a
 * child that executes a few bytes in user mode, after an IRETQ in user mode. Nobody traces it: the
 * kernel only reports, by a signal, the exception that the processor raised.
 *
 *   cc processor.c -o processor && ./processor
 *
 * A line for each trial: the rules of stublab's model that it is about, what was executed, what
 * happened here, and which of the processors that were asked before did the same. If it is what a
 * finding has, and the prediction is not, the processor does that, and not the kernel.
 *
 * Exit status: 0, or 2 if a trial cannot be made.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "it is for x86-64"
#endif

/* The pages of code and of data, below 4 GB; those beside them are not mapped. */
enum { CODE = 0x20000000, DATA = 0x20002000, PAGE = 4096 };
/* Selectors of the kernel's, and bits of eflags. */
enum { CODE_64 = 0x33, CODE_32 = 0x23, DATA_SEGMENT = 0x2b };
enum { STATUS = 0x8d5, AF = 0x10, TF = 0x100, RF = 0x10000, AC = 0x40000, FIXED = 0x202 };
/* What a line has beside the signal. */
enum { ADDRESS = 1, RIP = 2, RSP = 4, FLAGS = 8, MXCSR = 16, RCX = 32 };

/* Eight bytes before the end of canonical user addresses, and some that are not canonical. */
#define ACROSS_THE_END 1
#define NOT_CANONICAL 0x4000000000000000

struct trial {
    const char *rules, *what;
    unsigned char code[12];
    /* Registers; 0 means CODE_64, CODE, the end of the data, DATA_SEGMENT and FIXED. */
    unsigned long cs, rip, rsp, ss, flags, rax, rdi;
    /* A word in the data, at a multiple of 8. */
    unsigned long at, word;
    /* What is shown; of the flags, these bits. */
    unsigned shows, bits;
    /* What was seen on AMD family 25 and 26, and on Intel family 6 model 207. */
    const char *amd, *intel;
};

#define SAME(text) .amd = (text), .intel = (text)

/* clang-format off */
static const struct trial trials[] = {
    {"R26", "IRET to cs 0x10", .cs = 0x10, SAME("SIGSEGV 128")},
    {"R27", "IRET with ss 0x10", .ss = 0x10, SAME("SIGSEGV 128")},
    {"R28", "IRET to a rip that is not canonical", .rip = NOT_CANONICAL, SAME("SIGSEGV 128")},
    {"R62 R112", "IRET to 32-bit code with rip above 4 GB", .cs = CODE_32,
     .rip = 0x400000000 + CODE, .amd = "SIGSEGV 128", .intel = "SIGTRAP 128"},
    {"R29", "32-bit code with rsp above 4 GB", .cs = CODE_32, .rsp = 0x100000000 + DATA,
     .shows = RSP, SAME("SIGTRAP 128 rsp 0x20002000")},
    {"R69", "32-bit push at esp = 1", {0x50}, .cs = CODE_32, .rsp = 1, .shows = ADDRESS,
     .amd = "SIGBUS 128 si_addr 0", .intel = "SIGSEGV 1 si_addr 0xfffffffd"},
    {"R69 R113", "32-bit store across 4 GB", {0x8e, 0xd8, 0x89, 7}, .cs = CODE_32,
     .rax = DATA_SEGMENT, .rdi = 0xfffffffd, .shows = ADDRESS, .amd = "SIGSEGV 128 si_addr 0",
     .intel = "SIGSEGV 1 si_addr 0xfffffffd"},
    {"R116", "32-bit load by ds = 0x7b across 4 GB", {0x8e, 0xd8, 0x8b, 7}, .cs = CODE_32,
     .rax = 0x7b, .rdi = 0xfffffffd, SAME("SIGSEGV 128")},
    {"R57", "32-bit load by ds = 0", {0x8b, 7}, .cs = CODE_32, .rdi = DATA, SAME("SIGSEGV 128")},
    {"R117", "32-bit POP ES of 0 from the last 2 bytes of a page", {7}, .cs = CODE_32,
     .rsp = DATA + PAGE - 2, .amd = "SIGSEGV 1", .intel = "SIGTRAP 128"},
    {"R72", "32-bit POP ES of 0x28", {7}, .cs = CODE_32, .rsp = DATA, .word = 0x28,
     SAME("SIGTRAP 128")},
    {"R49", "push at a rsp that is not canonical", {0x50}, .rsp = NOT_CANONICAL,
     SAME("SIGBUS 128")},
    {"R107", "store across the end of user addresses", {0x48, 0x89, 7}, .rdi = ACROSS_THE_END,
     SAME("SIGSEGV 128")},
    {"R107 R114 R50", "the same, misaligned with AC", {0x48, 0x89, 7}, .rdi = ACROSS_THE_END,
     .flags = AC, .amd = "SIGSEGV 128", .intel = "SIGBUS 1"},
    {"R50", "misaligned store with AC, not mapped", {0x89, 7}, .rdi = DATA + PAGE + 1,
     .flags = AC, SAME("SIGBUS 1")},
    {"R54", "store across the end of a page", {0x48, 0x89, 7}, .rdi = DATA + PAGE - 4,
     .shows = ADDRESS, SAME("SIGSEGV 1 si_addr 0x20003000")},
    {"R40", "NOP with TF", {0x90, 0x90}, .flags = TF, .shows = RIP, SAME("SIGTRAP 2 rip +1")},
    {"R55", "MOV SS, NOP with TF", {0x8e, 0xd0, 0x90, 0x90}, .rax = DATA_SEGMENT, .flags = TF,
     .shows = RIP, SAME("SIGTRAP 2 rip +3")},
    {"R56", "MOV SS of 0x23", {0x8e, 0xd0}, .rax = CODE_32, SAME("SIGSEGV 128")},
    {"R51", "RF after UD2", {0x0f, 0x0b}, .shows = FLAGS, .bits = RF,
     SAME("SIGILL 2 flags 0x10000")},
    {"R52", "RF after NOP", {0x90}, .flags = RF, .shows = FLAGS, .bits = RF,
     SAME("SIGTRAP 128 flags 0")},
    {"R81", "ICEBP", {0xf1}, .shows = RIP, SAME("SIGTRAP 1 rip +1")},
    {"R106", "INTO in 64-bit code", {0xce}, SAME("SIGILL 2")},
    {"R37", "rcx after SYSCALL", {0x0f, 5}, .rax = 39, .shows = RCX, SAME("SIGTRAP 128 rcx +2")},
    {"R64", "flags of DIV, from 0x8c5", {0xf7, 0xf7}, .rax = 6, .rdi = 2, .flags = STATUS & ~AF,
     .shows = FLAGS, .bits = STATUS, .amd = "SIGTRAP 128 flags 0x811",
     .intel = "SIGTRAP 128 flags 0x8c5"},
    {"R71", "AF after OR", {0x09, 0xc0}, .flags = AF, .shows = FLAGS, .bits = AF,
     SAME("SIGTRAP 128 flags 0")},
    {"R100", "flags of COMISS of 0", {0x0f, 0x57, 0xc0, 0x0f, 0x2f, 0xc0}, .flags = STATUS,
     .shows = FLAGS, .bits = STATUS, SAME("SIGTRAP 128 flags 0x40")},
    {"R100 R101", "flags of COMISS of a NaN", {0x66, 0x0f, 0x76, 0xc0, 0x0f, 0x2f, 0xc0},
     .shows = FLAGS | MXCSR, .bits = STATUS, SAME("SIGTRAP 128 flags 0x45 mxcsr 0x1f81")},
    {"S11", "XRSTOR of an area that is not aligned to 64", {0x48, 0x0f, 0xae, 0x2f}, .rax = 2,
     .rdi = DATA + 16, SAME("SIGSEGV 128")},
    {"S12", "XRSTOR of bits that mxcsr lacks", {0x48, 0x0f, 0xae, 0x2f}, .rax = 2, .rdi = DATA,
     .at = 24, .word = 0x80000000, SAME("SIGSEGV 128")},
    {"S13", "XRSTOR of AVX, which it does not take, not mapped", {0x48, 0x0f, 0xae, 0x2f},
     .rax = 7, .rdi = DATA + PAGE - 576, SAME("SIGSEGV 1")},
    {"S13 S22", "XRSTOR of x87, which it does not take, not mapped", {0x48, 0x0f, 0xae, 0x2f},
     .rax = 1, .rdi = DATA - 512, SAME("SIGSEGV 1")},
    {"S14", "XRSTOR of a component that does not exist", {0x48, 0x0f, 0xae, 0x2f}, .rax = 2,
     .rdi = DATA, .at = 512, .word = 1UL << 62, SAME("SIGSEGV 128")},
};
/* clang-format on */

/* What a child leaves. */
struct outcome {
    int signal, code;
    unsigned mxcsr;
    unsigned long address, rip, rsp, rcx, flags;
};
static volatile struct outcome *outcome;

static void impossible(const char *what) {
    perror(what);
    exit(2);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    /* AC is still set. */
    __asm__ volatile(
        "subq $128, %%rsp\n pushfq\n andl $~0x40000, (%%rsp)\n popfq\n addq $128, %%rsp" ::
            : "memory", "cc");
    const mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    outcome->code = info->si_code;
    outcome->address = (unsigned long)info->si_addr;
    outcome->rip = (unsigned long)machine->gregs[REG_RIP];
    outcome->rsp = (unsigned long)machine->gregs[REG_RSP];
    outcome->rcx = (unsigned long)machine->gregs[REG_RCX];
    outcome->flags = (unsigned long)machine->gregs[REG_EFL];
    outcome->mxcsr = machine->fpregs->mxcsr;
    outcome->signal = signal;
    _exit(0);
}

static void *map(unsigned long address, int protection, int flags) {
    void *page = mmap((void *)address, PAGE, protection, flags | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || (address != 0 && page != (void *)address))
        impossible("mmap");
    return page;
}

/* With five levels of page tables a hint above the 47 bits of four is followed. */
static unsigned long end_of_user_addresses(void) {
    void *const hint = (void *)(1UL << 48);
    void *page = mmap(hint, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page, PAGE);
    return page == hint ? 1UL << 56 : 1UL << 47;
}

static void make(const struct trial *trial) {
    const unsigned long rip = trial->rip ? trial->rip : CODE;
    const unsigned long cs = trial->cs ? trial->cs : CODE_64;
    const unsigned long flags = trial->flags | FIXED;
    const unsigned long rsp = trial->rsp ? trial->rsp : DATA + PAGE;
    const unsigned long ss = trial->ss ? trial->ss : DATA_SEGMENT;
    const unsigned long rdi =
        trial->rdi == ACROSS_THE_END ? end_of_user_addresses() - 7 : trial->rdi;
    void *code = map(CODE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
    memset(code, 0xcc, PAGE);
    for (size_t i = 0; i < sizeof trial->code && trial->code[i] != 0; i++)
        memcpy(code, trial->code, i + 1);
    char *data = map(DATA, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memcpy(data + trial->at, &trial->word, sizeof trial->word);
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    __asm__ volatile("pushq %0\n pushq %1\n pushq %2\n pushq %3\n pushq %4\n iretq" ::"r"(ss),
                     "r"(rsp), "r"(flags), "r"(cs), "r"(rip), "a"(trial->rax), "D"(rdi), "d"(0UL)
                     : "memory");
}

static size_t add(char *text, size_t at, const char *name, unsigned long value) {
    return at + (size_t)sprintf(text + at, value ? " %s %#lx" : " %s %lu", name, value);
}

/* The outcome as a text: the signal with its si_code, and what else the trial shows. */
static void tell(const struct trial *trial, char *text) {
    const int signal = outcome->signal;
    const char *name = signal == SIGILL    ? "SIGILL"
                       : signal == SIGTRAP ? "SIGTRAP"
                       : signal == SIGBUS  ? "SIGBUS"
                       : signal == SIGFPE  ? "SIGFPE"
                       : signal == SIGSEGV ? "SIGSEGV"
                                           : "no signal";
    size_t at = (size_t)sprintf(text, "%s %d", name, outcome->code);
    if (trial->shows & ADDRESS)
        at = add(text, at, "si_addr", outcome->address);
    if (trial->shows & RIP)
        at += (size_t)sprintf(text + at, " rip +%ld", (long)(outcome->rip - CODE));
    if (trial->shows & RCX)
        at += (size_t)sprintf(text + at, " rcx +%ld", (long)(outcome->rcx - CODE));
    if (trial->shows & RSP)
        at = add(text, at, "rsp", outcome->rsp);
    if (trial->shows & FLAGS)
        at = add(text, at, "flags", outcome->flags & trial->bits);
    if (trial->shows & MXCSR)
        add(text, at, "mxcsr", outcome->mxcsr);
}

static void compare(const struct trial *trial, const char *text) {
    const int amd = strcmp(text, trial->amd) == 0, intel = strcmp(text, trial->intel) == 0;
    if (amd && intel)
        printf("as AMD and Intel\n");
    else if (amd)
        printf("as AMD; Intel: %s\n", trial->intel);
    else if (intel)
        printf("as Intel; AMD: %s\n", trial->amd);
    else
        printf("as neither; AMD: %s; Intel: %s\n", trial->amd, trial->intel);
}

static void describe_processor(void) {
    unsigned a = 0, words[3] = {0}, other;
    char vendor[13] = "";
    __cpuid(0, a, words[0], words[2], words[1]);
    memcpy(vendor, words, 12);
    __cpuid(1, a, other, words[0], words[1]);
    unsigned family = a >> 8 & 15, model = a >> 4 & 15;
    if (family == 6 || family == 15)
        model += (a >> 16 & 15) << 4;
    if (family == 15)
        family += a >> 20 & 255;
    printf(
        "This is %s family %u model %u; AMD is AMD family 25 and 26, and Intel is Intel family 6 "
        "model 207.\n",
        vendor, family, model);
}

int main(void) {
    outcome = map(0, PROT_READ | PROT_WRITE, MAP_SHARED);
    describe_processor();
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        char text[200];
        memset((void *)outcome, 0, sizeof *outcome);
        fflush(stdout);
        const pid_t child = fork();
        if (child < 0)
            impossible("fork");
        if (child == 0)
            make(&trials[i]);
        waitpid(child, NULL, 0);
        tell(&trials[i], text);
        printf("%-14s %-52s %s: ", trials[i].rules, trials[i].what, text);
        compare(&trials[i], text);
    }
    return 0;
}
