import { REGISTERS } from "../../../src/labs/fuzz/case/arch.ts";
import { caseOf } from "../../../src/labs/fuzz/case/case.ts";
import { OUTCOME, outcomeAt } from "../../../src/labs/fuzz/case/records.ts";
import { subjectOf } from "../../../src/labs/fuzz/tell/told.ts";
import { HERMETIC, HermeticTrier } from "../../support/hermetic.ts";

const examining = suite("fuzz: examinations");

const schema = "stublab.case/1";
const poke = (offset: number, word: bigint) => {
  const pairs = [{ offset: `0x${offset.toString(16)}`, word: `0x${word.toString(16)}` }];
  return parseCase({ schema, way: "POKEUSER", on: "NONE", pairs });
};
const [FS, FS_BASE] = [0xc8, 0xa8];

examining("a field with the pid of the stub or of its parent is seen, and is not stable", () => {
  using examiner = new Examiner();
  for (const [call, name] of [
    [39n, "getpid"],
    [110n, "getppid"],
  ] as const) {
    const { seen, stable } = examiner.examine(seed("syscall", { rax: call }));
    assert.ok((seen.get("stopped.rax") ?? 0n) > 1n, name);
    assert.not(stable.has("stopped.rax"), name);
    assert.is(stable.get("stopped.rbx"), 0n);
  }
});

examining("an outcome is that of the first step that differs, with those before it", () => {
  using examiner = new Examiner({ change: { id: "W78", remove: true } });
  const steps = [SIMPLE, poke(FS, 0x2bn), poke(FS_BASE, 7n), poke(FS_BASE, 0n)];
  const outcome = examiner.examine(caseOf(steps));
  assert.equal(outcome.it, caseOf(steps.slice(0, 3)));
  assert.equal(outcome.differences, [{ field: "written.fs", predicted: 0n, seen: 0x2bn }]);
  lists(outcome.before, outcome.it.before, ({ it }) => it);
  assert.is(
    subjectOf(outcome.differences, outcome.it),
    "Step 3: written.fs is 0x2b; predicted: 0x0.",
  );
  const small = examiner.minimize(caseOf(steps));
  lists(stepsOf(small), ["SETREGS", "POKEUSER"], ({ way }) => way);
  assert.is(examiner.examine(small).differences[0]?.field, "written.fs");
});

examining("a case that does not differ is not minimized", () => {
  using examiner = new Examiner();
  const it = caseOf([SIMPLE, poke(FS, 0x2bn), poke(FS_BASE, 7n)]);
  assert.equal(examiner.minimize(it), it);
});

/** The hermetic kernel, but in one attempt, counted from 1, the first register at the stop is another word. */
class Disturbed extends HermeticTrier {
  readonly #attempt: number;
  #attempts = 0;

  constructor(attempt: number) {
    super(HERMETIC);
    this.#attempt = attempt;
  }

  override renewAll(): void {
    this.#attempts++;
  }

  override run(batch: Batch, count: number, first = 0): void {
    super.run(batch, count, first);
    if (this.#attempts === this.#attempt)
      batch.outcomes[outcomeAt(first) + OUTCOME.stopped] = 0xbad;
  }
}

for (const attempt of [1, 2]) {
  examining(`what only attempt ${attempt} of two shows is no difference, and is not stable`, () => {
    using examiner = new Examiner({}, new Disturbed(attempt));
    const { differences, stable } = examiner.examine(SIMPLE);
    assert.equal(differences, []);
    assert.not(stable.has(`stopped.${REGISTERS[0]}`));
  });
}

examining("steps after one that ends the stub are left out", () => {
  using examiner = new Examiner();
  const killed = { ...SIMPLE, signal: 9 };
  const { it, seen, before, differences } = examiner.examine(caseOf([SIMPLE, killed, SIMPLE]));
  assert.equal(it, caseOf([SIMPLE, killed]));
  assert.equal([seen.get("status"), before.length, differences], [9n, 1, []]);
});
