// What the build writes into the module of assembly/explain/: its causes, and the names of calls, signals and errnos.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { CALLS, callsOf } from "./calls.mjs";
import { MACHINES, MODELLESS } from "./compilers.mjs";
import { makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** In the order of assembly/explain/cause.ts. */
const FIELDS = "id text next lesson stops waits events tracers programs".split(" ");
const CAUSES = "assembly/explain/causes.jsonl";

/** Where the constants of signals and errnos are defined. */
const NUMBERS = ["signal", "errno"].map((name) => `assembly/linux/${name}.ts`);

const ALL = [...MACHINES, ...MODELLESS];
export const EXPLAIN_TEXTS = ["build/causes.ts", ...ALL.map((arch) => `build/${arch}/names.ts`)];

export async function writeExplainTexts() {
  await makeFrom("build/causes.ts", [CAUSES], () =>
    writeFileSync("build/causes.ts", constants("CAUSES", causesText())),
  );
  for (const arch of ALL) {
    mkdirSync(`build/${arch}`, { recursive: true });
    const target = `build/${arch}/names.ts`;
    await makeFrom(target, [CALLS, ...NUMBERS], () => writeFileSync(target, namesText(arch)));
  }
}

function causesText() {
  const lines = readFileSync(CAUSES, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const cause = JSON.parse(line);
    const unknown = Object.keys(cause).find((key) => !FIELDS.includes(key));
    // What the module says in a document is not escaped.
    if (unknown !== undefined || /[\t\\]|\\"/.test(line)) throw new Error(`${CAUSES}: ${line}`);
    return FIELDS.map((field) => cause[field] ?? "").join("\t");
  });
}

function namesText(arch) {
  const calls = callsOf(arch).map(({ name, number }) => `${number} ${name}`);
  const sources = NUMBERS.map((path) => readFileSync(path, "utf8"));
  const found = [...sources.join("\n").matchAll(/^export const (\w+): i32 = (\d+);/gm)];
  // Of several names of one number the first is found.
  const named = (name, form) =>
    constants(
      name,
      found.flatMap(([, each, number]) => (form.test(each) ? [`${number} ${each}`] : [])),
    );
  return constants("CALLS", calls) + named("SIGNALS", /^SIG/) + named("ERRNOS", /^E[A-Z0-9]+$/);
}

/** Lines as a text of a module in AssemblyScript; as UTF-8 it has half the size. */
function constants(name, lines) {
  const bytes = Buffer.from(lines.join("\n"));
  const data = `memory.data<u8>([${[...bytes]}])`;
  return `export const ${name}: string = String.UTF8.decodeUnsafe(${data}, ${bytes.length});\n`;
}
