// A thread that is ended from outside, as by worker.terminate(), gives nothing back, and none of
// its code is left to do so: another thread of the host does. What the main thread has taken ends
// with the process.
#include "belongings.h"
#include "machine.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <linux/wait.h>

/** The owner is the tid above a kind of belonging; or one of these, in any thread. */
enum { UNUSED = 0, FREE = 1, CLAIMED = 2 };

struct entry {
    uint64_t owner; /* of the entries, those that were never used come last */
    int64_t what;
    uint64_t length;
};

enum { MOST = 32768 };

static struct entry entries[MOST];

static uint64_t owner_of(const struct entry *entry) {
    return __atomic_load_n(&entry->owner, __ATOMIC_ACQUIRE);
}

static int is_used(const struct entry *entry) {
    return entry < entries + MOST && owner_of(entry) != UNUSED;
}

/** Passes an entry on, if it is still its owner's. */
static int pass(struct entry *entry, uint64_t owner, uint64_t next) {
    return __atomic_compare_exchange_n(&entry->owner, &owner, next, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

/** The calling thread as the owner of a kind. The main thread has no tid here, and owns nothing. */
static uint64_t caller_of(enum belonging kind) {
    const uint64_t tid = (uint64_t)syscall0(__NR_gettid);
    return tid == (uint64_t)syscall0(__NR_getpid) ? kind : tid << 32 | kind;
}

int64_t keep(enum belonging kind, int64_t what, uint64_t length) {
    const uint64_t caller = caller_of(kind);
    if (what < 0 || caller == kind)
        return what;
    struct entry *entry = entries;
    while (entry < entries + MOST && !pass(entry, FREE, CLAIMED) && !pass(entry, UNUSED, CLAIMED))
        entry++;
    if (entry == entries + MOST)
        return what;
    entry->what = what;
    entry->length = length;
    pass(entry, CLAIMED, caller);
    return what;
}

void drop(enum belonging kind, int64_t what) {
    const uint64_t caller = caller_of(kind);
    struct entry *entry = entries;
    while (is_used(entry) && (entry->what != what || !pass(entry, caller, FREE)))
        entry++;
}

/** Reaps what has ended in a group. Returns whether it has other processes. */
static int reap(int64_t group) {
    int64_t reaped = 0;
    do
        reaped = syscall4(__NR_wait4, -group, 0, __WALL | WNOHANG, 0);
    while (reaped > 0);
    return reaped == 0;
}

/** Gives back what a thread had taken that has ended. Returns whether something is left of it. */
static int give_back(const struct entry *entry, enum belonging kind) {
    if (kind == BELONGING_GROUP)
        return reap(entry->what);
    if (kind == BELONGING_FILE)
        syscall1(__NR_close, entry->what);
    else
        syscall2(__NR_munmap, entry->what, (long)entry->length);
    return 0;
}

void stublab_note_group(int32_t group) {
    const int32_t pid = (int32_t)syscall0(__NR_getpid);
    for (struct entry *entry = entries; is_used(entry); entry++) {
        const uint64_t owner = owner_of(entry);
        const int32_t tid = (int32_t)(owner >> 32);
        if (tid == 0 || syscall3(__NR_tgkill, pid, tid, 0) != -ESRCH ||
            !pass(entry, owner, CLAIMED))
            continue;
        pass(entry, CLAIMED, give_back(entry, (enum belonging)owner) ? owner : FREE);
    }
    /* In the host's own group are children that are not stublab's. */
    if (syscall1(__NR_getpgid, group) == group)
        keep(BELONGING_GROUP, group, 0);
}
