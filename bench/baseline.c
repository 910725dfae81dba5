// The plain-C baselines of the benchmarks: the system calls that stublab makes from TypeScript, in
// the same order, so that both can be timed in one run.
//
//     baseline getpid N        a batch is N injected getpid calls in the master
//     baseline grandchild N    a batch is N grandchildren: cloned, waited for, attached
//     baseline switch N        a batch is N switches to a guest, which calls getpid in a loop
//     baseline munmap N        a batch is N injected munmap calls in an empty stub
//     baseline setup N         a batch is N register setups by ptrace (bench/setups.c)
//     baseline siginfo N       the same, with the siginfo of each stop
//     baseline write N         the same, written and read back only
//     baseline sigreturn N     the same, by rt_sigreturn
//
// Prints `ready` after the set-up, then, for every line on stdin, runs one batch and prints its
// microseconds per operation. At EOF it kills and reaps its stubs.

#define _GNU_SOURCE
#include "setups.h"
#include "stub.h"
#include <elf.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#define GUEST_PAGE 0x10000
#define SYSCALL_STOP (SIGTRAP | 0x80) // by PTRACE_O_TRACESYSGOOD
#define MAX_XSTATE (16 << 10)         // more than any processor's XSAVE area

struct guest {
    struct user_regs_struct regs;
    struct iovec xstate; // as long as the kernel says
    _Alignas(64) char area[MAX_XSTATE];
};

double microseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        fail("clock_gettime");
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static _Noreturn void fail_expected(const char *what, long expected, long got) {
    fprintf(stderr, "baseline: %s: expected %ld, got %ld\n", what, expected, got);
    exit(1);
}

static double getpid_batch(const struct stub *master, long count) {
    double start = microseconds();
    for (long i = 0; i < count; i++) {
        long pid = INJECT(master, getpid, 0);
        if (pid != master->pid)
            fail_expected("injected getpid", master->pid, pid);
    }
    return (microseconds() - start) / count;
}

static double grandchild_batch(const struct stub *master, long count) {
    struct stub *children = calloc(count, sizeof *children);
    if (!children)
        fail("calloc");
    double start = microseconds();
    for (long i = 0; i < count; i++)
        create_grandchild(master, &children[i]);
    double each = (microseconds() - start) / count;
    for (long i = 0; i < count; i++)
        destroy_grandchild(master, &children[i]);
    free(children);
    return each;
}

// Maps a page of code into an empty stub, and prepares the registers that start there.
static void create_guest(const struct stub *space, struct guest *guest) {
    static const unsigned char code[] = {
        0xb8, SYS_getpid, 0, 0, 0, // again: mov $SYS_getpid, %eax
        0x0f, 0x05,                //        syscall
        0xeb, 0xf7,                //        jmp again
    };
    INJECT(space, mmap, GUEST_PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    struct iovec ours = {(void *)code, sizeof code}, theirs = {(void *)GUEST_PAGE, sizeof code};
    if (process_vm_writev(space->pid, &ours, 1, &theirs, 1, 0) != sizeof code)
        fail("process_vm_writev");

    guest->regs = (struct user_regs_struct){
        .rip = GUEST_PAGE,
        .orig_rax = -1,
        .cs = space->initial.cs,
        .ss = space->initial.ss,
        .ds = space->initial.ds,
        .es = space->initial.es,
        .fs = space->initial.fs,
        .gs = space->initial.gs,
    };
    guest->xstate = (struct iovec){guest->area, sizeof guest->area};
    PTRACE_AT(PTRACE_GETREGSET, space->pid, NT_X86_XSTATE, &guest->xstate);
}

// Runs the guest until its next system call; returns its number.
static long switch_to(const struct stub *space, struct guest *guest) {
    PTRACE(PTRACE_SETREGS, space->pid, &guest->regs);
    PTRACE_AT(PTRACE_SETREGSET, space->pid, NT_X86_XSTATE, &guest->xstate);
    PTRACE(PTRACE_SYSEMU, space->pid, 0);
    int status = wait_for(space->pid);
    if (!stopped_by(status, SYSCALL_STOP))
        fail_status("PTRACE_SYSEMU", space->pid, status);
    PTRACE(PTRACE_GETREGS, space->pid, &guest->regs);
    PTRACE_AT(PTRACE_GETREGSET, space->pid, NT_X86_XSTATE, &guest->xstate);
    return guest->regs.orig_rax;
}

static double switch_batch(const struct stub *master, long count) {
    static struct guest guest;
    struct stub space;
    create_grandchild(master, &space);
    create_guest(&space, &guest);
    double start = microseconds();
    for (long i = 0; i < count; i++) {
        long number = switch_to(&space, &guest);
        if (number != SYS_getpid)
            fail_expected("system call of the guest", SYS_getpid, number);
        guest.regs.rax = i;
        guest.regs.orig_rax = -1; // the call is over: nothing to restart
    }
    double each = (microseconds() - start) / count;
    destroy_grandchild(master, &space);
    return each;
}

static double munmap_batch(const struct stub *master, long count) {
    struct stub space;
    create_grandchild(master, &space);
    unsigned long page = space.initial.rip & -PAGE; // of the stub code
    double start = microseconds();
    for (long i = 0; i < count; i++)
        INJECT(&space, munmap, 0, page);
    double each = (microseconds() - start) / count;
    destroy_grandchild(master, &space);
    return each;
}

// ---- the command line ----

typedef double batch(const struct stub *master, long count);

static void serve(batch *run, long count) {
    struct stub master = create_master();
    char *line = NULL;
    size_t size = 0;
    puts("ready");
    if (fflush(stdout) == EOF)
        fail("write");
    while (getline(&line, &size, stdin) != -1) {
        printf("%.3f\n", run(&master, count));
        if (fflush(stdout) == EOF)
            fail("write");
    }
    free(line);
    kill_stub(master.pid);
}

static _Noreturn void usage(void) {
    fputs("usage: baseline getpid|grandchild|switch|munmap|setup|siginfo|write|sigreturn N\n",
          stderr);
    exit(2);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        batch *run;
    } batches[] = {
        {"getpid", getpid_batch}, {"grandchild", grandchild_batch}, {"switch", switch_batch},
        {"munmap", munmap_batch}, {"setup", setup_batch},           {"siginfo", siginfo_batch},
        {"write", write_batch},   {"sigreturn", sigreturn_batch},
    };
    if (argc != 3)
        usage();
    char *end;
    long count = strtol(argv[2], &end, 10);
    if (*end || count < 1 || count == LONG_MAX)
        usage();
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        if (strcmp(argv[1], batches[i].name) != 0)
            continue;
        serve(batches[i].run, count);
        return 0;
    }
    usage();
}
