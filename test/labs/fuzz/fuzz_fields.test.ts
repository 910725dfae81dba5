import { HERMETIC, HermeticTrier } from "../../support/hermetic.ts";

const fields = suite("fuzz: fields");

const CASES = 3000;
const CAPACITY = 100;

for (const [what, change, least, most] of [
  ["no planted bug", undefined, 0, 0],
  // CF is said to be none of the bits that are written.
  ["a planted bug", { id: "W7", value: "FLAG_MASK", to: 0x54dd4n }, 10, CASES],
] as const) {
  fields(`with ${what} the fields differ if the module's comparison says so, and only then`, () => {
    using experiment = new Experiment({ capacity: CAPACITY, change }, new HermeticTrier(HERMETIC));
    const { batch, machine } = experiment;
    const generator = new Generator(5n, { ...machine, path: "both" });
    const all = Array.from({ length: CAPACITY }, (_, i) => i);
    let differing = 0;
    for (let index = 0; index < CASES; index += CAPACITY) {
      experiment.draw(generator, index);
      for (const i of all) experiment.differences(i);
      // All that a case can show is read.
      experiment.try(all.map((i) => batch.at(i)));
      differing += all.filter((i) => experiment.differences(i).length > 0).length;
    }
    assert.ok(differing >= least && differing <= most, `${differing}`);
  });
}

fields("a siginfo where none is predicted is a difference", () => {
  using experiment = new Experiment();
  const [seen] = experiment.try([{ ...SIMPLE, signal: 19 }]);
  assert.is(seen?.get("signal"), 0n);
  experiment.batch.outcomes.set([5], experiment.batch.outcomes.indexOf((19 << 8) | 0x7f) + 1);
  assert.equal(experiment.differences(0), [{ field: "signal", predicted: 0n, seen: 5n }]);
});
