import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
import { type Command, UsageError } from "./command.ts";
import { runFuzz } from "./fuzz_run.ts";

/** The subcommands of `stublab fuzz`. */
export const FUZZ_WORDS: Readonly<Record<string, () => Promise<Command>>> = {
  replay: async () => (await import("./fuzz_replay.ts")).fuzzReplayCommand,
  minimize: async () => (await import("./fuzz_minimize.ts")).fuzzMinimizeCommand,
  export: async () => (await import("./fuzz_export.ts")).fuzzExportCommand,
  diff: async () => (await import("./fuzz_diff.ts")).fuzzDiffCommand,
  judge: async () => (await import("./fuzz_judge.ts")).fuzzJudgeCommand,
  merge: async () => (await import("./fuzz_merge.ts")).fuzzMergeCommand,
};

const help = `usage: stublab fuzz [options]
       stublab fuzz replay|minimize|export CASE [options]
       stublab fuzz merge DIRS -o DIR
       stublab fuzz diff A B
       stublab fuzz judge RECORDING

Writes register setups into real stubs, and compares what the kernel and the processor do with the predictions of a
model. Each setup depends on the seed and its number.

  --seed N      seed of the random cases (default: the seed of the folder, or 1)
  --path P      how registers are written: ptrace, sigreturn, or both (default: the path of the folder, or both)
  --focus RULE  draw most cases near those that use a rule of the model, such as R12 (default: the focus of the
                folder, or no rule)
  --cases N     number of cases of the whole run (default 1000000)
  --seconds N   stop this command after N seconds instead, at the end of the rounds under way
  --corpus DIR  keep the run in this folder: its log and findings. The same command continues a run that was interrupted
                or killed. A folder with other files is refused
  --workers N   number of processes that try cases, each on its own processor (default 1). The findings do not depend
                on it
  --shard I/N   try only this part of the run; \`stublab fuzz merge\` combines the parts
  --plant RULE  plant a bug in the model: remove a rule, change one of its numbers (W7.FLAG_MASK=0x54dd4), or
                let a rule about what is not predicted apply everywhere (U3+)
  --known LIST  a list of known deviations, which are no findings: ${KNOWN_NAMES}
  --record FILE try one case for each kind of outcome once more, and write the cases with their outcomes: a recording
                of this machine, which \`stublab fuzz judge\` compares with the model on any machine. With gzip if the
                name ends in .gz
  --outcomes FILE
                make a run whose cases are the same on other machines, and write which outcomes contradict their
                predictions, so that other machines can be compared with this one
  --against RUN make the run of such a file, or of a console of \`probe fuzz --outcomes\`, and report what differs here,
                reduced to causes. What both machines do alike is no difference. \`stublab fuzz diff\` compares two files
  --json        print one document, "stublab.fuzz/1"; with --against, "stublab.against/1"

Ctrl-C ends the run after the rounds under way; a second Ctrl-C ends it at once. docs/fuzzing.md is the reference;
docs/fuzzing-tutorial.md is an introduction.

Exit status: 0 if every outcome matched its prediction, 1 if one did not, 2 for wrong usage or a folder of another run,
3 if this machine cannot do it.

examples:
  stublab fuzz --seconds 60
  stublab fuzz --seed 7 --cases 10000000 --corpus run7 --workers 4
  stublab fuzz --against console.log
  stublab fuzz --cases 800000 --record mine.jsonl.gz
  stublab fuzz --shard 2/8 --cases 8000000 --corpus shard2
`;

async function run(args: readonly string[]): Promise<number> {
  const [word = "", ...rest] = args;
  if (word === "" || word.startsWith("-")) return runFuzz(args);
  const load = Object.hasOwn(FUZZ_WORDS, word) ? FUZZ_WORDS[word] : undefined;
  if (load !== undefined) return (await load()).run(rest);
  throw new UsageError(`unknown subcommand "stublab fuzz ${word}"`, {
    remedy: `subcommands: ${Object.keys(FUZZ_WORDS).join(", ")}; --help lists the options`,
  });
}

async function helpOf([word = ""]: readonly string[]): Promise<string> {
  const load = Object.hasOwn(FUZZ_WORDS, word) ? FUZZ_WORDS[word] : undefined;
  return load === undefined ? help : (await load()).help;
}

export const fuzzCommand: Command = { help, run, helpOf };
