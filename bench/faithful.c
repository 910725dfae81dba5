// Stubs as gVisor drives them, the reference of all ratios, and what differs from it in one point.

#include "stub.h"
#include <linux/elf.h>
#include <linux/mman.h>
#include <linux/uio.h>

#define GUEST_PAGE 0x10000
#define SYSCALL_STOP (SIGTRAP | 0x80) // by PTRACE_O_TRACESYSGOOD
#define MAX_XSTATE (16 << 10)         // more than any processor's XSAVE area
#define MEGABYTE (1ul << 20)

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

static void prepare_apart(void) {
    prepare_master();
    bind_to(master.pid, other_processor);
}

static void prepare_poke(void) {
    prepare_master();
    struct user_regs_struct regs = master.initial;
    const unsigned long page = regs.rip & -(unsigned long)PAGE;
    regs.rip = page + (unsigned long)(stub_loop - stub_code);
    regs.orig_rax = -1UL;
    INJECT(&master, getpid, 0); // leaves the stop of the attach behind
    PTRACE(PTRACE_SETREGS, master.pid, &regs);
}

// Writes only the number, and reads only RIP and the result.
static int64_t run_poke(long count) {
    const unsigned long rest =
        (master.initial.rip & -(unsigned long)PAGE) + (unsigned long)(stub_loop - stub_code) + 3;
    unsigned long rip = 0, rax = 0;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        PTRACE_AT(PTRACE_POKEUSR, master.pid, __builtin_offsetof(struct user_regs_struct, rax),
                  __NR_getpid);
        PTRACE(PTRACE_CONT, master.pid, 0);
        if (!stopped_by(wait_for(master.pid), SIGTRAP))
            fail("poked getpid", 0);
        PTRACE_AT(PTRACE_PEEKUSR, master.pid, __builtin_offsetof(struct user_regs_struct, rip),
                  &rip);
        PTRACE_AT(PTRACE_PEEKUSR, master.pid, __builtin_offsetof(struct user_regs_struct, rax),
                  &rax);
        expect_result("RIP of the stub", (long)rest, (long)rip);
        expect_result("poked getpid", master.pid, (long)rax);
    }
    return nanoseconds() - start;
}

static int64_t run_registers(long count) {
    struct user_regs_struct regs = master.initial;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        PTRACE(PTRACE_SETREGS, master.pid, &regs);
        PTRACE(PTRACE_GETREGS, master.pid, &regs);
    }
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

// As a host with a heap has them: pages of 4 kB.
static void touch(unsigned long megabytes) {
    char *const heap = memory(megabytes * MEGABYTE, false);
    syscall3(__NR_madvise, (long)heap, (long)(megabytes * MEGABYTE), MADV_NOHUGEPAGE);
    for (unsigned long at = 0; at < megabytes * MEGABYTE; at += PAGE)
        heap[at] = 1;
}

static void touch_50(void) {
    touch(50);
}

static void touch_100(void) {
    touch(100);
}

static int64_t masters(long count, struct stub (*create)(void)) {
    int64_t time = 0;
    for (long i = 0; i < count; i++) {
        const int64_t start = nanoseconds();
        const struct stub each = create();
        time += nanoseconds() - start;
        kill_stub(each.pid);
    }
    return time;
}

static int64_t run_masters(long count) {
    return masters(count, create_master);
}

static int64_t run_programs(long count) {
    return masters(count, execute_master);
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
static long switch_to_guest(bool extended) {
    PTRACE(PTRACE_SETREGS, space.pid, &guest.regs);
    if (extended)
        PTRACE_AT(PTRACE_SETREGSET, space.pid, NT_X86_XSTATE, &guest.xstate);
    PTRACE(PTRACE_SYSEMU, space.pid, 0);
    if (!stopped_by(wait_for(space.pid), SYSCALL_STOP))
        fail("PTRACE_SYSEMU", 0);
    PTRACE(PTRACE_GETREGS, space.pid, &guest.regs);
    if (extended)
        PTRACE_AT(PTRACE_GETREGSET, space.pid, NT_X86_XSTATE, &guest.xstate);
    return (long)guest.regs.orig_rax;
}

static int64_t switches(long count, bool extended) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        expect_result("system call of the guest", __NR_getpid, switch_to_guest(extended));
        guest.regs.rax = (unsigned long)i;
        guest.regs.orig_rax = -1UL; // the call is over: nothing to restart
    }
    return nanoseconds() - start;
}

static int64_t run_switch(long count) {
    return switches(count, true);
}

static int64_t run_plain_switch(long count) {
    return switches(count, false);
}

const struct mechanism stub_mechanisms[] = {
    {"call-c", prepare_master, run_call},
    {"call-apart", prepare_apart, run_call},
    {"call-poke", prepare_poke, run_poke},
    {"registers", prepare_master, run_registers},
    {"birth-c", prepare_master, run_birth},
    {"master-50", touch_50, run_masters},
    {"master-100", touch_100, run_masters},
    {"master-exec", touch_100, run_programs},
    {"pool-c", prepare_space, run_munmap},
    {"switch-c", prepare_guest, run_switch},
    {"switch-plain", prepare_guest, run_plain_switch},
    {0},
};
