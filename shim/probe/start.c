// The beginning of the probe: its arguments, and its end as process 1.
#include "facts.h"
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/mount.h>
#include <linux/reboot.h>

static bool is_init;

bool owns_machine(void) {
    return is_init;
}

/** Ends the probe. As process 1 of a machine it powers the machine off. */
__attribute__((noreturn)) static void leave(int status) {
    if (is_init) {
        say("# exit status %d\n", status);
        flush();
        // A slow console still has some of the output.
        syscall3(__NR_ioctl, 1, TCSBRK, 1);
        syscall0(__NR_sync);
        syscall4(__NR_reboot, (long)LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
                 LINUX_REBOOT_CMD_POWER_OFF, 0);
    }
    flush();
    syscall1(__NR_exit_group, is_output_lost() ? CANNOT : status);
    __builtin_unreachable();
}

void fail(const char *what, int64_t result) {
    static char failure[1 << 14];
    const char *name = result == 0 ? 0 : errno_name(result);
    // Nothing that is said from now on goes to a text.
    say_to(0);
    write_text(failure, "%s%s%s", what, name == 0 ? "" : ": ", name == 0 ? "" : name);
    if (!HAS_MODEL || !answer_failure(failure))
        say("Bail out! %s\n", failure);
    leave(CANNOT);
}

static const char commands[] =
    "usage: probe [bootstrap]\n"
    "             [doctor]\n"
    "             [explain PID|WORD [--status] [--json]]\n"
    "             [conformance [--only GROUP|FACT]... [--except GROUP|FACT]... [--known LIST]\n"
    "                          [--for gdb|strace|gvisor|rr|criu|stublab] [--list]]\n";
static const char commands_of_setups[] =
    "             [fuzz [--seed N] [--cases N] [--seconds N] [--path ptrace|sigreturn|both|tasks]\n"
    "                   [--outcomes] [--plant RULE[.VALUE=N]] [--focus RULE] [--known LIST]\n"
    "                   [--disturb]]\n"
    "             [replay [--known LIST] [--list] FILE|-]\n"
    "             [walk [--plant RULE] [--steps] FILE|-]\n"
    "\n"
    "fuzz compares random setups of registers with a model, replay those of a file. walk takes\n"
    "walks of tasks of a file, as replay does.\n";
static const char explanation[] =
    "\n"
    "Creates stub processes on this kernel, and checks facts about what it does with their\n"
    "registers. The output is KTAP. Without arguments: bootstrap and conformance. As process 1\n"
    "it takes its arguments after -- on the kernel's command line, and powers the machine off\n"
    "at the end. --known takes qemu-tcg, or a file with names of facts: deviations that are\n"
    "reported, but do not fail the run. --log, of any command, and process 1 read the kernel's\n"
    "log: what the kernel reports of itself (WARNING, BUG, UBSAN…) fails the run.\n"
    "\n"
    "Exit status: 0 if everything holds, 1 if something does not, 2 for wrong usage, 3 if the\n"
    "probe fails or everything was skipped, 130 if Ctrl-C ended it before its end.\n";

static void say_usage(void) {
    say("%s%s%s", commands, HAS_MODEL ? commands_of_setups : "", explanation);
}

/** Says which word is wrong, last: a console shows its end. Returns the exit status. */
static int misused(const char *what, const char *word) {
    say_usage();
    say("\nprobe: wrong %s: %s\n", what, word);
    return 2;
}

/** The options of a run. */
struct options {
    struct selection facts;
    bool lists, outcomes, log, disturbs, walks, steps;
    uint64_t processor; /* of rounds */
    uint32_t task_rule; /* that is planted in the model of tasks; 0: none */
    struct run run;
};

/** Adds a name to a list. Returns whether there is room. */
static bool add_name(const char **list, const char *name) {
    uint32_t count = 0;
    while (list[count] != 0)
        count++;
    if (count < MOST_NAMES)
        list[count] = name;
    return count < MOST_NAMES;
}

/** A list by its name, or the facts that a file names. */
static const struct known_list *known_by(const char *name) {
    enum { MOST_TEXT = 1 << 20 };
    static struct known_list from_file;
    for (const struct known_list *list = known_lists; list->name != 0; list++)
        if (same(name, list->name))
            return list;
    char *facts = zero_memory(MOST_TEXT);
    read_all(name, facts, MOST_TEXT - 1);
    from_file = (struct known_list){.name = name, .facts = facts};
    return &from_file;
}

