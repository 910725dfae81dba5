// Runs a command for which system calls fail:
//
//   deny NUMBER ERRNO [ARGUMENT VALUE]... [, NUMBER ERRNO...] -- COMMAND...
//
// With an argument's index and a value, only calls with that argument fail (its lower 32 bits), or,
// with &VALUE, those that have any of its bits. Colons may join words: process 1 gets only 32 of
// them, and ++ in place of --. The command is a path. A static program without a C library, so that
// it is built for machines that have no compiler.

#include "machine.h"
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stddef.h>

#ifdef __x86_64__
__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n");
#else
__asm__(".globl _start\n_start:\n  mov x0, sp\n  bl start\n");
#endif

/** The kernel's command line, whose words process 1 gets, has no second "--". */
static int is_separator(const char *word) {
    return word[1] != 0 && word[2] == 0 && word[0] == word[1] && (*word == '-' || *word == '+');
}

static __attribute__((noreturn)) void fail(const char *message, size_t length) {
    syscall3(__NR_write, 2, (long)message, (long)length);
    for (;;)
        syscall1(__NR_exit_group, 2);
}
#define FAIL(message) fail(message "\n", sizeof(message))

static __attribute__((noreturn)) void misuse(void) {
    FAIL("usage: deny NUMBER ERRNO [ARGUMENT VALUE]... [, NUMBER ERRNO...] -- COMMAND...");
}

enum { MOST_INSTRUCTIONS = 512, MOST_NUMBERS = 8 };
static struct sock_filter filter[MOST_INSTRUCTIONS];
static unsigned short length;

/** A rule: its numbers, and a bit for each that is a set of bits. */
struct rule {
    unsigned int numbers[MOST_NUMBERS], sets, count;
};

static void put(unsigned int code, unsigned int value) {
    if (length == MOST_INSTRUCTIONS)
        FAIL("deny: too many rules");
    filter[length++] = (struct sock_filter)BPF_STMT((unsigned short)code, value);
}

static void add_rule(const struct rule *it) {
    const unsigned short first = length;
    if (it->count < 2 || it->count % 2 != 0)
        misuse();
    for (unsigned int i = 0; i < it->count; i += 2) {
        // The number of the call, then pairs of an argument and a value.
        const unsigned int value = it->numbers[i == 0 ? 0 : i + 1];
        const unsigned int argument = 8 * it->numbers[i];
        const int is_set = it->sets >> (i + 1) & 1;
        put(BPF_LD | BPF_W | BPF_ABS, i == 0 ? offsetof(struct seccomp_data, nr)
                                             : offsetof(struct seccomp_data, args) + argument);
        put(BPF_JMP | BPF_K | (is_set ? BPF_JSET : BPF_JEQ), value);
    }
    for (unsigned short i = first + 1; i < length; i += 2)
        filter[i].jf = (unsigned char)(length - i);
    put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | it->numbers[1]);
}

static void add_rules(char **word, char **end) {
    struct rule rule = {0};
    for (; word < end; word++)
        for (const char *at = *word; *at != 0;) {
            if (*at == ',') {
                add_rule(&rule);
                rule = (struct rule){0};
            } else if (*at == '&')
                rule.sets |= 1U << rule.count;
            else if (*at >= '0' && *at <= '9' && rule.count < MOST_NUMBERS) {
                for (; *at >= '0' && *at <= '9'; at++)
                    rule.numbers[rule.count] =
                        10 * rule.numbers[rule.count] + (unsigned int)(*at - '0');
                rule.count++;
                continue;
            } else if (*at != ':')
                misuse();
            at++;
        }
    add_rule(&rule);
}

/** Called by _start: `stack` has the number of words, the words, NULL, and the environment. */
__attribute__((noreturn)) void start(long *stack) {
    const long count = stack[0];
    char **words = (char **)(stack + 1);
    long command = 0;
    while (command < count && !is_separator(words[command]))
        command++;
    if (command + 1 >= count)
        misuse();
    add_rules(&words[1], &words[command]);
    put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {length, filter};
    if (syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) != 0 ||
        syscall3(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program) != 0)
        FAIL("deny: the kernel refuses the filter");
    char **executed = words + command + 1;
    syscall3(__NR_execve, (long)executed[0], (long)executed, (long)(words + count + 1));
    FAIL("deny: the command cannot be executed");
}
