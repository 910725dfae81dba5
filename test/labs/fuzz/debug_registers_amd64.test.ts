import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import { Examiner } from "../../../src/labs/fuzz/examiner.ts";
import { seed } from "../../support/seeds.ts";

const debug = suite("fuzz: debug registers are read back");

const examiner = new Examiner();
debug.after(() => examiner.close());

/** offsetof(struct user, u_debugreg) */
const at = (n: number) => BigInt(848 + 8 * n);
const pokes = (...pairs: [offset: bigint, word: bigint][]): Case => ({
  ...seed("int3", {}),
  ...{ way: "POKEUSER", block: [] },
  pairs: pairs.map(([offset, word]) => ({ offset, word })),
});
const NEW = 0xffff_0ff0n;
const ADDRESS = 0x1000_0000n;
/** Enables nothing, and sets bits that mean nothing. */
const CONTROL = 0xffff_0000_0000_fc00n;

/** The debug registers as they are read back: 0 to 3, 6 and 7. */
function readBack(it: Case): unknown {
  const { seen, differences } = examiner.examine(it);
  assert.equal(differences, [], "as predicted");
  return [0, 1, 2, 3, 6, 7].map((n) => seen.get(`written.dr${n}`));
}

const ROWS: readonly (readonly [name: string, it: Case, words: readonly bigint[]])[] = [
  ["6 has any word", pokes([at(6), 0x1234n]), [0n, 0n, 0n, 0n, 0x1234n, 0n]],
  [
    "and is that of a new program before",
    pokes([at(6), NEW], [at(7), 0n]),
    [0n, 0n, 0n, 0n, NEW, 0n],
  ],
  ["7 has bits that mean nothing", pokes([at(7), CONTROL]), [0n, 0n, 0n, 0n, NEW, CONTROL]],
  ["0 and 3 have addresses", pokes([at(3), 1n], [at(0), ADDRESS]), [ADDRESS, 0n, 0n, 1n, NEW, 0n]],
  [
    "one that refuses a word keeps its own",
    pokes([at(1), ADDRESS], [at(1), 1n << 63n], [at(2), 7n]),
    [0n, ADDRESS, 0n, 0n, NEW, 0n],
  ],
  [
    "7 that refuses a breakpoint for I/O, too",
    pokes([at(0), ADDRESS], [at(7), 0x400n], [at(7), 0x2_0001n]),
    [ADDRESS, 0n, 0n, 0n, NEW, 0x400n],
  ],
  ["those that do not exist change nothing", pokes([at(4), 1n]), [0n, 0n, 0n, 0n, NEW, 0n]],
];

for (const [name, it, words] of ROWS) {
  debug(name, () => assert.equal(readBack(it), words));
}

debug("a trap of an earlier case in the same stub leaves no mark", () => {
  examiner.examine(seed("nops", {}, { on: "SINGLESTEP" }));
  assert.equal(readBack(pokes([at(4), 1n])), [0n, 0n, 0n, 0n, NEW, 0n]);
});

debug("cases that poke no debug register do not have them", () => {
  const { seen, predicted } = examiner.examine(pokes([0n, 1n]));
  assert.is(seen.has("written.dr7") || predicted.has("written.dr7"), false);
});

debug("of two faults of a breakpoint the alignment is found first, as the kernel does", () => {
  // Writes of 8 bytes.
  const it = pokes([at(0), ADDRESS], [at(7), 0x9_0001n], [at(0), 0x7fff_ffff_f001n]);
  const { rules, differences } = examiner.examine(it);
  assert.equal(differences, []);
  const ids = rules.map(({ id }) => id);
  assert.equal([ids.includes("W61"), ids.includes("W39")], [true, false]);
});

debug("a model without the rule is found by any of these", () => {
  using without = new Examiner({ change: { id: "W76", remove: true } });
  const fields = without.examine(pokes([at(7), CONTROL])).differences.map(({ field }) => field);
  assert.equal(fields, ["written.dr6", "written.dr7"]);
});

debug.run();
