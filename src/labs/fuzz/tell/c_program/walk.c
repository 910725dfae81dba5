/*
 * The template of programs that take a walk of tasks (export_walk.ts). An export replaces this
 * head, and inserts what this file includes: the actions, and what is expected after each.
 */
/* End of the head. */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HELD = 0, DIFFERENT = 1, CANNOT = 3 }; /* exit statuses */
enum { MOST_TASKS = 6, OUTSIDE = MOST_TASKS, STACK = 1 << 16, MOST_TEXT = 512, PATIENCE = 3 };
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* Arguments that are known when an action is taken: pids, and addresses in the task that takes it.
 */
#define TAG 32
#define ANY (-1L)
#define PID(task) ((1L << TAG) + (task))
#define GROUP(task) ((2L << TAG) + (task))
#define STATUS (3L << TAG)
#define INFO (4L << TAG)
#define WORDS (5L << TAG)
#define SET(signal) (1L << ((signal)-1))

/* An action: who takes it, its system call, and the word at WORDS. */
struct action {
	const char *text;
	int actor;
	long call, arguments[4], word;
};

/* What may be seen of the tasks after an action. #N stands for the pid of task N. */
struct expectation {
	int action;
	const char *tasks[MOST_TASKS];
};

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

#include "walk_data.c"

/* A process or thread that takes one action at a time. */
struct task {
	int posted, done; /* actions that were given, and that have returned */
	const struct action *action;
	long result, words[4];
	unsigned long status; /* what a wait or PTRACE_GETEVENTMSG has stored */
	siginfo_t info;
	pid_t pid;
	char stack[STACK] __attribute__((aligned(16)));
};

/* The last one stands for what acts from outside. */
static struct task *tasks;
static int births = 1;
static pid_t keeper;
static int live(void *own);

static long resolve(struct task *own, long argument)
{
	const pid_t pid = tasks[argument & 7].pid;
	const void *stores[] = {&own->status, &own->info, own->words};

	if (argument < 1L << TAG)
		return argument;
	return argument < STATUS ? (argument < GROUP(0) ? pid : -pid)
				 : (long)stores[(argument >> TAG) - 3];
}

static void perform(struct task *own)
{
	const struct action *it = own->action;
	long words[4];

	own->status = 0;
	own->info = (siginfo_t){0};
	own->words[0] = it->word;
	for (int i = 0; i < 4; i++)
		words[i] = resolve(own, it->arguments[i]);
	if (it->call == SYS_clone) {
		struct task *child = &tasks[words[1]];
		const long flags = words[0] & CLONE_THREAD ? words[0] | THREAD : words[0];

		own->result = clone(live, child->stack + STACK, flags | CLONE_PARENT_SETTID, child,
				    &child->pid);
	} else {
		own->result = syscall(it->call, words[0], words[1], words[2], words[3], 0);
	}
	if (own->result < 0)
		own->result = -errno;
}

static void kill_all(void)
{
	for (int i = 0; i < births; i++)
		if (tasks[i].pid > 0)
			kill(tasks[i].pid, SIGKILL);
}

/* What a task does all its life. Its birth is its first action. */
static int live(void *argument)
{
	const struct timespec patience = {60, 0};
	struct task *own = argument;

	if (own == tasks)
		setsid();
	for (own->done++;;) {
		const int done = own->done;

		if (own->posted != done) {
			perform(own);
			own->done = done + 1;
		} else if (syscall(SYS_futex, &own->posted, FUTEX_WAIT, done, &patience) < 0 &&
			   errno == ETIMEDOUT && kill(keeper, 0) < 0) {
			kill_all();
			return CANNOT;
		}
	}
}

/* A pid, or 0 if it is not a task's. */
static unsigned long known(unsigned long pid)
{
	for (int i = 0; i < births; i++)
		if ((unsigned long)tasks[i].pid == pid)
			return pid;
	return 0;
}

