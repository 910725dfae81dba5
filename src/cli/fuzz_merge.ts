import { mergeFolders } from "../labs/fuzz/run/merge.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { finishing } from "./interruption.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz merge DIRS -o DIR [options]

Merges the folders of several runs into a new folder. If they are all shards of one run, each ended at the same case,
the result is the same as that of one machine, and the run can be continued from it. Otherwise only the cases are
merged; a new run tries them first.

  -o, --output DIR   write to this folder, which must be empty or not exist
  --json             print one document, "stublab.fuzz-merge/1"

examples:
  stublab fuzz merge shard1 shard2 shard3 shard4 -o merged
  stublab fuzz merge monday tuesday -o both && stublab fuzz --corpus both
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
    const { cases, signatures, findings, complete, why } = merged;
    const goesOn = `continue the run with --corpus ${visible(values.output)}`;
    tell(
      complete
        ? `${signatures} signatures, ${findings} findings of ${cases} cases: ${goesOn}\n`
        : `${signatures} signatures, ${findings} findings\n` +
            `these are not the shards of one run (${visible(why ?? "")}): a new run tries the cases first\n`,
    );
  }
  return 0;
}

export const fuzzMergeCommand: Command = { help, run };
