// The life of a stub, step by step: docs/architecture.md.
#include "check.h"
#include <asm/signal.h>

static uint32_t number;
static bool all_held;

static bool check(bool holds, const char *what, int64_t result) {
    say_result(!holds, ++number, what);
    if (!holds && result < 0)
        say(": %s", errno_name(result));
    say("\n");
    all_held = all_held && holds;
    return holds;
}

/** A check of what a stub that was not attached does not do. */
static void check_attached(bool holds, const char *what, int64_t result) {
    if (attach_error == 0) {
        check(holds, what, result);
        return;
    }
    say_result(false, ++number, what);
    say(" # SKIP no stub can be attached: %s\n", errno_name(attach_error));
}

static void check_memory(struct tracee *stub) {
    static const char text[] = "written by the probe";
    char back[sizeof text] = {0};
    int64_t page = map_memory(stub, page_bytes);
    check(page > 0, "a stub maps a page", page);
    int64_t result = page > 0 ? write_memory(stub, (uint64_t)page, text, sizeof text) : page;
    if (result == 0)
        result = read_memory(stub, (uint64_t)page, back, sizeof back);
    check(result == 0 && same(back, text), "its memory can be written and read", result);
}

int bootstrap(void) {
    enum { CHECKS = 13 };
    struct tracee first = {0}, second = {0}, third = {0};
    all_held = true;
    number = 0;
    say_plan("", CHECKS);
    int64_t result = fork_stub(&first, SIGCHLD);
    static const char birth[] = "a stub is forked, stops itself and is attached";
    if (result < 0) {
        end_stub(&first, 0);
        check(false, birth, result);
        return 1;
    }
    check_attached(true, birth, 0);
    result = INJECT(&first, __NR_getpid, 0);
    check(result == first.pid, "an injected getpid returns its pid", result);
    result = INJECT(&first, __NR_getppid, 0);
    check(result == syscall0(__NR_getpid), "its parent is the probe", result);
    result = INJECT(&first, __NR_close, ~0ULL);
    check(result == -EBADF, "an error is a result", result);
    result = scrub(&first);
    check(result == 0, "everything but its stub code is unmapped", result);
    check_memory(&first);
    result = clone_stub(&first, &second, SIGCHLD);
    check_attached(result == 0, "it clones a stub, which is attached", result);
    result = INJECT(&second, __NR_getppid, 0);
    check_attached(result == first.pid, "the parent of that is the first stub", result);
    result = clone_stub(&second, &third, SIGCHLD);
    check_attached(result == 0, "that clones another", result);
    int32_t status = end_stub(&third, &second);
    check_attached((status & 0x7f) == SIGKILL, "a stub is killed, and reaped by its parent", 0);
    result = INJECT(&second, __NR_getpid, 0);
    check(result == second.pid, "its parent lives on", result);
    stublab_tgkill(first.pid, first.pid, SIGKILL);
    end_stub(&first, 0);
    status = 0;
    for (int64_t got = attach_error == 0; got > 0 && (status & 0xff) != SIGKILL;) {
        got = wait_for(&second, &status, 5000);
        if (got > 0 && (status & 0xff) == 0x7f)
            stublab_ptrace(7 /* PTRACE_CONT */, second.pid, 0, 0);
    }
    check_attached((status & 0x7f) == SIGKILL, "a stub dies with its parent", 0);
    second.dead = attach_error == 0;
    end_stub(&second, 0);
    return all_held ? 0 : 1;
}
