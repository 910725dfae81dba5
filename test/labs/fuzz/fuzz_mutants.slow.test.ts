import { changedWords } from "../../../src/labs/fuzz/predict/minimize.ts";
import { RecordingFile } from "../../../src/labs/fuzz/recordings/recording.ts";
import { HERMETIC, HermeticTrier } from "../../support/hermetic.ts";
import { mutants } from "../../support/model_mutants.ts";

/** One in so many mutants is minimized; in a soak each. */
const EVERY = process.env.SOAK ? 1 : 10;
const BATCH = 512;
/** The most cases that are tried, and the longest time that they may take until a mutant is found, in milliseconds. */
const [MOST_CASES, MOST_TIME] = [2_000_000, 60_000];
const MOST_WORDS = 3;
const MORE_WORDS: ReadonlyMap<string, number> = new Map([
  // 32-bit code, the segment, an address where it has nothing, and an instruction that reads there.
  ["U8 removed", 4],
  // 32-bit code, a segment, the last address of 4 GB, and an instruction that writes there.
  ["R113 removed", 4],
  ["R116 removed", 4],
  ["R116.cpunode = 124", 4],
  // 32-bit code, an odd stack, alignment checks, and POP ES.
  ["R117.size = 1", 4],
  // MOV SS with a selector, and two debug registers for a breakpoint after it.
  ["R115 removed", 4],
]);
/** What must show the mutants that drawn cases do not. */
const GIVEN: ReadonlyMap<string, Case> = new Map(
  jsonLines<{ mutant: string; case: object }>("support/shown_mutants").map(
    ({ mutant, case: it }) => [mutant, parseCase({ schema: "stublab.case/1", ...it })],
  ),
);

const planted = suite("fuzz: bugs planted in the model");

/** One that has what AMD has, and one with AMX and gaps in its XSAVE area: no machine has all that rules are about. */
const MACHINES: readonly Machine[] = [HERMETIC, recordedMachine("intel-6-207.jsonl.gz")];

function recordedMachine(name: string): Machine {
  const { machine } = new RecordingFile(readFileSync(`test/recordings/${name}`)).header;
  return { ...machine, release: `${machine.release}-model` };
}

/** A case that shows a mutant, on a machine, and how long it took to find it. */
interface Show {
  readonly it: Case;
  readonly machine: Machine;
  readonly time: number;
}

const all = new Map(MACHINES.flatMap(mutants).map((mutant) => [mutant.name, mutant]));
const found = new Map<string, Show>();
for (const machine of MACHINES) findOn(machine);

/** Finds for each mutant that no machine has shown yet the first case that differs from what it predicts. */
function findOn(machine: Machine): void {
  using experiment = new Experiment({ capacity: BATCH }, new HermeticTrier(machine));
  // With a survey, by this model, there are cases of several steps, too.
  experiment.model.select();
  const generator = new Generator(1n, { ...machine, path: "both", near: "rare" });
  const left = new Map(
    mutants(machine)
      .filter(({ name }) => !found.has(name))
      .map(({ name, change }) => [name, new Model(machine, change)]),
  );
  let time = 0;
  for (let index = 0; index < MOST_CASES && left.size > 0; index += BATCH) {
    const start = performance.now();
    experiment.draw(generator, index);
    time += performance.now() - start;
    if (index === 0) assert.equal([...experiment.differing()], []);
    for (const [name, model] of left) {
      for (const i of experiment.differing(model)) {
        found.set(name, { it: experiment.batch.at(i), machine, time });
        left.delete(name);
        break;
      }
    }
  }
  for (const [name, model] of left) {
    const it = GIVEN.get(name);
    if (it === undefined) continue;
    experiment.try([it]);
    if (stepsOf(it).some((_, i) => model.differs(experiment.batch, i)))
      found.set(name, { it, machine, time: 0 });
  }
}

planted("each rule that holds on one of them has mutants, and each mutant is found in time", () => {
  assert.ok(all.size >= 300, `${all.size} mutants`);
  const isLate = (name: string) => !((found.get(name)?.time ?? MOST_TIME) < MOST_TIME);
  assert.equal([...all.keys()].filter(isLate), []);
});

for (const [k, { name, change }] of [...all.values()].entries()) {
  if (k % EVERY !== 0) continue;
  const most = MORE_WORDS.get(name) ?? MOST_WORDS;
  planted(`${name}: at most ${most} words in each step show it`, () => {
    const show = found.get(name);
    if (show === undefined) throw new Error("it is not found");
    using examiner = new Examiner({ change }, new HermeticTrier(show.machine));
    const it = examiner.minimize(show.it);
    assert.ok(changedWords(it) <= most * stepsOf(it).length, JSON.stringify(formatCase(it)));
    assert.ok(examiner.examine(it).differences.length > 0);
  });
}
