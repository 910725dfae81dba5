import { indexOf, REGISTERS } from "../../../src/labs/fuzz/case/amd64/kinds.ts";
import { fuzzModule } from "../../../src/labs/fuzz/case/module.ts";
import { OUTCOME, outcomeAt, SETUP, setupAt } from "../../../src/labs/fuzz/case/records.ts";

const rules = suite("fuzz: rules of rt_sigreturn");

const SIZE = 256;
const CASES = process.env.SOAK ? 10_000_000 : 100_000;
const SEED = 6n;

/** Halves of an outcome that both paths show: all but orig_rax, which is in no frame. */
const SHOWN = [
  ...[OUTCOME.status, OUTCOME.signal, OUTCOME.code, OUTCOME.address, OUTCOME.address + 1],
  ...REGISTERS.flatMap((_, k) => [OUTCOME.stopped + 2 * k, OUTCOME.stopped + 2 * k + 1]),
].filter((half) => Math.floor((half - OUTCOME.stopped) / 2) !== indexOf("orig_rax"));

/**
 * Tries cases by both paths until one differs, and returns that case. ptrace writes the registers to which rt_sigreturn
 * leads by the rules: what comes after that is compared without a model.
 */
function firstDifference(): string | undefined {
  const engine = new Engine({ deadline: 5000 });
  using experiment = new Experiment({ capacity: SIZE }, engine);
  using traced = new Batch(SIZE);
  const { model, batch: returned } = experiment;
  traced.put(Array(SIZE).fill(SIMPLE));
  const generator = new Generator(SEED, { path: "sigreturn" });
  for (let done = 0; done < CASES; done += SIZE) {
    experiment.draw(generator, done);
    for (let i = 0; i < SIZE; i++) {
      // It puts the module's rules to use.
      model.predict(returned, i);
      const block = traced.setups.byteOffset + 4 * (setupAt(i) + SETUP.words);
      fuzzModule().putReturned(returned.setups.byteOffset + 4 * setupAt(i), block);
    }
    engine.run(traced, SIZE);
    const { returning, traced: other, parent } = stubsOf(engine);
    const pids = new Map([[other, returning]]).set(parent, engine.pid);
    for (let i = 0; i < SIZE; i++) {
      const halves = ({ outcomes }: Batch) => outcomes.subarray(outcomeAt(i), outcomeAt(i + 1));
      const [one, other] = [halves(returned), halves(traced)];
      // Each stub sees its own pid in the result of a getpid, and its parent's in that of a getppid.
      const differs = SHOWN.some(
        (half) => one[half] !== other[half] && one[half] !== pids.get(other[half] ?? 0),
      );
      // ptrace has nothing like a frame whose floating point is refused. After a refused return the kernel reads the
      // memory at rip, in which only this path has images of floating point.
      const isOwn =
        returned.at(i).frame?.image !== undefined ||
        model.predict(returned, i).unpredicted === "U12";
      if (differs && !isOwn)
        return `case ${done + i}: ${JSON.stringify(formatCase(returned.at(i)))}`;
    }
  }
  return undefined;
}

rules(`both paths have the same outcome, apart from what the rules say (${CASES} cases)`, () => {
  assert.is(firstDifference(), undefined);
});
