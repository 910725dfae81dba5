// Runs a command for which one system call fails:
//
//   deny NUMBER ERRNO [ARGUMENT VALUE] -- COMMAND...
//
// With an argument's index and a value, only calls with that argument fail (its lower 32 bits).

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned int number(const char *text) {
    return (unsigned int)strtoul(text, NULL, 0);
}

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
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("deny: seccomp");
        exit(2);
    }
}

int main(int count, char **words) {
    int command = 0;
    while (command < count && strcmp(words[command], "--") != 0)
        command++;
    if (command + 1 >= count || (command != 3 && command != 5)) {
        fputs("usage: deny NUMBER ERRNO [ARGUMENT VALUE] -- COMMAND...\n", stderr);
        return 2;
    }
    const unsigned int call = number(words[1]);
    unsigned int offset = offsetof(struct seccomp_data, nr);
    unsigned int value = call;
    if (command == 5) {
        offset = offsetof(struct seccomp_data, args) + 8UL * number(words[3]);
        value = number(words[4]);
    }
    deny(call, number(words[2]), offset, value);
    execvp(words[command + 1], words + command + 1);
    fprintf(stderr, "deny: %s: %s\n", words[command + 1], strerror(errno));
    return 2;
}