/* Writes what is seen of a task, as in an expectation. */
static void see(const struct task *it, char *text)
{
	static const char *const names[] = {"PPid",   "TracerPid", "NSpgid", "NSsid",
					    "SigPnd", "ShdPnd",	   "SigBlk", "SigIgn"};
	const siginfo_t *info = &it->info;
	const bool has_status = info->si_code > 0 && info->si_code < 128;
	char status[4096], path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", it->pid);
	FILE *file = fopen(path, "r");

	status[file ? fread(status, 1, sizeof(status) - 1, file) : 0] = 0;
	if (file)
		fclose(file);
	const char *state = strstr(status, "State:\t");
	const char letter = state ? state[7] : 'X';

	text += sprintf(text, "%c",
			letter == 'X'			 ? ' '
			: letter == 'S' || letter == 'D' ? '-'
							 : letter);
	for (int i = 0; i < 8 && letter != 'X'; i++) {
		const char *line = strstr(status, names[i]);
		const unsigned long value =
			line ? strtoul(line + strlen(names[i]) + 1, NULL, i < 4 ? 10 : 16) : 0;

		text += sprintf(text, i < 4 ? " %s %lu" : " %s %lx", names[i],
				i < 4 ? known(value) : value & 0x7fffffff);
	}
	if (it->posted != it->done)
		strcpy(text, "; busy");
	else
		sprintf(text, "; %ld %ld %d %d %d %lu", it->result, (long)it->status,
			info->si_signo, info->si_code, has_status ? info->si_status & 0xff : 0,
			known(info->si_pid));
}

/* Writes an expectation with pids. */
static void expand(const char *from, char *text)
{
	for (*text = 0; *from; from++)
		if (*from == '#')
			text += sprintf(text, "%d", tasks[*++from - '0'].pid);
		else
			text += sprintf(text, "%c", *from);
}

/* Whether the tasks are as in an expectation. If not, says the first that is not. */
static bool fits(const struct expectation *it, char *difference)
{
	char expected[MOST_TEXT], seen[MOST_TEXT];

	for (int i = 0; i < MOST_TASKS && it->tasks[i]; i++) {
		expand(it->tasks[i], expected);
		see(&tasks[i], seen);
		sprintf(difference, "task %d is not as expected\n  expected  %s\n  seen      %s", i,
			expected, seen);
		if (strcmp(expected, seen) != 0)
			return false;
	}
	return true;
}

/* Waits until the tasks are, and stay, as they may be after an action. */
static bool settles(int action)
{
	const time_t end = time(NULL) + PATIENCE;
	char difference[2 * MOST_TEXT + 64];
	int stays = 0;

	for (bool any = false; stays < 3 && time(NULL) <= end; any = false) {
		usleep(1000);
		for (int i = COUNT(expectations) - 1; i >= 0 && !any; i--)
			any = expectations[i].action == action &&
			      fits(&expectations[i], difference);
		stays = any ? stays + 1 : 0;
	}
	if (stays == 0)
		printf("After action %d, %s, %s\n", action, actions[action - 1].text, difference);
	return stays > 0;
}

/* Takes all actions, as far as the tasks are as expected. */
static int walk(void)
{
	int status = HELD;

	memset(tasks, 0, sizeof(*tasks) * (MOST_TASKS + 1));
	births = tasks[0].posted = 1;
	if (clone(live, tasks[0].stack + STACK, SIGCHLD | CLONE_PARENT_SETTID, tasks,
		  &tasks[0].pid) < 0)
		return CANNOT;
	while (*(volatile int *)&tasks[0].done == 0)
		usleep(1000);
	for (int i = 1; i <= COUNT(actions) && status == HELD; i++) {
		const struct action *it = &actions[i - 1];
		struct task *own = &tasks[it->actor];

		own->action = it;
		if (it->call == SYS_clone)
			tasks[births++].posted = 1;
		if (it->actor == OUTSIDE)
			perform(own);
		else
			own->posted++;
		syscall(SYS_futex, &own->posted, FUTEX_WAKE, 1);
		status = settles(i) ? HELD : DIFFERENT;
	}
	do {
		kill_all();
	} while (waitpid(-1, NULL, __WALL) > 0);
	return status;
}

int main(void)
{
	int status = DIFFERENT;

	alarm(600);
	for (int i = 1; i < 32; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &(sigset_t){0}, NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}); /* without cores */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keeper = getpid();
	tasks = mmap(NULL, sizeof(*tasks) * (MOST_TASKS + 1), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Some walks can go on in several ways, and only one was followed. */
	for (int i = 0; i < 3 && status == DIFFERENT; i++)
		status = walk();
	if (status == HELD)
		printf("All %d actions have the expected results and states.\n", COUNT(actions));
	return status;
}
