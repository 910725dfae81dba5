// rt_sigreturn(2), and what frames have of the alternate stack.
#include "own.h"

static const char group[] = "frames of rt_sigreturn";
#define RESTORE "restore_altstack, kernel/signal.c"
#define SIGNAL "arch/x86/kernel/signal_64.c"

enum { MINIMAL_STACK = 2048 /* MINSIGSTKSZ */, DISABLE = 2 /* SS_DISABLE */, UNKNOWN_FLAG = 4 };
#define AUTODISARM (1ULL << 31) /* SS_AUTODISARM */

/** An alternate stack, as sigaltstack takes it: where it begins, flags, and its size. */
struct stack {
    uint64_t begin, flags, size;
};

/** Writes where the stub has what sigaltstack says. */
static uint64_t told(uint32_t offset) {
    return memory.scratch + 0x400 + offset;
}

/** Asks for the alternate stack. */
static void ask_stack(void) {
    CALL(__NR_sigaltstack, 0, told(0));
}

static void read_told(uint32_t offset) {
    read_answer(PTRACE_PEEKDATA, told(offset));
}

static void set_stack(struct stack stack) {
    POKE(stack.begin, stack.flags, stack.size);
    CALL(__NR_sigaltstack, memory.scratch);
    must_succeed();
}

static struct stack second(void) {
    return (struct stack){memory.scratch + 0x800, 0, MINIMAL_STACK};
}

/** Returns from a signal frame whose ucontext has an alternate stack, to an INT3. */
static void return_with(struct stack stack) {
    /** Words of struct ucontext: uc_stack, and of the registers rsp, rip, eflags, cs to ss. */
    enum { STACK = 2, SP = 20, IP = 21, FLAGS = 22, SELECTORS = 23, WORDS_OF_FRAME = 38 };
    uint64_t words[WORDS_OF_FRAME] = {0};
    memcpy(&words[STACK], &stack, sizeof stack);
    words[SP] = baseline[REG_RSP];
    words[IP] = place_of("int3");
    words[FLAGS] = 0x202;
    words[SELECTORS] = 0x2bULL << 48 | 0x33;
    poke(words, WORDS_OF_FRAME);
    GO(PTRACE_CONT, "syscall", {REG_RAX, __NR_rt_sigreturn}, {REG_RSP, memory.scratch});
    must_be_at(STOPPED_BY(SIGTRAP));
}

FACT("rt_sigreturn makes uc_stack the alternate stack", RESTORE) {
    return_with((struct stack){memory.scratch, 0, 0x2000});
    ask_stack();
    TEST("ss_sp", read_told(0), expect_word("word", 0, memory.scratch));
    TEST("ss_flags", read_told(8), expect_half("half", 0, 0));
    TEST("ss_size", read_told(16), expect_word("word", 0, 0x2000));
}

FACT("After rt_sigreturn with SS_DISABLE in uc_stack there is no alternate stack", RESTORE) {
    set_stack(second());
    return_with((struct stack){memory.scratch, DISABLE, 0x2000});
    ask_stack();
    TEST("ss_sp", read_told(0), expect_word("word", 0, 0));
    TEST("ss_flags", read_told(8), expect_half("half", 0, DISABLE));
}

FACT("A uc_stack that sigaltstack refuses has no effect, and is no error", RESTORE) {
    const struct stack flag = {memory.scratch, UNKNOWN_FLAG, 0x2000};
    const struct stack small = {memory.scratch, 0, MINIMAL_STACK - 1};
    TEST("an unknown flag", new_stub(), set_stack(second()), return_with(flag), ask_stack(),
         read_told(0), expect_word("word", 0, second().begin));
    TEST("a size below MINSIGSTKSZ", new_stub(), set_stack(second()), return_with(small),
         ask_stack(), read_told(0), expect_word("word", 0, second().begin));
}

/** Enters a handler that uses the alternate stack. */
static void enter_handler(void) {
    POKE(place_of("handler"), SA_SIGINFO | SA_RESTORER | SA_ONSTACK, place_of("handler"), 0);
    CALL(__NR_rt_sigaction, SIGUSR1, memory.scratch, 0, 8);
    must_succeed();
    send(SIGUSR1);
    go_on(PTRACE_CONT, 0);
    must_be_at(STOPPED_BY(SIGUSR1));
    go_on(PTRACE_CONT, SIGUSR1);
    must_be_at(STOPPED_BY(SIGTRAP));
}

FACT("While a handler runs the alternate stack stays; SS_AUTODISARM removes it",
     "x64_setup_rt_frame, " SIGNAL) {
    EACH (struct row, it, {"0", 0, 0}, {"0x80000000", AUTODISARM, DISABLE})
        TEST(named("ss_flags = %s", it->name), new_stub(),
             set_stack((struct stack){memory.scratch, it->word, 0x2000}), enter_handler(),
             ask_stack(), read_told(8), expect_half("half", 0, (uint32_t)it->expected));
}
