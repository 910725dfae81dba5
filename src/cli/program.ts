import {
  type Command,
  CommanderError,
  type CommandUnknownOpts,
  type OptionValues,
} from "@commander-js/extra-typings";
import { command } from "./table/command.ts";
import { compare } from "./table/compare.ts";
import { diff, exporting, fuzz, judge, merge, minimize, replay } from "./table/fuzz.ts";
import { conformance, predict, probe } from "./table/kernel.ts";
import { check, lesson, task } from "./table/lesson.ts";
import {
  bench,
  bootstrap,
  checkBirth,
  completion,
  doctor,
  explain,
  guest,
  inject,
  seccomp,
} from "./table/stubs.ts";

/** Does what a command line asks for, and returns the exit status. */
type Act = () => number | Promise<number>;

/** The command that was selected, with its arguments and options. */
let selected: Act;

/** A command of the table, with what runs it; its module is loaded only then. */
function runs<A extends unknown[], O extends OptionValues>(
  command: Command<A, O>,
  load: () => Promise<NoInfer<(...given: [...A, O, Command<A, O>]) => number | Promise<number>>>,
): Command<A, O> {
  return command.action((...given) => {
    selected = async () => (await load())(...given);
  });
}

/** The commands, in the order of the help. */
const COMMANDS: readonly CommandUnknownOpts[] = [
  runs(bootstrap, async () => (await import("./bootstrap.ts")).runBootstrap),
  runs(inject, async () => (await import("./inject.ts")).runInject),
  runs(compare, async () => (await import("./compare.ts")).runCompare),
  runs(lesson, async () => (await import("./lesson.ts")).runLesson).addCommand(
    runs(task, async () => (await import("./lesson_task.ts")).runTask).addCommand(
      runs(check, async () => (await import("./lesson_task_check.ts")).runCheck),
    ),
  ),
  runs(fuzz, async () => (await import("./fuzz_run.ts")).runFuzz)
    .addCommand(runs(replay, async () => (await import("./fuzz_replay.ts")).runReplay))
    .addCommand(runs(minimize, async () => (await import("./fuzz_replay.ts")).runMinimize))
    .addCommand(runs(exporting, async () => (await import("./fuzz_export.ts")).runExport))
    .addCommand(runs(diff, async () => (await import("./fuzz_outcomes.ts")).runDiff))
    .addCommand(runs(judge, async () => (await import("./fuzz_judge.ts")).runJudge))
    .addCommand(runs(merge, async () => (await import("./fuzz_merge.ts")).runMerge)),
  runs(predict, async () => (await import("./predict.ts")).runPredict),
  runs(conformance, async () => (await import("./conformance.ts")).runConformance),
  runs(probe, async () => (await import("./probe.ts")).runProbe),
  runs(seccomp, async () => (await import("./seccomp.ts")).runSeccomp),
  runs(guest, async () => (await import("./guest.ts")).runGuestProgram),
  runs(bench, async () => (await import("./bench.ts")).runBench),
  runs(checkBirth, async () => (await import("./check.ts")).runCheckBirth),
  runs(explain, async () => (await import("./explain.ts")).runExplain),
  runs(doctor, async () => (await import("./doctor.ts")).runDoctor),
  runs(completion, async () => {
    const { runCompletion } = await import("./completion.ts");
    return (shell, before) => runCompletion(shell, before, program);
  }),
];

declare const STUBLAB_VERSION: string;

export const program = command("stublab", {
  summary: "",
  description: `stublab ${STUBLAB_VERSION}: a laboratory for ptrace stub processes`,
  status:
    "0 success, 1 something was found or failed, 2 wrong usage, 3 not possible on this machine",
});
program.version(STUBLAB_VERSION, "-V, --version", "print the version").usage("COMMAND [options]");
for (const each of COMMANDS) program.addCommand(each);

/**
 * What a command line asks for.
 *
 * @throws InputError
 */
export function select([name = "", ...rest]: readonly string[]): Act {
  if (name === "") return async () => (await import("./doctor.ts")).greet(program.description());
  try {
    program.parse(name === "help" ? [...rest, "--help"] : [name, ...rest], { from: "user" });
    return selected;
  } catch (error) {
    // Help or the version is printed.
    if (!(error instanceof CommanderError)) throw error;
    return () => error.exitCode;
  }
}
