import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_PATH, PATHS } from "../../../src/labs/fuzz/draw/arch.ts";
import { SIMPLE } from "../../../src/labs/fuzz/draw/seeds.ts";
import { Examiner, fuzz } from "../../../src/labs/fuzz/index.ts";
import { parsePlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { readThisMachine } from "../../../src/labs/fuzz/predict/predict.ts";
import { InputError } from "../../../src/lib/errors.ts";
import { HERMETIC } from "../../support/hermetic.ts";
import { run, stublabCommand } from "../../support/processes.ts";
import { thrown } from "../../support/thrown.ts";

const hermetic = suite("fuzz: the hermetic kernel");

for (const path of PATHS) {
  hermetic(`${path}: it does what the model says`, async () => {
    const { findings, cases, unconfirmed, machine } = await fuzz({ path, seed: 3n, cases: 20_000 });
    assert.equal([findings, cases, unconfirmed, machine], [[], 20_000, 0, HERMETIC]);
  });
}

hermetic("a planted bug differs", async () => {
  const change = parsePlant("R47.code=2");
  const { findings } = await fuzz({ path: DEFAULT_PATH, cases: 4000, change });
  assert.is(findings.length, 1);
  assert.match(findings[0]?.subject ?? "", /code/);
  using examiner = new Examiner({ change });
  assert.equal(examiner.examine(findings[0]?.it ?? SIMPLE).differences[0]?.field, "code");
});

hermetic("a bug that all models have does not", async () => {
  process.env.STUBLAB_PLANT = "R47.code=2";
  try {
    assert.equal((await fuzz({ path: DEFAULT_PATH, cases: 4000 })).findings, []);
  } finally {
    delete process.env.STUBLAB_PLANT;
  }
});

hermetic("commands have it, too, and say so", async () => {
  const { stdout, code } = await run(stublabCommand("fuzz", "--cases", "2000", "--json"));
  assert.is(code, 0);
  assert.equal(JSON.parse(stdout).machine.release, HERMETIC.release);
});

hermetic("a machine that could be a real one is refused", () => {
  const { STUBLAB_TEST_MACHINE } = process.env;
  process.env.STUBLAB_TEST_MACHINE = JSON.stringify({ ...HERMETIC, release: "6.12" });
  try {
    assert.match(thrown(InputError, readThisMachine).message, /does not end with -model/);
  } finally {
    process.env.STUBLAB_TEST_MACHINE = STUBLAB_TEST_MACHINE;
  }
});

hermetic.run();
