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

Puts register setups into real stubs, sees what the kernel and the processor make of them, and compares that with
what the model says. Setups whose outcomes are of a new kind go into the corpus, from which others are made.

  --seed N      another seed makes other cases (default: that of the corpus folder, or 1)
  --path P      how cases come to their registers: ptrace, sigreturn, or both (default: that of the corpus
                folder, or both)
  --cases N     how many cases the run has in all (default 1000000)
  --seconds N   or how long it goes on, to the end of a round
  --corpus DIR  a folder that keeps the run: its corpus, its journal and its findings. The same command goes on
                where it was ended or killed; cases of your own that you put there are tried first
  --workers N   threads that try cases, each on a processor of its own (default 1); what is found stays the same
  --shard I/N   only this part of the run; \`stublab fuzz merge\` puts the parts together
  --plant RULE  leave a rule of the model out, or give it another number (W7.mask=0x54dd4): a bug, to see it found
  --json        one document, "stublab.fuzz/1"

Ctrl-C ends the run after the round under way, a second one at once. Exit status: 0 where nothing came otherwise than
predicted, 1 where something did, 2 for wrong usage and for a folder that does not fit, 3 where this machine cannot do
it. docs/fuzzing.md has more, docs/fuzzing-tutorial.md a walk through it.

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