/** Takes an option and its value. Returns the number of words; 0 if it is not an option. */
static int take_option(char **argument, struct options *options) {
    if (argument[0] == 0)
        return 0;
    bool *flag = same(argument[0], "--outcomes")  ? &options->outcomes
                 : same(argument[0], "--list")    ? &options->lists
                 : same(argument[0], "--log")     ? &options->log
                 : same(argument[0], "--disturb") ? &options->disturbs
                 : same(argument[0], "--steps")   ? &options->steps
                                                  : 0;
    if (flag != 0) {
        *flag = true;
        return 1;
    }
    if (argument[1] == 0)
        return 0;
    struct run *run = &options->run;
    if (same(argument[0], "--only"))
        return add_name(options->facts.only, argument[1]) ? 2 : 0;
    if (same(argument[0], "--except"))
        return add_name(options->facts.except, argument[1]) ? 2 : 0;
    if (same(argument[0], "--for")) {
        options->facts.tool = argument[1];
        return relies_on(argument[1], 0) ? 2 : 0;
    }
    if (same(argument[0], "--known"))
        options->facts.known = run->known = known_by(argument[1]);
    else if (same(argument[0], "--path")) {
        const int32_t path = index_of(argument[1], path_names);
        options->walks = HAS_MODEL && same(argument[1], "tasks");
        run->path = path >= 0 ? (uint32_t)path : run->path;
        return path >= 0 || options->walks ? 2 : 0;
    } else if (same(argument[0], "--plant")) {
        options->task_rule = HAS_MODEL ? task_rule_named(argument[1]) : 0;
        return options->task_rule != 0 || (HAS_MODEL && read_plant(argument[1], &run->plant)) ? 2
                                                                                              : 0;
    } else if (same(argument[0], "--focus")) {
        run->focus = (uint32_t)index_of(argument[1], rule_ids) + 1;
        return run->focus > 0 ? 2 : 0;
    } else {
        uint64_t *number = same(argument[0], "--seed")        ? &run->seed
                           : same(argument[0], "--cases")     ? &run->cases
                           : same(argument[0], "--seconds")   ? &run->seconds
                           : same(argument[0], "--processor") ? &options->processor
                                                              : 0;
        return number != 0 && *argument[1] != '-' && read_word(argument[1], number) ? 2 : 0;
    }
    return 2;
}

/** Whether walks are asked for with what only setups have, or otherwise. */
static bool is_misfit(const struct options *options, const char *command) {
    const struct run *run = &options->run;
    if (!options->walks)
        return options->task_rule != 0 && !same(command, "walk") && !same(command, "replay");
    return !same(command, "fuzz") || options->outcomes || options->disturbs || run->focus != 0 ||
           run->known != 0 || run->plant.text != 0;
}

/** In a container process 1 has another name. */
static bool is_named_init(const char *path) {
    const char *name = path;
    for (; *path != 0; path++)
        name = *path == '/' ? &path[1] : name;
    return same(name, "init");
}

