import { loadWasm } from "../../../src/core/encoder/assembly.ts";
import { KNOWS } from "../../../src/labs/fuzz/case/fields.ts";
import { PATHS } from "../../../src/labs/fuzz/draw/arch.ts";

const CC = process.env.CC || "cc";
/** What stands in neither text. */
const PLACE = "\0";
const FOLDER = "build/test/records";

const records = suite("records");

records("the module has the numbers of TypeScript", () => {
  const expected = {
    ...Object.fromEntries(PATHS.map((name, i) => [`PATH_${name}`, i])),
    ...Object.fromEntries(Object.entries(KNOWS).map(([name, bit]) => [`KNOWS_${name}`, bit])),
  };
  const numbers = new Map(Object.entries(loadWasm("fuzz.wasm")));
  for (const [name, number] of Object.entries(expected)) {
    const global = numbers.get(name);
    assert.ok(global instanceof WebAssembly.Global && global.value === number, name);
  }
});

const compiled = needs(records, CC);

compiled("the C compiler accepts the header alone, and refuses members in another order", () => {
  const check = (text: string) => {
    const options = ["-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"];
    return spawnSync(CC, [...options, "-x", "c", "-"], { input: text, encoding: "utf8" });
  };
  const header = readFileSync("build/amd64/records.h", "utf8");
  assert.equal([check(header).status, check(header).stderr], [0, ""]);
  const other = exchange(header, " length;", " count;");
  assert.match(check(other).stderr, /static assertion failed: "stublab_setup.length"/);
});

records("the AssemblyScript compiler refuses members in another order", () => {
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}/exchanged.ts`;
  const text = readFileSync("build/amd64/records.ts", "utf8");
  writeFileSync(path, exchange(text, "  length: ", "  count: "));
  const asc = ["node_modules/assemblyscript/bin/asc.js", path, "--noEmit"];
  const { status, stderr } = spawnSync(process.execPath, asc, { encoding: "utf8" });
  assert.is(status, 1);
  assert.match(stderr, /AS102: User-defined: "Setup.length"/);
});

/** A text with the first occurrences of two parts in each other's place. */
function exchange(text: string, one: string, other: string): string {
  assert.ok(text.includes(one) && text.includes(other));
  return text.replace(one, PLACE).replace(other, one).replace(PLACE, other);
}
