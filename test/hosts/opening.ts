// A host that opens an encoder from a file: `opening FILE`. It prints its constants, or how it failed, as JSON.

import { ForeignSubject } from "../../src/labs/compare/foreign.ts";
import { BrokenEncoder } from "../../src/labs/compare/record.ts";

const [file = ""] = process.argv.slice(2);
try {
  const subject = await ForeignSubject.open(file);
  const constants = [...subject.constants].map(([name, word]) => [name, Number(word)]);
  console.log(JSON.stringify(Object.fromEntries(constants)));
  subject.close();
} catch (error) {
  if (!(error instanceof BrokenEncoder)) throw error;
  console.log(JSON.stringify({ kind: error.kind, message: error.message }));
}
