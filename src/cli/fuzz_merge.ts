import { mergeFolders } from "../labs/fuzz/run/merge.ts";
import { InputError } from "../lib/errors.ts";
import { visible } from "../lib/visible.ts";
import { finishing } from "./interruption.ts";
import { printJson, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { merge } from "./table/fuzz.ts";

export async function runMerge(
  folders: readonly string[],
  { output = "", json }: Values<typeof merge>,
) {
  if (output === "")
    throw new InputError("fuzz merge needs an output folder", { remedy: "name it with -o DIR" });
  const merged = await finishing(async () => mergeFolders(folders, output));
  if (json) printJson("stublab.fuzz-merge/1", merged);
  else {
    const { cases, signatures, findings, complete } = merged;
    const goesOn = `continue the run with --corpus ${visible(output)}`;
    const what = complete ? goesOn : `some cases are missing: ${goesOn}`;
    tell(`${signatures} signatures, ${findings} findings of ${cases} cases: ${what}\n`);
  }
  return 0;
}
