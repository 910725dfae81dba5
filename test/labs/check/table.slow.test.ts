/*
 * docs/check.md has the table of choices, and real processes perform each schedule of it.
 */

import { checkBirth } from "../../../src/labs/check/check.ts";
import { checkTable, tableOptions } from "../../../src/labs/check/table.ts";
import { trySchedule } from "../../../src/labs/check/try.ts";

const DOCUMENT = "docs/check.md";
const PROBE = `dist/probe-${HOST_ARCH}`;

const table = suite("the table of choices");
const withProbe = needs(table, { "the probe, which wasm2c builds": existsSync(PROBE) });

const { constants } = openEncoder("assembly");

table(`${DOCUMENT} has it`, () => {
  const text = readFileSync(DOCUMENT, "utf8");
  const expected = text.replace(
    /(<!-- table -->\n)[\s\S]*(\n<!-- \/table -->)/,
    (_, begin: string, end: string) => `${begin}\n${checkTable(constants).join("\n")}\n${end}`,
  );
  if (process.env.WRITE_DOCUMENTS) writeFileSync(DOCUMENT, expected);
  else assert.is(text, expected);
});

withProbe("this kernel performs each of its schedules", () => {
  const tried = new Map<string, boolean>();
  for (const options of tableOptions(constants)) {
    const { verdicts } = checkBirth({ ...options, calm: true });
    for (const [i, { property, schedule }] of checkBirth(options).verdicts.entries()) {
      if (schedule === undefined) continue;
      const told = `${JSON.stringify(options)}: ${property}`;
      const calm = verdicts[i]?.schedule;
      assert.ok(calm, told);
      const calls = JSON.stringify(calm.map(({ call }) => call));
      if (!tried.has(calls)) tried.set(calls, trySchedule(calm));
      assert.ok(tried.get(calls), told);
    }
  }
  assert.ok(tried.size > 40);
});
