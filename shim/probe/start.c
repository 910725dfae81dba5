// The beginning of the probe: its arguments, and its end as process 1.
#include "probe.h"
#include <asm/ioctls.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/utsname.h>

extern const uint8_t compressed_data[], compressed_data_end[];
const uint8_t *data;
static bool is_init;

/** Ends the probe. As process 1 of a machine it powers the machine off. */
__attribute__((noreturn)) static void leave(int status) {
    if (is_init) {
        say("# exit status ");
        say_number((uint64_t)status);
        say("\n");
        flush();
        // A slow console still has some of the output.
        syscall3(__NR_ioctl, 1, TCSBRK, 1);
        syscall0(__NR_sync);
        syscall4(__NR_reboot, (long)LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
                 LINUX_REBOOT_CMD_POWER_OFF, 0);
    }
    flush();
    syscall1(__NR_exit_group, is_output_lost() ? 3 : status);
    __builtin_unreachable();
}

void fail(const char *what, int64_t result) {
    say("Bail out! ");
    say(what);
    say(": ");
    say_errno(result);
    say("\n");
    leave(3);
}

static const char usage[] =
    "usage: probe [bootstrap] [conformance [--only GROUP]] [fuzz [--seed N] [--cases N]\n"
    "             [--seconds N] [--path ptrace|sigreturn|both]] [replay FILE|-]\n"
    "\n"
    "Creates stub processes on this kernel, checks facts about what it does with their registers, "
    "and\n"
    "compares random setups of registers with a model. The output is KTAP. Without arguments: "
    "bootstrap\n"
    "and conformance. As process 1 it takes its arguments after -- on the kernel's command line, "
    "and\n"
    "powers the machine off at the end.\n"
    "\n"
    "Exit status: 0 if everything holds, 1 if something does not, 2 for wrong usage, 3 if the "
    "probe\n"
    "fails, 4 if everything was skipped.\n";

static bool is_number(const char *text, uint64_t *number) {
    *number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        *number = *number * 10 + (uint64_t)(*text - '0');
    return *text == 0;
}

/** The options of a run. */
struct options {
    const char *only;
    uint64_t seed, cases, seconds, path;
};

/** Takes an option and its value. Returns whether there was one. */
static bool take_option(char **argument, struct options *options) {
    static const char *const paths[] = {"ptrace", "sigreturn", "both", 0};
    if (argument[0] == 0 || argument[1] == 0)
        return false;
    if (same(argument[0], "--only")) {
        options->only = argument[1];
        return true;
    }
    if (same(argument[0], "--path")) {
        options->path = (uint64_t)index_of(argument[1], paths);
        return options->path < 3;
    }
    uint64_t *number = same(argument[0], "--seed")      ? &options->seed
                       : same(argument[0], "--cases")   ? &options->cases
                       : same(argument[0], "--seconds") ? &options->seconds
                                                        : 0;
    return number != 0 && is_number(argument[1], number);
}

static void say_machine(void) {
    struct new_utsname name = {0};
    syscall1(__NR_uname, (long)&name);
    say("# kernel: Linux ");
    say(name.release);
    say("\n# machine: ");
    for (int i = 0; feature_names[i] != 0; i++)
        if ((machine.features >> i & 1) != 0) {
            say(feature_names[i]);
            say(" ");
        }
    say("XSAVE area of ");
    say_number(machine.xstate_length);
    say(" bytes\n");
}

/** Process 1 of a machine has nothing mounted. */
static void begin_as_init(void) {
    is_init = true;
    syscall3(__NR_mkdirat, -100, (long)"/proc", 0755);
    syscall6(__NR_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
}

static int run(char **argument) {
    static char bootstrap_word[] = "bootstrap", conformance_word[] = "conformance";
    static char *both[] = {bootstrap_word, conformance_word, 0};
    if (*argument == 0)
        argument = both;
    int worst = 0;
    bool started = false;
    while (*argument != 0) {
        const char *command = *argument++;
        struct options options = {0, 1, ~0ULL, ~0ULL / 1000, 2};
        while (take_option(argument, &options))
            argument += 2;
        const bool tries =
            same(command, "conformance") || same(command, "fuzz") || same(command, "replay");
        if (tries && !started) {
            start_trying();
            say_machine();
        }
        started = started || tries;
        if (options.cases == ~0ULL && options.seconds == ~0ULL / 1000)
            options.cases = 1000000;
        int status = 2;
        if (same(command, "bootstrap"))
            status = bootstrap();
        else if (same(command, "conformance"))
            status = conformance(options.only);
        else if (same(command, "replay") && *argument != 0)
            status = replay(*argument++);
        else if (same(command, "fuzz"))
            status = fuzz(options.seed, options.cases, options.seconds, (uint32_t)options.path);
        else {
            const bool help = same(command, "--help");
            say(usage);
            return help ? 0 : 2;
        }
        worst = status > worst ? status : worst;
    }
    return worst;
}

__attribute__((noreturn, used)) void begin(uint64_t *stack) {
    char **arguments = (char **)&stack[1];
    if (syscall0(__NR_getpid) == 1 && stack[0] > 0 && same(arguments[0], "/init"))
        begin_as_init();
    uint8_t *all = zero_memory(data_size);
    unpack(compressed_data, compressed_data_end, all);
    data = all;
    // Stubs inherit it: a stub and its tracer on one processor are fastest.
    stublab_bind(stublab_gettid(), (uint32_t)stublab_getcpu());
    start_tracer();
    leave(run(&arguments[stack[0] > 0]));
}

__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");
