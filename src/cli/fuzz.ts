import { type Command, UsageError } from "./command.ts";
import { runFuzz } from "./fuzz_run.ts";

/** What `stublab fuzz` does with a case or with folders, by the word behind it. */
export const FUZZ_WORDS: Readonly<Record<string, () => Promise<Command>>> = {
  replay: async () => (await import("./fuzz_replay.ts")).fuzzReplayCommand,
  minimize: async () => (await import("./fuzz_minimize.ts")).fuzzMinimizeCommand,
  export: async () => (await import("./fuzz_export.ts")).fuzzExportCommand,
  merge: async () => (await import("./fuzz_merge.ts")).fuzzMergeCommand,
};

const help = `usage: stublab fuzz [options]
       stublab fuzz replay|minimize|export CASE [options]
       stublab fuzz merge DIRS -o DIR

Writes register setups into real stubs, and compares what the kernel and the processor do with the prediction of a
model. Setups with a new kind of outcome go into the corpus, from which others are made.

  --seed N      another seed makes other cases (default: the seed of the corpus folder, or 1)
  --path P      how cases get their registers: ptrace, sigreturn, or both (default: the path of the corpus
                folder, or both)
  --cases N     the cases of the whole run (default 1000000)
  --seconds N   or how long this command lasts, to the end of a round
  --corpus DIR  a folder that keeps the run: its corpus, its journal and its findings. The same command continues
                a run that was ended or killed; cases of your own that you put there are tried first
  --workers N   threads that try cases, each on a processor of its own (default 1); the findings stay the same
  --shard I/N   only this part of the run; \`stublab fuzz merge\` puts the parts together
  --plant RULE  remove a rule of the model, or alter a number of it (W7.mask=0x54dd4): a bug, to see it found
  --json        one document, "stublab.fuzz/1"

Ctrl-C ends the run after the round under way, a second Ctrl-C at once. Exit status: 0 if every outcome matched its
prediction, 1 if one did not, 2 for wrong usage or a folder of another run, 3 if this machine cannot do it.
docs/fuzzing.md is the reference, docs/fuzzing-tutorial.md a walk through it.

examples:
  stublab fuzz --seconds 60
  stublab fuzz --seed 7 --cases 10000000 --corpus run7 --workers 4
  stublab fuzz --shard 2/8 --cases 8000000 --corpus shard2
`;

async function run(args: readonly string[]): Promise<number> {
  const [word = "", ...rest] = args;
  if (word === "" || word.startsWith("-")) return runFuzz(args);
  const load = Object.hasOwn(FUZZ_WORDS, word) ? FUZZ_WORDS[word] : undefined;
  if (load !== undefined) return (await load()).run(rest);
  throw new UsageError(`there is no "stublab fuzz ${word}"`, {
    remedy: `words: ${Object.keys(FUZZ_WORDS).join(", ")}; or options, which --help lists`,
  });
}

async function helpOf([word = ""]: readonly string[]): Promise<string> {
  const load = Object.hasOwn(FUZZ_WORDS, word) ? FUZZ_WORDS[word] : undefined;
  return load === undefined ? help : (await load()).help;
}

export const fuzzCommand: Command = { help, run, helpOf };
