#include "requests.h"
#include "machine.h"
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

enum { PATIENCE = 2000000, NO_STOP = -1 };

static uint64_t word_at(const uint8_t *at) {
    return *(const uint64_t *)at;
}

/** The value of a word that may stand for another one. */
static uint64_t resolve(const struct stublab_look *look, uint64_t word) {
    const uint64_t number = word & 0xffffffff;
    if (word >> 40 != STUBLAB_LATER_MARK)
        return word;
    switch ((enum stublab_later)(word >> 32 & 0xff)) {
    case STUBLAB_LATER_ANSWER:
        return (uint64_t)look->answer;
    case STUBLAB_LATER_ASIDE:
        return (uint64_t)look->aside;
    case STUBLAB_LATER_TID:
        return (uint64_t)look->pid;
    case STUBLAB_LATER_TRACER:
        return (uint64_t)syscall0(__NR_getpid);
    case STUBLAB_LATER_UID:
        return (uint64_t)syscall0(__NR_getuid);
    case STUBLAB_LATER_KEPT:
        return word_at(&look->kept[number]);
    case STUBLAB_LATER_XSTATE:
        return number < look->xstate_length ? number : look->xstate_length;
    }
    return word;
}

/** Copies words. The library has no memcpy, which a compiler would make of a loop without the asm.
 */
static void copy(void *to, const void *from, uint32_t words) {
    for (uint32_t i = 0; i < words; i++) {
        ((uint64_t *)to)[i] = ((const uint64_t *)from)[i];
        __asm__ volatile("");
    }
}

static void fill(void *to, uint64_t word, uint32_t words) {
    for (uint32_t i = 0; i < words; i++) {
        ((uint64_t *)to)[i] = word;
        __asm__ volatile("");
    }
}

static uint32_t lose(struct stublab_look *look, enum stublab_place place, int64_t expected,
                     int64_t seen) {
    look->place = place;
    look->expected = expected;
    look->seen = seen;
    return STUBLAB_FOLLOWED_LOST;
}

static void make_request(struct stublab_look *look, uint32_t number) {
    const uint64_t *words = look->words;
    if (number > 4)
        copy(look->aside, &words[4], number - 4);
    look->written = 0;
    look->result = stublab_ptrace((int64_t)words[0], (int32_t)words[3], words[1], (void *)words[2]);
}

/** Makes a request twice: a byte that is the same after both was written. */
static void read_answer(struct stublab_look *look, uint32_t number) {
    const uint32_t words = STUBLAB_ASIDE + STUBLAB_ANSWER / 8;
    fill(look->aside, 0xa5a5a5a5a5a5a5a5, words);
    make_request(look, number);
    copy(look->other, look->answer, STUBLAB_ANSWER / 8);
    fill(look->aside, 0x5a5a5a5a5a5a5a5a, words);
    make_request(look, number);
    uint32_t written = STUBLAB_ANSWER;
    while (written > 0 && look->answer[written - 1] != look->other[written - 1])
        written--;
    look->written = written;
}

static int64_t wait_stop(int32_t tid, int64_t microseconds) {
    int32_t status = 0;
    const int64_t waited = stublab_wait(tid, __WALL, microseconds, &status);
    return waited < 0 ? waited : waited == 0 ? NO_STOP : status;
}

int64_t stublab_drain(int32_t tid) {
    int64_t status = 0;
    do {
        stublab_ptrace(PTRACE_CONT, tid, 0, 0);
        status = wait_stop(tid, PATIENCE);
    } while ((status & 0xff) == 0x7f);
    return status;
}

/** Kills a child that the tracee has cloned, and reaps it. */
static void end_child(struct stublab_look *look) {
    look->child = look->written < 8 ? 0 : (int32_t)word_at(look->answer);
    if (look->child <= 0)
        return;
    look->first = wait_stop(look->child, PATIENCE);
    stublab_tgkill(look->child, look->child, SIGKILL);
    stublab_drain(look->child);
}

/** Leads the tracee from where it has cloned a child to the breakpoint after the clone. */
static uint32_t lead_to_end_of_clone(struct stublab_look *look) {
    const int64_t trap = SIGTRAP << 8 | 0x7f, child = SIGCHLD << 8 | 0x7f;
    if (look->child <= 0)
        return STUBLAB_FOLLOWED_DONE;
    stublab_ptrace(PTRACE_SETOPTIONS, look->pid, 0, (void *)PTRACE_O_TRACEEXIT);
    int64_t status = child;
    while (status == child && stublab_ptrace(PTRACE_CONT, look->pid, 0, 0) == 0)
        status = wait_stop(look->pid, PATIENCE);
    return status == trap ? STUBLAB_FOLLOWED_YOURS : lose(look, STUBLAB_PLACE_STOP, trap, status);
}

