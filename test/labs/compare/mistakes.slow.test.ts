import { openSubjectsConfined } from "../../../src/labs/compare/open.ts";
import type { CompareReport, Disagreement } from "../../../src/labs/compare/report.ts";
import { compareFile, moduleFile, newPath } from "../../support/foreign_modules.ts";
import { MISTAKES, type Mistake, mistakenFile } from "../../support/mistakes.ts";

const mistakes = suite("compare: mistakes of users");

/** How many cases of each function the default run has: a case depends only on its number. */
const quotas = new Map<FunctionName, number>();

mistakes.before(async () => {
  using opened = await openSubjectsConfined();
  const { report } = await compare(opened);
  assert.equal([report.disagreements, report.broken, report.notes], [[], [], []]);
  for (const { arch, name, cases } of report.functions) {
    if (arch === "amd64") quotas.set(name, cases);
  }
});

const EXAMPLE = "examples/encoders/encoder.c";

/** The module with one mistake. */
function build(mistake: Mistake): string {
  const { change } = mistake;
  if (typeof change === "string") return mistakenFile(mistake);
  const [from, to] = change;
  const text = readFileSync(EXAMPLE, "utf8");
  assert.is(text.split(from).length, 2, `${from} is there once`);
  const source = moduleFile(
    ".c",
    text.replace(from, () => to),
  );
  const target = newPath(".wasm");
  const memory = "-Wl,--initial-memory=131072,--max-memory=131072";
  const flags = ["--target=wasm32", "-O2", "-mbulk-memory", "-nostdlib", "-Wl,--no-entry", memory];
  execFileSync("clang", [...flags, "-o", target, source], { stdio: "ignore" });
  return target;
}

function caseOf(input: Disagreement["input"]): string {
  return input.map(({ name, word }) => `${name}=${word}`).join();
}

/** The findings of a report: where, and the smallest input. */
function findings({ disagreements, broken }: CompareReport): string[] {
  return [
    ...disagreements.map(({ name, field, input }) => `${name} ${field} ${caseOf(input)}`),
    ...broken.map(({ name, kind, input }) => `${name} ${kind} ${caseOf(input)}`),
  ];
}

for (const style of ["javascript", "rust", "c"] as const) {
  const tools = style === "c" ? ["clang", "wasm-ld"] : [];
  const own = MISTAKES.filter((mistake) => mistake.style === style);
  needs(mistakes, ...tools)(
    `${own.length} in the style of ${style}: each is found, once, with the smallest input`,
    async () => {
      const wrong: string[] = [];
      for (const mistake of own) {
        const { what, name, found, input } = mistake;
        const cases = quotas.get(name) ?? 0;
        const { report } = await compareFile(build(mistake), { only: [name], cases });
        const seen = findings(report);
        const wanted = `${name} ${found} ${input}`;
        if (seen.join("\n") !== wanted) wrong.push(`${what}\n  ${wanted}\n  ${seen.join("\n  ")}`);
      }
      assert.equal(wrong, []);
    },
  );
}

mistakes("all calls that a filter allows too much are named in one finding", async () => {
  const rules = "{ exit: [], ptrace: [[101]], execve: [[59]], odd: [[1001]] }";
  const change = `(at, s) => filter(at, s, { rules: ${rules} })`;
  const file = mistakenFile({ name: "encodeSeccomp", change });
  const { report } = await compareFile(file, { cases: quotas.get("encodeSeccomp") ?? 0 });
  const told = report.disagreements.map(({ own, flags }) => [own.told, ...flags].join(" "));
  assert.equal(told.sort(), [
    "0x7fff0000 (SECCOMP_RET_ALLOW) SYS_execve SYS_ptrace call 1001",
    "0x80000000 (SECCOMP_RET_KILL_PROCESS) SYS_exit",
  ]);
});

mistakes("they are 67", () => {
  assert.is(MISTAKES.length, 67);
});
