import { changedWords } from "../../../src/labs/fuzz/predict/minimize.ts";
import { compileBroken, findBug } from "../../museum/broken_kernel.ts";
import { type Exhibit, readExhibits, readPatches, withBug } from "../../museum/exhibit.ts";

const museum = suite("museum: bugs that kernels had, as models");

/** Each bug has to be found in so many seconds. */
const LIMIT = 60;
/** What was found of each by `npm run museum`, for the site. Otherwise one in so many is looked for. */
const FOUND = "test/museum/found.json";
const WRITES = Boolean(process.env.WRITE_DOCUMENTS);
const TAKEN = WRITES || process.env.SOAK ? 1 : 7;

const exhibits = readExhibits();

museum("there are at least ten bugs, each with a commit of its own or another half of one", () => {
  assert.ok(new Set(exhibits.map(({ commit }) => commit)).size >= 10);
  assert.is(new Set(exhibits.map(({ told }) => told)).size, exhibits.length);
});

for (const exhibit of exhibits) {
  museum(`${exhibit.name}: its hunks fit the model, and it compiles`, async () => {
    for (const { file } of exhibit.hunks) {
      const text = readFileSync(file, "utf8");
      assert.is.not(withBug(exhibit, file, text), text);
    }
    await compileBroken(exhibit);
  });
}

museum("a hunk whose lines have changed, or stand in two places, is refused", () => {
  const hunks = [{ file: "a.ts", old: "one\ntwo\n", new: "two\n" }];
  const bug = { name: "a bug", hunks };
  assert.is(withBug(bug, "a.ts", "0\none\ntwo\n3\n"), "0\ntwo\n3\n");
  assert.is(withBug(bug, "b.ts", "one\n"), "one\n");
  for (const text of ["0\none\nTwo\n", "one\ntwo\n1\none\ntwo\n"]) {
    assert.throws(
      () => withBug(bug, "a.ts", text),
      /^a bug: a hunk does not fit one place of a.ts/,
    );
  }
});

/** What is not as the exhibit says. */
function wrongWith({ differs, cases, words }: Exhibit, it: Case, fields: readonly string[]) {
  const members = Object.entries(formatCase(it)).map(([name, value]) => `${name}=${value}`);
  return [
    ...(differs.some((field) => fields.includes(field)) ? [] : [`differs in ${fields}`]),
    ...(cases.length === 0 || cases.some((member) => members.includes(member)) ? [] : members),
    ...(changedWords(it) <= words ? [] : [`changes ${changedWords(it)} words`]),
  ];
}

/** The exit statuses of a case's program: on a sound kernel, and on the broken one. */
interface Statuses {
  readonly here: number;
  readonly broken: number;
}

const found = new Map<string, object>();
for (const exhibit of exhibits.filter((_, i) => (i + 4) % TAKEN === 0)) {
  museum(`${exhibit.name}: found in ${LIMIT} s, as the case that shows it`, async () => {
    const first = await findBug(exhibit, LIMIT);
    if (first === undefined || first.seconds > LIMIT) throw new Error("it was not found");
    const { index, fields, case: it } = first;
    assert.equal(wrongWith(exhibit, parseCase(it), fields), []);
    const field = fields.find((name) => exhibit.differs.includes(name));
    found.set(exhibit.name, { index, seconds: Math.round(first.seconds), case: it, field });
  });
}

museum("what was found of each is kept; `npm run museum` finds it anew", () => {
  if (WRITES) writeFileSync(FOUND, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);
  const kept: object = JSON.parse(readFileSync(FOUND, "utf8"));
  lists(exhibits, Object.keys(kept), ({ name }) => name);
});

museum(
  "each broken kernel has at most two findings, and the program of the first fails there",
  () => {
    const kernels: Readonly<Record<string, { findings: number; program: Statuses }>> = JSON.parse(
      readFileSync("test/museum/kernel/found.json", "utf8"),
    );
    lists(readPatches("test/museum/kernel"), Object.keys(kernels).sort(), ({ name }) => name);
    for (const [name, { findings, program }] of Object.entries(kernels)) {
      assert.ok(findings <= 2, name);
      assert.equal([program.here, program.broken], [0, 1], name);
    }
  },
);
