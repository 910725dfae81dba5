import { openEncoder } from "../encoder/open.ts";
import { mergeFolders } from "../fuzz/merge.ts";
import { visible } from "../visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { finishing } from "./interruption.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz merge DIRS -o DIR [options]

Puts the folders of runs together into a new one. The folders of all shards of a run, each ended at the same case,
come to what one machine would have found, and the run goes on from there. Of other folders the cases are united, to
be tried first by a new run.

  -o, --output DIR   the folder to make; it must be empty, or not there
  --json             one document, "stublab.fuzz-merge/1"

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
    throw new UsageError("fuzz merge takes the folders to put together", {
      remedy: "such as `stublab fuzz merge part1 part2 -o merged`",
    });
  }
  if (values.output === undefined || values.output === "") {
    throw new UsageError("fuzz merge needs a folder to make", { remedy: "name it with -o DIR" });
  }
  const { constants } = openEncoder("assembly");
  const { output } = values;
  const merged = await finishing(async () => mergeFolders(positionals, output, constants));
  if (values.json) printJson("stublab.fuzz-merge/1", merged);
  else {
    const { cases, signatures, findings, complete, why } = merged;
    const goesOn = `the run goes on with --corpus ${visible(values.output)}`;
    tell(
      complete
        ? `${signatures} signatures, ${findings} findings of ${cases} cases: ${goesOn}\n`
        : `${signatures} signatures, ${findings} findings\n` +
            `not the parts of one run (${visible(why ?? "")}): a new run tries them first\n`,
    );
  }
  return 0;
}

export const fuzzMergeCommand: Command = { help, run };
