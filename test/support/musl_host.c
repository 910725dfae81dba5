// A host on musl: loads the shim at the given path, and takes one stub through its life.

#include "../../shim/core/shim.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLONE_FILES 0x400
#define FREE_ADDRESS 0x600000000000
#define SECOND 1000000
#define STOPPED_BY_SIGSTOP 0x137f

static void *library;

#define SHIM(name) ((__typeof__(name) *)symbol(#name))

static void *symbol(const char *name) {
    void *address = dlsym(library, name);
    if (address == 0) {
        printf("%s\n", dlerror());
        exit(1);
    }
    return address;
}

static void expect(const char *what, int64_t value, int64_t expected) {
    if (value == expected)
        return;
    printf("%s: %ld, expected %ld\n", what, (long)value, (long)expected);
    exit(1);
}

static void expect_stop(int32_t pid) {
    int32_t status = 0;
    expect("wait", SHIM(stublab_wait)(pid, __WALL | WUNTRACED, SECOND, &status), pid);
    expect("status", status, STOPPED_BY_SIGSTOP);
}

int main(int count, char **arguments) {
    library = dlopen(count > 1 ? arguments[1] : "", RTLD_NOW);
    if (library == 0) {
        printf("%s\n", dlerror());
        return 1;
    }
    expect("abi", SHIM(stublab_shim_abi)(), STUBLAB_SHIM_ABI);
    expect("occupied", SHIM(stublab_map_stub)((uint64_t)main & ~0xfffUL), -17);
    int64_t stub = SHIM(stublab_map_stub)(FREE_ADDRESS);
    expect("free", stub, FREE_ADDRESS);
    expect("mapped before", SHIM(stublab_map_stub)(FREE_ADDRESS + 0x1000), FREE_ADDRESS);
    uint32_t *step = (uint32_t *)SHIM(stublab_map_shared)(-1, sizeof *step);

    int32_t pid =
        (int32_t)SHIM(stublab_fork)(CLONE_FILES | SIGCHLD, (uint64_t)stub, 0, step, 0, 0, 0);
    expect_stop(pid);
    expect("step", *step, STUBLAB_CHILD_STUB);
    expect("attach", SHIM(stublab_ptrace)(PTRACE_ATTACH, pid, 0, 0), 0);
    expect_stop(pid);

    struct user_regs_struct registers;
    expect("registers", SHIM(stublab_ptrace)(PTRACE_GETREGS, pid, 0, &registers), 0);
    registers.rip = (uint64_t)stub + SHIM(stublab_stub_syscall_offset)();
    registers.rax = SYS_getppid;
    registers.orig_rax = -1UL;
    struct stublab_run injection = {
        .pass_over = 1UL << (SIGSTOP - 1),
        .rest = (uint64_t)stub + SHIM(stublab_stub_rest_offset)(),
        .deadline = {.timeout = SECOND},
    };
    expect("inject", SHIM(stublab_inject)(pid, &registers, &injection), 0);
    expect("getppid", (int64_t)registers.rax, getpid());
    expect("rest", (int64_t)registers.rip, stub + SHIM(stublab_stub_rest_offset)());

    int32_t status = 0;
    expect("kill", SHIM(stublab_tgkill)(pid, pid, SIGKILL), 0);
    expect("reap", SHIM(stublab_wait)(pid, __WALL, SECOND, &status), pid);
    expect("death", status, SIGKILL);
    printf("ok\n");
    return 0;
}
