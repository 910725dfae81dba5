import { mergeFolders } from "../labs/fuzz/run/merge.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { finishing } from "./interruption.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz merge DIRS -o DIR [options]

Merges folders with parts of one run into a new folder. The result is the same as that of one machine, and the run can
be continued from it.

  -o, --output DIR   write to this folder, which must not exist
  --json             print one document, "stublab.fuzz-merge/1"

examples:
  stublab fuzz merge shard1 shard2 shard3 shard4 -o merged
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  if (positionals.length === 0) {
    throw new UsageError("fuzz merge needs the folders to merge", {
      remedy: "for example: stublab fuzz merge part1 part2 -o merged",
    });
  }
  if (values.output === undefined || values.output === "") {
    throw new UsageError("fuzz merge needs an output folder", { remedy: "name it with -o DIR" });
  }
  const { output } = values;
  const merged = await finishing(async () => mergeFolders(positionals, output));
  if (values.json) printJson("stublab.fuzz-merge/1", merged);
  else {
    const { cases, signatures, findings, complete } = merged;
    const goesOn = `continue the run with --corpus ${visible(output)}`;
    const what = complete ? goesOn : `some cases are missing: ${goesOn}`;
    tell(`${signatures} signatures, ${findings} findings of ${cases} cases: ${what}\n`);
  }
  return 0;
}

export const fuzzMergeCommand: Command = { help, run };
