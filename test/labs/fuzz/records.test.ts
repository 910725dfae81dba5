import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadWasm } from "../../../src/core/encoder/assembly.ts";
import { KNOWS } from "../../../src/labs/fuzz/case/fields.ts";
import { numbersOf } from "../../../src/labs/fuzz/case/layout.ts";
import { CONSTANTS, ENUMERATIONS, MODULE_RECORDS } from "../../../src/labs/fuzz/case/records.ts";
import { SETUP } from "../../../src/labs/fuzz/case/setups.ts";
import { PATHS } from "../../../src/labs/fuzz/draw/arch.ts";
import { AGREES, UNPREDICTED } from "../../../src/labs/fuzz/predict/signature.ts";
import { needs } from "../../support/needs.ts";

const CC = process.env.CC || "cc";
/** What stands in neither text. */
const PLACE = "\0";
const FOLDER = "build/test/records";

const records = suite("records");

records("the module has the numbers and places of the table", () => {
  const expected: Readonly<Record<string, number>> = {
    ...CONSTANTS,
    ...Object.fromEntries(ENUMERATIONS.flatMap((it) => prefixed(it.prefix, numbersOf(it)))),
    ...Object.fromEntries(
      MODULE_RECORDS.flatMap(({ name, offsets, size }) => {
        const named = Object.entries(offsets).filter(([member]) => member !== "padding");
        return prefixed(name.toUpperCase(), { ...Object.fromEntries(named), SIZE: size });
      }),
    ),
    SETUP_kinds: 4 * SETUP.kinds,
    ...Object.fromEntries(PATHS.map((name, i) => [`PATH_${name}`, i])),
    ...Object.fromEntries(prefixed("KNOWS", KNOWS)),
    ...{ AGREES, UNPREDICTED },
  };
  const found = Object.entries(loadWasm("fuzz.wasm")).flatMap(([name, it]) =>
    it instanceof WebAssembly.Global ? [[name, it.value] as const] : [],
  );
  const numbers: Readonly<Record<string, unknown>> = Object.fromEntries(found);
  for (const [name, number] of Object.entries(expected)) assert.is(numbers[name], number, name);
});

/** FROM_signal, in the upper case of FROM_SIGNAL if the prefix is that of an enumeration. */
function prefixed(prefix: string, numbers: Readonly<Record<string, number>>): [string, number][] {
  const isEnumeration = ENUMERATIONS.some((it) => it.prefix === prefix);
  return Object.entries(numbers).map(([name, number]) => [
    `${prefix}_${isEnumeration ? name.toUpperCase() : name}`,
    number,
  ]);
}

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

records.run();
