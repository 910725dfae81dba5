import { mergeFolders } from "../labs/fuzz/run/folder.ts";
import { InputError } from "../lib/errors.ts";
import { visible } from "../lib/visible.ts";
import { finishing } from "./interruption.ts";
import { publish } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { merge } from "./table/fuzz.ts";

export async function runMerge(folders: readonly string[], values: Values<typeof merge>) {
  const { output = "", json } = values;
  if (output === "")
    throw new InputError("fuzz merge needs an output folder", { remedy: "name it with -o DIR" });
  const merged = await finishing(async () => mergeFolders(folders, output));
  const { cases, signatures, findings, complete } = merged;
  const what = `${complete ? "" : "some cases are missing: "}continue the run with --corpus`;
  const text = `${signatures} signatures, ${findings} findings of ${cases} cases: ${what}`;
  publish(json, "stublab.fuzz-merge/1", merged, `${text} ${visible(output)}\n`);
  return 0;
}