/** Process 1 of a machine has nothing mounted. */
static void begin_as_init(void) {
    is_init = true;
    syscall3(__NR_mkdirat, -100, (long)"/proc", 0755);
    syscall6(__NR_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
}

/** Whether a word is like console=tty0: User Mode Linux appends such words to what is after --. */
static bool is_parameter(const char *word) {
    while (*word != 0 && *word != '=')
        word++;
    return *word == '=';
}

/** The exit status of two commands: what was skipped neither hides a failure nor what holds. */
static int worse_of(int one, int other) {
    if (one == CANNOT || other == CANNOT)
        return one == CANNOT ? other : one;
    return one > other ? one : other;
}

static int run(char **argument) {
    static char bootstrap_word[] = "bootstrap", conformance_word[] = "conformance";
    static char *usual[] = {bootstrap_word, conformance_word, 0};
    if (*argument == 0)
        argument = usual;
    static const char *const of_setups[] = {"fuzz", "replay", "rounds", "serve", 0};
    static const char *const trying[] = {"doctor", "conformance", "fuzz", "replay", "rounds", 0};
    // Every path, where there are several.
    const int32_t both = index_of("both", path_names);
    int worst = CANNOT;
    bool started = false;
    while (*argument != 0 && !is_interrupted()) {
        const char *command = *argument++;
        if (is_init && is_parameter(command)) {
            say("# ignored: %s, a parameter of the kernel\n", command);
            continue;
        }
        if (same(command, "explain")) {
            const int status = explain(argument);
            return status < 0 ? misused("words after", command) : status;
        }
        struct options options = {
            .processor = (uint64_t)stublab_getcpu(),
            .run = {1, ~0ULL, FOREVER, both < 0 ? 0 : (uint32_t)both, 0, {0}, 0, 0}};
        for (int words = 0; (words = take_option(argument, &options)) > 0;)
            argument += words;
        // An option that is not one, or has a wrong value.
        if (*argument != 0 && after(*argument, "--") != 0)
            return misused("option or value", *argument);
        if (!HAS_MODEL && index_of(command, of_setups) >= 0) {
            say("probe: %s needs a model of the machine, which this probe does not have\n",
                command);
            return 2;
        }
        if (options.log || is_init)
            watch_log();
        if (same(command, "serve"))
            return serve();
        if (bench != 0 && same(command, "bench"))
            return bench(*argument);
        if (is_misfit(&options, command))
            return misused("option for", command);
        const bool tries = index_of(command, trying) >= 0 && !options.lists && !options.walks;
        if (same(command, "rounds"))
            stublab_bind(stublab_gettid(), (uint32_t)options.processor);
        if (tries && !started) {
            start_trying();
            if (say_complaints(", features") > 0)
                worst = 1;
            if (!same(command, "rounds"))
                say_machine();
        }
        started = started || tries;
        if (HAS_MODEL && tries)
            select_rules(options.run.known);
        int status = 2;
        if (same(command, "bootstrap"))
            status = bootstrap();
        else if (same(command, "doctor"))
            status = doctor();
        else if (same(command, "conformance"))
            status = options.lists ? list_facts() : conformance(&options.facts);
        else if (same(command, "replay") && *argument != 0)
            status = options.lists
                         ? list_cases(*argument++)
                         : replay(&(struct replay){*argument++, false, false, options.task_rule});
        else if (HAS_MODEL && same(command, "walk") && *argument != 0)
            status = replay(&(struct replay){*argument++, true, options.steps, options.task_rule});
        else if (same(command, "rounds"))
            return rounds(&options.run);
        else if (options.walks)
            status = walk_tasks(&options.run, options.task_rule);
        else if (same(command, "fuzz"))
            status = options.disturbs ? disturb(&options.run)
                                      : start_run(&options.run, options.outcomes);
        else {
            if (!same(command, "--help"))
                return misused(same(command, "replay") ? "command without a file" : "command",
                               command);
            say_usage();
            return 0;
        }
        if (say_complaints("") > 0)
            status = worse_of(status, 1);
        worst = worse_of(worst, status);
    }
    return worst;
}

static volatile bool interrupted;

bool is_interrupted(void) {
    return interrupted;
}

static void interrupt(int signal) {
    (void)signal;
    interrupted = true;
}

/** Lets commands report what they have when a signal asks for the end. */
static void await_interrupts(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    // The kernel's struct sigaction: handler, flags, restorer, mask.
    const uint64_t action[] = {(uint64_t)interrupt, SA_RESTORER | SA_RESTART | SA_RESETHAND,
                               (uint64_t)restore_signal, 0};
    for (uint32_t i = 0; i < sizeof signals / sizeof *signals; i++)
        syscall4(__NR_rt_sigaction, signals[i], (long)action, 0, 8);
}

/** Closes what its parent has left open: a stub has the files of the probe until it leaves them. */
static void close_inherited(void) {
    enum { FIRST = 3, MOST = 1024, ALL = 0x7fffffff };
    if (syscall3(__NR_close_range, FIRST, ALL, 0) == 0)
        return;
    for (long file = FIRST; file < MOST; file++)
        syscall1(__NR_close, file);
}

__attribute__((noreturn, used)) void begin(uint64_t *stack) {
    char **arguments = (char **)&stack[1];
    // A stub executes it: disturb.c.
    if (stack[0] == 0 || *arguments[0] == 0)
        leave(0);
    act_as(arguments[0]);
    if (HAS_MODEL)
        live_as(arguments[0]);
    if (syscall0(__NR_getpid) == 1 && stack[0] > 0 && is_named_init(arguments[0]))
        begin_as_init();
    if (HAS_MODEL)
        unpack_data();
    // Stubs inherit it: a stub and its tracer on one processor are fastest.
    stublab_bind(stublab_gettid(), (uint32_t)stublab_getcpu());
    close_inherited();
    start_tracer();
    await_interrupts();
    leave(run(&arguments[stack[0] > 0]));
}
