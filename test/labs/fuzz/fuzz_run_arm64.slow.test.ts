import { SIMPLE } from "../../../src/labs/fuzz/draw/seeds.ts";
import { readThisMachine } from "../../../src/labs/fuzz/predict/predict.ts";

const CASES = 4096;
/** Under an emulator a stop may take its time, in milliseconds. */
const DEADLINE = 10_000;
/** The implementer that QEMU's processor "max" has. */
const known = readThisMachine().vendor === "0x00" ? ("qemu-tcg" as const) : undefined;

const arm64 = suite("fuzz: runs on arm64");

arm64("generated cases have the outcomes that the model predicts", () => {
  using experiment = new Experiment({ capacity: CASES, deadline: DEADLINE, known });
  experiment.draw(new Generator(1n), 0);
  const differing = [...experiment.differing()].map((i) => [i, experiment.differences(i)]);
  assert.equal(differing, []);
});

arm64("a planted bug is found, and its case minimized", () => {
  const change = { id: "R203", remove: true } as const;
  using examiner = new Examiner({ change, deadline: DEADLINE, known });
  const it = parseCase({
    ...{ schema: "stublab.case/1", arch: "arm64", from: "exit", signal: "SIGUSR1" },
    registers: { x0: "0xfffffffffffffe00", x5: "0x5", syscallno: "0xac" },
  });
  const [first] = examiner.examine(it).differences;
  assert.is(first?.field, "stopped.x0");
  const { block } = examiner.minimize(it);
  const changed = block.filter((word, i) => word !== SIMPLE.block[i]);
  assert.is(changed.length, 2);
});
