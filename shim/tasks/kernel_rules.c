// Rules that not every kernel has, and walks that show it. Nothing is read off a version.
#include "walk.h"
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>

/** A walk that contradicts the model on a kernel without a rule. */
static const struct trial {
    uint32_t rule;
    struct walk walk;
} trials[] = {
    {71, {1, {{NOBODY, ACTION_TGKILL, 0, 0, SIGHUP, 0}}}},
    {72,
     {3,
      {{0, ACTION_FORK, 0, 0, CLONE_THREAD, 0},
       {0, ACTION_EXIT, 0, 0, 0, 0},
       {NOBODY, ACTION_TGKILL, 0, 0, SIGHUP, 0}}}},
    {2,
     {4,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {0, ACTION_PTRACE, 1, 0, PTRACE_SEIZE, PTRACE_O_TRACEEXIT},
       {NOBODY, ACTION_KILL_PROCESS, 1, 0, SIGKILL, 0},
       {NOBODY, ACTION_TGKILL, 1, 0, SIGUSR1, 0}}}},
    {41,
     {3,
      {{0, ACTION_EXIT, 0, 0, 2, 0},
       {NOBODY, ACTION_KILL_PROCESS, 0, 0, SIGTTIN, 0},
       {NOBODY, ACTION_TGKILL, 0, 0, SIGCONT, 0}}}},
    {101,
     {5,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {1, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {1, ACTION_SETPGID, 1, 0, 1, 0},
       {NOBODY, ACTION_KILL_PROCESS, 2, 0, SIGSTOP, 0},
       {NOBODY, ACTION_KILL_PROCESS, 1, 0, SIGKILL, 0}}}},
    {84,
     {6,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {1, ACTION_FORK, 0, 0, CLONE_THREAD, 0},
       {0, ACTION_PTRACE, 2, 0, PTRACE_SEIZE, PTRACE_O_TRACEEXIT},
       {2, ACTION_EXIT, 0, 0, 0, 0},
       {1, ACTION_EXIT_GROUP, 0, 0, 2, 0},
       {0, ACTION_WAITID, 2, 0, WEXITED | WNOWAIT | __WALL, 0}}}},
    {94,
     {8,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {2, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {3, ACTION_FORK, 0, 0, CLONE_THREAD, 0},
       {3, ACTION_EXIT, 0, 0, 2, 0},
       {0, ACTION_PTRACE, 2, 0, PTRACE_SEIZE, 0},
       {4, ACTION_EXIT, 0, 0, 3, 0},
       {0, ACTION_PTRACE, 2, 0, PTRACE_GETSIGINFO, 0}}}},
    {77,
     {3,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {0, ACTION_PTRACE, 1, 0, PTRACE_SEIZE, 0},
       {0, ACTION_PTRACE, 1, 0, PTRACE_KILL, 0}}}},
    {24,
     {6,
      {{0, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {0, ACTION_PTRACE, 1, 0, PTRACE_SEIZE, PTRACE_O_TRACEFORK},
       {1, ACTION_FORK, 0, 0, 0, SIGCHLD},
       {0, ACTION_PTRACE, 1, 0, PTRACE_CONT, 0},
       {0, ACTION_PTRACE, 1, 0, PTRACE_INTERRUPT, 0},
       {0, ACTION_PTRACE, 1, 0, PTRACE_GETEVENTMSG, 0}}}},
};
enum { TRIALS = sizeof trials / sizeof *trials };

static bool lacks_rule[TRIALS];

static bool contradicts(const struct walk *walk) {
    struct mismatch found;
    return take_walk(walk, &found) == CONTRADICTS && take_walk(walk, &found) == CONTRADICTS;
}

void try_task_rules(void) {
    struct mismatch found;
    for (uint32_t i = 0; i < TRIALS; i++) {
        select_task_rules(0);
        if (!contradicts(&trials[i].walk))
            continue;
        leave_out(trials[i].rule);
        lacks_rule[i] = take_walk(&trials[i].walk, &found) == AS_PREDICTED;
        if (lacks_rule[i])
            say("# this kernel lacks T%u: %s\n", trials[i].rule,
                task_rules[trials[i].rule - 1].text);
    }
}

void leave_out_lacking(void) {
    for (uint32_t i = 0; i < TRIALS; i++)
        if (lacks_rule[i])
            leave_out(trials[i].rule);
}
