import { type Command, UsageError } from "./command.ts";

/** What `stublab fuzz` does with a case, by the word behind it. */
export const FUZZ_WORDS: Readonly<Record<string, () => Promise<Command>>> = {
  replay: async () => (await import("./fuzz_replay.ts")).fuzzReplayCommand,
  minimize: async () => (await import("./fuzz_minimize.ts")).fuzzMinimizeCommand,
  export: async () => (await import("./fuzz_export.ts")).fuzzExportCommand,
};

const help = "usage: stublab fuzz replay|minimize|export CASE [options]\n";

async function run([word = "", ...rest]: readonly string[]): Promise<number> {
  const load = Object.hasOwn(FUZZ_WORDS, word) ? FUZZ_WORDS[word] : undefined;
  if (load === undefined) throw new UsageError(`there is no "stublab fuzz ${word}"`);
  return (await load()).run(rest);
}

export const fuzzCommand: Command = { help, run };
