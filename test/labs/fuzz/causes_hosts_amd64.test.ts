// The cause of a finding is computed once: the probe and Node.js say the same of it.

import { parsePlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { runProbe } from "../../../src/labs/fuzz/probe/run.ts";
import { explanations } from "../../../src/labs/fuzz/tell/attribution.ts";

const hosts = suite("fuzz: causes in both hosts");
const withProbe = needs(hosts, {
  "the probe, which wasm2c builds": existsSync("dist/probe-amd64"),
});

/** A rule that is missing, and numbers of others; of each phase one. */
const PLANTS = ["W3", "R63", "R10.size=0x3", "R47.code=0x3", "W7.FLAG_MASK=0x54dd4"];

/** The cases of findings, and what the probe says of their causes. */
async function findingsOf(plant: string): Promise<[document: string, told: string[]][]> {
  const findings: [string, string[]][] = [];
  let told: string[] = [];
  await runProbe(HOST_ARCH, ["fuzz", "--cases", "1500", "--plant", plant], (line) => {
    const [, text = ""] = /^# (The .*\.|No single rule .*\.)$/.exec(line) ?? [];
    const [, document] = /^# case (\{.*)$/.exec(line) ?? [];
    if (text !== "") told.push(text);
    if (document === undefined) return;
    findings.push([document, told]);
    told = [];
  });
  return findings;
}

for (const plant of PLANTS) {
  withProbe(`a planted ${plant} is the cause of what contradicts it`, async () => {
    const findings = await findingsOf(plant);
    using examiner = new Examiner({ change: parsePlant(plant) });
    const { machine } = examiner;
    const alteration = `The difference vanishes without the alteration ${plant}.`;
    assert.ok(findings.some(([, told]) => told.includes(alteration)));
    for (const [document, told] of findings.slice(0, 5)) {
      const { causes } = examiner.examine(parseCase(JSON.parse(document)));
      // The next sentences are about processors.
      assert.equal(explanations(causes, machine).slice(0, told.length), told, document);
    }
  });
}
