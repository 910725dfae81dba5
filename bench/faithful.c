// Stubs as gVisor drives them, the reference of all ratios.

#include "stub.h"
#include <linux/elf.h>
#include <linux/mman.h>
#include <linux/uio.h>

#define GUEST_PAGE 0x10000
#define SYSCALL_STOP (SIGTRAP | 0x80) // by PTRACE_O_TRACESYSGOOD
#define MAX_XSTATE (16 << 10)         // more than any processor's XSAVE area

static struct stub master, space;

static void prepare_master(void) {
    master = create_master();
}

static void expect_result(const char *what, long expected, long got) {
    if (got != expected)
        fail(what, 0);
}

// ---- an injected call ----

static int64_t run_call(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++)
        expect_result("injected getpid", master.pid, INJECT(&master, getpid, 0));
    return nanoseconds() - start;
}

// ---- births ----

enum { MOST_CHILDREN = 1000 };

static int64_t run_birth(long count) {
    static struct stub children[MOST_CHILDREN];
    if (count > MOST_CHILDREN)
        fail_because("too many children in a batch");
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++)
        create_grandchild(&master, &children[i]);
    const int64_t time = nanoseconds() - start;
    for (long i = 0; i < count; i++)
        destroy_grandchild(&master, &children[i]);
    return time;
}

// ---- address spaces ----

static void prepare_space(void) {
    prepare_master();
    create_grandchild(&master, &space);
}

static int64_t run_munmap(long count) {
    const long page = (long)(space.initial.rip & -(unsigned long)PAGE); // of the stub code
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++)
        INJECT(&space, munmap, 0, page);
    return nanoseconds() - start;
}

// ---- switches ----

static struct {
    struct user_regs_struct regs;
    struct iovec xstate; // as long as the kernel says
    _Alignas(64) char area[MAX_XSTATE];
} guest;

// Maps a page of code into an empty stub, and prepares the registers that start there.
static void prepare_guest(void) {
    static const unsigned char code[] = {
        0xb8, __NR_getpid, 0, 0, 0, // again: mov $__NR_getpid, %eax
        0x0f, 0x05,                 //        syscall
        0xeb, 0xf7,                 //        jmp again
    };
    prepare_space();
    INJECT(&space, mmap, GUEST_PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    const struct iovec ours = {(void *)code, sizeof code};
    const struct iovec theirs = {(void *)GUEST_PAGE, sizeof code};
    CALL(process_vm_writev, space.pid, &ours, 1, &theirs, 1, 0);

    guest.regs = (struct user_regs_struct){
        .rip = GUEST_PAGE,
        .orig_rax = -1UL,
        .cs = space.initial.cs,
        .ss = space.initial.ss,
        .ds = space.initial.ds,
        .es = space.initial.es,
        .fs = space.initial.fs,
        .gs = space.initial.gs,
    };
    guest.xstate = (struct iovec){guest.area, sizeof guest.area};
    PTRACE_AT(PTRACE_GETREGSET, space.pid, NT_X86_XSTATE, &guest.xstate);
}

// Runs the guest until its next system call; returns its number.
static long switch_to_guest(void) {
    PTRACE(PTRACE_SETREGS, space.pid, &guest.regs);
    PTRACE_AT(PTRACE_SETREGSET, space.pid, NT_X86_XSTATE, &guest.xstate);
    PTRACE(PTRACE_SYSEMU, space.pid, 0);
    if (!stopped_by(wait_for(space.pid), SYSCALL_STOP))
        fail("PTRACE_SYSEMU", 0);
    PTRACE(PTRACE_GETREGS, space.pid, &guest.regs);
    PTRACE_AT(PTRACE_GETREGSET, space.pid, NT_X86_XSTATE, &guest.xstate);
    return (long)guest.regs.orig_rax;
}

static int64_t run_switch(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        expect_result("system call of the guest", __NR_getpid, switch_to_guest());
        guest.regs.rax = (unsigned long)i;
        guest.regs.orig_rax = -1UL; // the call is over: nothing to restart
    }
    return nanoseconds() - start;
}

const struct mechanism stub_mechanisms[] = {
    {"call-c", prepare_master, run_call},
    {"birth-c", prepare_master, run_birth},
    {"pool-c", prepare_space, run_munmap},
    {"switch-c", prepare_guest, run_switch},
    {0},
};
