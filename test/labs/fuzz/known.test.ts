import { OUTCOME, OUTCOME_SIZE } from "../../../src/labs/fuzz/case/records.ts";
import { deviationsOf, KNOWN, LISTS } from "../../../src/labs/fuzz/known/arch.ts";
import { knownFacts } from "../../../src/labs/fuzz/known/known_facts.ts";
import { adoptFlags } from "../../../src/labs/fuzz/predict/differences.ts";
import { machineWith } from "../../support/hidden_cases.ts";

const known = suite("known deviations");

const file = join(temporaryFolder(), "known");

function factsOf(content: string): readonly string[] {
  writeFileSync(file, content);
  return knownFacts(file).facts;
}

known("a file has one fact a line, and comments", () => {
  const fact = "GETREGS to an address that is not mapped is EFAULT";
  assert.equal(factsOf(`# comment\n\n${fact}\r\n`), [fact]);
  assert.is(factsOf(`${fact}: the remaining checks\n`).length, 1);
  assert.throws(() => factsOf("no such fact\n"), /there is no fact "no such fact"/);
  assert.throws(() => factsOf(`${fact}: 9 bytes\n`), /there is no fact "GETREGS to .*: 9 bytes"/);
  assert.throws(() => knownFacts("/nowhere/known"), /cannot be read/);
});

for (const name of KNOWN) {
  known(`${name}: its facts exist, and its changes are of rules`, () => {
    const { facts } = LISTS[name];
    assert.is(factsOf(facts.join("\n")).length, facts.length);
    assert.is(deviationsOf(name).changes.length, LISTS[name].changes.length);
  });
}

known("the model predicts them: IRET does not refuse rip, the fetch does", () => {
  using batch = new Batch(1);
  batch.put([seed("int3", { rip: 1n << 62n, fs: 3n, ds: 3n })]);
  const machine = machineWith("ia32");
  const field = (model: Model, offset: number) =>
    model.predict(batch, 0).outcome.words[OUTCOME.stopped / 2 + offset] ?? 0n;
  const [EFLAGS, DS, FS] = [18, 23, 25];
  const plain = new Model(machine);
  assert.equal([field(plain, FS), field(plain, EFLAGS)], [3n, 0x202n]);
  const emulated = new Model(machine, undefined, deviationsOf("qemu-tcg"));
  assert.equal(
    [field(emulated, DS), field(emulated, FS), field(emulated, EFLAGS)],
    [0n, 3n, 0x10202n],
  );
});

known("flags that are ignored do not differ, and others do", () => {
  using batch = new Batch(1);
  batch.put([seed("nops", {})]);
  const ignoring = new Model(machineWith("ia32"), undefined, {
    changes: [],
    ignoredFlags: 0x10000,
  });
  const plain = new Model(machineWith("ia32"));
  const { outcome } = plain.predict(batch, 0);
  batch.outcomeBytes.set(
    new Uint8Array(outcome.halves.buffer, outcome.halves.byteOffset, OUTCOME_SIZE),
  );
  const place = OUTCOME.stopped / 2 + 18;
  const flags = batch.outcomeWords[place] ?? 0n;
  const verdicts = (word: bigint) => {
    batch.outcomeWords[place] = word;
    return [plain.differs(batch, 0), ignoring.differs(batch, 0)];
  };
  assert.equal(verdicts(flags), [false, false]);
  assert.equal(verdicts(flags | 0x10000n), [true, false]);
  assert.equal(verdicts(flags | 0x10001n), [true, true]);
});

known("a prediction that is shown has the flags of the list as they were seen", () => {
  const fields = (eflags: bigint, rax: bigint) =>
    new Map([
      ["stopped.eflags", eflags],
      ["stopped.rax", rax],
    ]);
  const adopted = adoptFlags(fields(0x202n, 1n), fields(0x10203n, 2n), 0x10000n);
  assert.equal(adopted, fields(0x10202n, 1n));
  assert.equal(adoptFlags(fields(0x202n, 1n), new Map(), 0x10000n), fields(0x202n, 1n));
});

known("cases that the machine cannot bear are not generated", () => {
  const [CONTROL, KINDS, CASES] = [904n, 0xffff_0000n, 30_000];
  const watching = (options: ConstructorParameters<typeof Generator>[1]) => {
    using batch = new Batch(CASES);
    new Generator(1n, options).generate(batch, 0, 0, CASES);
    return Array.from({ length: CASES }, (_, i) => batch.at(i)).filter(
      ({ way, pairs }) =>
        way === "POKEUSER" &&
        pairs.some(({ offset, word }) => offset === CONTROL && (word & KINDS) !== 0n),
    ).length;
  };
  assert.ok(watching({}) > 0);
  assert.is(watching({ known: "qemu-tcg" }), 0);
  assert.ok(watching({}) > 0, "another generator is not affected");
});