uint32_t stublab_follow(struct stublab_look *look, uint32_t verb, const uint64_t *its,
                        uint32_t number) {
    uint64_t *words = look->words;
    for (uint32_t i = 0; i < number; i++)
        words[i] = resolve(look, its[i]);
    switch ((enum stublab_verb)verb) {
    case STUBLAB_VERB_REQUEST:
        make_request(look, number);
        break;
    case STUBLAB_VERB_READ:
        read_answer(look, number);
        break;
    case STUBLAB_VERB_PUT:
        copy(look->answer, words, number);
        break;
    case STUBLAB_VERB_MUST:
        if (look->result < 0)
            return lose(look, STUBLAB_PLACE_RESULT, 0, look->result);
        break;
    case STUBLAB_VERB_KEEP:
        look->kept_result = look->result;
        copy(look->kept, look->answer, STUBLAB_ANSWER / 8);
        break;
    case STUBLAB_VERB_WAIT:
        look->stop = wait_stop(number > 1 ? (int32_t)words[1] : look->pid, (int64_t)words[0]);
        break;
    case STUBLAB_VERB_ARRIVE:
        if (look->stop != (int64_t)words[0])
            return lose(look, STUBLAB_PLACE_STOP, (int64_t)words[0], look->stop);
        break;
    case STUBLAB_VERB_SIGNAL:
        stublab_tgkill(look->pid, look->pid, (int32_t)words[0]);
        break;
    case STUBLAB_VERB_KILL:
        syscall2(__NR_kill, look->pid, (long)words[0]);
        break;
    case STUBLAB_VERB_CHILD:
        end_child(look);
        break;
    case STUBLAB_VERB_REAP:
        return lead_to_end_of_clone(look);
    case STUBLAB_VERB_UNLESS:
        return look->result == -(int64_t)words[0] ? STUBLAB_FOLLOWED_SKIPS : STUBLAB_FOLLOWED_DONE;
    case STUBLAB_VERB_TRACEE:
    case STUBLAB_VERB_CALL:
    case STUBLAB_VERB_ZOMBIE:
    case STUBLAB_VERB_NEED:
        return STUBLAB_FOLLOWED_YOURS;
    }
    return STUBLAB_FOLLOWED_DONE;
}

/** The first byte in which the last answer differs from the kept one; -1: none. */
static uint64_t differing_byte(const struct stublab_look *look) {
    for (uint64_t i = 0; i < look->written; i++)
        if (look->answer[i] != look->kept[i])
            return i;
    return ~0ULL;
}

/** What was seen at a place, in `*seen`. Returns whether there is something. */
static int see(const struct stublab_look *look, enum stublab_place place, uint32_t offset,
               uint64_t *seen) {
    const uint8_t *at = &look->answer[offset];
    switch (place) {
    case STUBLAB_PLACE_RESULT:
        *seen = (uint64_t)look->result;
        return 1;
    case STUBLAB_PLACE_KEPT:
        *seen = (uint64_t)look->kept_result;
        return 1;
    case STUBLAB_PLACE_WRITTEN:
        *seen = look->written;
        return 1;
    case STUBLAB_PLACE_LENGTH:
        *seen = look->aside[1];
        return 1;
    case STUBLAB_PLACE_STOP:
        *seen = (uint64_t)look->stop;
        return 1;
    case STUBLAB_PLACE_FIRST:
        *seen = (uint64_t)look->first;
        return look->child > 0;
    case STUBLAB_PLACE_DIFFERS:
        *seen = differing_byte(look);
        return 1;
    case STUBLAB_PLACE_BYTE:
        *seen = *at;
        return offset + 1 <= look->written;
    case STUBLAB_PLACE_INT:
        *seen = (uint64_t)(int64_t)(int32_t)word_at(at);
        return offset + 4 <= look->written;
    case STUBLAB_PLACE_HALF:
        *seen = (uint32_t)word_at(at);
        return offset + 4 <= look->written;
    case STUBLAB_PLACE_WORD:
        *seen = word_at(at);
        return offset + 8 <= look->written;
    }
    return 0;
}

uint32_t stublab_see(const struct stublab_look *look, uint32_t place, uint32_t offset,
                     uint64_t expected, uint64_t *words) {
    words[0] = resolve(look, expected);
    if (!see(look, (enum stublab_place)place, offset, &words[1]))
        return 2;
    return words[0] != words[1];
}
