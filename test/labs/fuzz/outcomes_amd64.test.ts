const outcomes = suite("fuzz: outcomes of cases, and of what the kernel keeps between their steps");

const examiner = new Examiner();
outcomes.after(() => examiner.close());

/** What it shows, a case, and fields of its outcome. */
interface Row {
  readonly name: string;
  readonly case: object;
  readonly expected: Readonly<Record<string, string>>;
}

for (const { name, case: document, expected } of jsonLines<Row>("support/outcomes")) {
  outcomes(name, () => {
    const it = parseCase({ schema: "stublab.case/1", ...document });
    const outcome = examiner.examine(it);
    assert.equal([outcome.it, outcome.differences], [it, []]);
    for (const [field, word] of Object.entries(expected))
      assert.is(outcome.seen.get(field), BigInt(word), field);
  });
}

const pokes = (...pairs: [offset: bigint, word: bigint][]): Case => ({
  ...{ ...SIMPLE, way: "POKEUSER", block: [] },
  pairs: pairs.map(([offset, word]) => ({ offset, word })),
});
/** offsetof(struct user, u_debugreg) */
const [DR0, DR4, DR7] = [848n, 880n, 904n];

outcomes("a trap of an earlier case in the same stub leaves no mark in debug register 6", () => {
  examiner.examine(seed("nops", {}, { on: "SINGLESTEP" }));
  assert.is(examiner.examine(pokes([DR4, 1n])).seen.get("written.dr6"), 0xffff_0ff0n);
});

outcomes("cases that poke no debug register do not have them", () => {
  const { seen, predicted } = examiner.examine(pokes([0n, 1n]));
  assert.is(seen.has("written.dr7") || predicted.has("written.dr7"), false);
});

outcomes("of two faults of a breakpoint the alignment is found first, as the kernel does", () => {
  // Writes of 8 bytes.
  const it = pokes([DR0, 0x1000_0000n], [DR7, 0x9_0001n], [DR0, 0x7fff_ffff_f001n]);
  const ids = examiner.examine(it).rules.map(({ id }) => id);
  assert.equal([ids.includes("W61"), ids.includes("W39")], [true, false]);
});
