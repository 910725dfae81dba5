// Runs a command for which one system call fails:
//
//   deny NUMBER ERRNO [ARGUMENT VALUE] -- COMMAND...
//
// With an argument's index and a value, only calls with that argument fail (its lower 32 bits). The
// command is a path. A static program without a C library, so that it is built for machines that
// have no compiler.

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

static unsigned int number(const char *text) {
    unsigned int value = 0;
    for (; *text != 0; text++)
        value = 10 * value + (unsigned int)(*text - '0');
    return value;
}

static int is_separator(const char *word) {
    return word[0] == '-' && word[1] == '-' && word[2] == 0;
}

static __attribute__((noreturn)) void fail(const char *message, size_t length) {
    syscall3(__NR_write, 2, (long)message, (long)length);
    for (;;)
        syscall1(__NR_exit_group, 2);
}
#define FAIL(message) fail(message "\n", sizeof(message))

static void deny(unsigned int call, unsigned int error, unsigned int offset, unsigned int value) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (syscall6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) != 0 ||
        syscall3(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program) != 0)
        FAIL("deny: the kernel refuses the filter");
}

/** Called by _start: `stack` has the number of words, the words, NULL, and the environment. */
__attribute__((noreturn)) void start(long *stack) {
    const long count = stack[0];
    char **words = (char **)(stack + 1);
    long command = 0;
    while (command < count && !is_separator(words[command]))
        command++;
    if (command + 1 >= count || (command != 3 && command != 5))
        FAIL("usage: deny NUMBER ERRNO [ARGUMENT VALUE] -- COMMAND...");
    const unsigned int call = number(words[1]);
    unsigned int offset = offsetof(struct seccomp_data, nr);
    unsigned int value = call;
    if (command == 5) {
        offset = offsetof(struct seccomp_data, args) + 8UL * number(words[3]);
        value = number(words[4]);
    }
    deny(call, number(words[2]), offset, value);
    char **program = words + command + 1;
    syscall3(__NR_execve, (long)program[0], (long)program, (long)(words + count + 1));
    FAIL("deny: the command cannot be executed");
}
