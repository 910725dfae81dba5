import { PROBED } from "../../../src/core/machine/index.ts";
import { requestFacts } from "../../../src/labs/fuzz/facts/requests.ts";

const requests = suite("facts about requests");

const TABLES = ["request", "requests", "stubs"]
  .map((file) => readFileSync(`shim/probe/facts/${file}.c`, "utf8"))
  .join("\n");
const VERBS = new Set(
  Array.from(TABLES.matchAll(/\{"([a-z0-9-]+)", [A-Z]+,/g), ([, verb]) => verb),
);

for (const arch of PROBED) {
  const facts = requestFacts(arch);

  requests(`on ${arch} have scripts of verbs that the probe has`, () => {
    const steps = facts.flatMap(({ rows }) => rows.flatMap((row) => row.do.split("; ")));
    const verbs = new Set(steps.map((step) => step.replace(/^[^:]*: /, "").replace(/ .*/, "")));
    assert.ok(verbs.size > 35);
    assert.equal(
      [...verbs].filter((verb) => !VERBS.has(verb)),
      [],
    );
  });

  requests(`on ${arch} have a check each, and a word for each $0 and $1`, () => {
    for (const { fact, rows } of facts) {
      assert.ok(
        rows.some(({ check }) => check !== undefined),
        fact,
      );
      for (const { check = "", each = [], do: script } of rows) {
        // The probe has room for 2,048 bytes.
        assert.ok(script.length < 1024, script);
        assert.is(`${check}${script}`.includes("$0"), each.length > 0, `${fact}: ${check}`);
        assert.is(`${check}${script}`.includes("$1"), each.length > 1, `${fact}: ${check}`);
        assert.not.match(`${check}${script}`, /[{}]/);
      }
    }
  });
}

requests("expands ranges, and takes lines of one architecture", () => {
  const rowsOf = (arch: (typeof PROBED)[number], name: string) =>
    requestFacts(arch).find(({ fact }) => fact.startsWith(name))?.rows ?? [];
  const [, lengths] = rowsOf("arm64", "GETREGSET(NT_ARM_PAC_MASK) writes");
  assert.is(lengths?.each?.[0], "0|8|16|0x18|0x80000000|0x8000000000000000|0xfffffffffffffff8");
  const listening = (arch: (typeof PROBED)[number]) =>
    rowsOf(arch, "While a task listens").filter(({ check }) => check === "PEEKUSER").length;
  assert.equal(PROBED.map(listening), [1, 0, 0]);
});

requests.run();
