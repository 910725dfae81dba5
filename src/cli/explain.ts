import { explain } from "../labs/explain/explain.ts";
import { paint, print, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { explain as table } from "./table/stubs.ts";

export async function runExplain(word: string, values: Values<typeof table>): Promise<number> {
  const { json = false, status = false } = values;
  const { text, isSubstitute } = await explain({ word, isDocument: json, isStatus: status });
  if (isSubstitute) talk(`stublab: no process has the pid ${word}: explained as a status word\n`);
  if (json) print(text);
  else tell(text.replace(/(?<=^\S+ +)\S.*/, (name) => paint("bold", name)));
  return 0;
}
