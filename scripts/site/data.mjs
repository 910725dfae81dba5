// Pages that are made from data, as Markdown: the rules of the model, other kernels, the museum.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadTables } from "../sources.mjs";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));

function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell ?? "").replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

/** Every rule of the model of an architecture, each with its id as an anchor. */
export function rulesPage(arch) {
  const list = ["dist/cli.js", "predict", "--list", "--json", "--arch", arch];
  const { rules } = JSON.parse(execFileSync(process.execPath, list));
  const sections = [...new Set(rules.map(({ phase }) => phase))].flatMap((phase) => [
    `## ${phase}`,
    table(
      ["rule", "what it says", "holds", "source"],
      rules
        .filter((rule) => rule.phase === phase)
        .map(({ id, text, condition, source, asked }) => [
          ...[`<a id="${id}"></a>${id}`, text, condition],
          asked === null ? source : `${source} (asked: ${asked})`,
        ]),
    ),
  ]);
  return [`# The rules for ${arch}`, ...sections].join("\n\n");
}

/** What students can do, each with the lesson that it follows. */
export function tasksTable() {
  const list = ["dist/cli.js", "lesson", "task", "--json"];
  const { tasks } = JSON.parse(execFileSync(process.execPath, list));
  const rows = tasks.map(({ name, title, lesson, points }) => [
    `\`${name}\``,
    title,
    lesson,
    points,
  ]);
  return table(["task", "what to do", "after the lesson", "points"], rows);
}

/** What was seen on other kernels, under emulators, and in other implementations. */
export function scoreboardPage() {
  const { emulator, results } = read("test/kernels/results.json");
  const probe = results.filter(({ machine }) => /^probe(-lacking)?\//.test(machine));
  const node = results.filter((result) => !probe.includes(result));
  const failing = probe.filter(({ conformance }) => conformance?.failed.length > 0);
  const seen = new Map();
  for (const { machine, conformance } of failing)
    for (const { fact, seen: what } of conformance.failed)
      seen.set(fact, { ...seen.get(fact), [machine]: what });
  const parts = [
    "# Scoreboard",
    `Emulated machines (\`linux-\`) run under ${emulator}; \`native\` is the kernel of the machine that ran the others.`,
    table(
      ["machine", "kernel", "bootstrap", "facts that hold", "known", "skipped", "fuzz"],
      probe.map(scoreRow),
    ),
    "## Facts that fail",
    table(
      ["fact", ...failing.map(({ machine }) => nameOf(machine))],
      [...seen].map(([fact, by]) => [fact, ...failing.map(({ machine }) => by[machine])]),
    ),
    "## Findings",
    table(
      ["machine", "differs", "rules of the prediction"],
      probe.flatMap(({ machine, fuzz }) =>
        (fuzz?.findings ?? []).map(({ differs, rules }) => [nameOf(machine), differs, rules]),
      ),
    ),
    "## Node.js",
    table(
      ["machine", "kernel", "checks"],
      node.map(({ machine, release, bootstrap, complaints }) => [
        ...[nameOf(machine), release, [bootstrap, ...complaints].join("; ")],
      ]),
    ),
  ];
  return parts.join("\n\n");
}

const nameOf = (machine) => machine.replace(/^\w+\//, "");

function scoreRow({ machine, release, bootstrap, conformance, fuzz, fault = "not tried" }) {
  const share = (held, failed) => `${held} of ${held + failed}`;
  return [
    ...[nameOf(machine), release],
    bootstrap ? share(bootstrap.held, bootstrap.failed.length) : fault,
    conformance ? share(conformance.held, conformance.failed.length) : fault,
    conformance?.known.length,
    Object.values(conformance?.skipped ?? {}).reduce((sum, count) => sum + count, 0),
    fuzz ? (fuzz.skipped ?? `${fuzz.findings.length} findings in ${fuzz.cases} cases`) : fault,
  ];
}

/** Bugs that kernels had, as models and as kernels, and what the fuzzer and the probe found of each. */
export async function museumPage() {
  const { readExhibits, readPatches } = await loadTables(["test/museum/exhibit.ts"]);
  const models = read("test/museum/found.json");
  const kernels = read("test/museum/kernel/found.json");
  const others = read("test/museum/others/found.json");
  return [
    "# Catalogue of the museum",
    table(
      ["bug", "fixed by", "broken", "first case", "seconds", "smallest case", "differs"],
      readExhibits().map(({ name, told, commit, subject, broken }) => {
        const { index, seconds, case: it, field } = models[name];
        return [
          ...[`\`${name}\`: ${told}`, `\`${commit.slice(0, 12)}\` ${subject}`, broken, index],
          ...[seconds, `\`${JSON.stringify(it)}\``, field],
        ];
      }),
    ),
    "## Broken kernels",
    table(
      ["what is broken", "fix taken out", "first case", "rule", "facts that fail"],
      readPatches("test/museum/kernel").map(({ name, told, fact }) => {
        const { index, rule, facts } = kernels[name];
        const [commit, subject] = [fact("commit"), fact("subject")];
        const fix = commit === "-" ? subject : `\`${commit}\` ${subject}`;
        return [`\`${name}\`: ${told}`, fix, index ?? "not found", rule, facts.join("; ")];
      }),
    ),
    "## Bugs of other kernels",
    table(
      ["what is wrong", "in", "shown by", "on a weak kernel"],
      readPatches("test/museum/others").map(({ name, told, fact }) => {
        const { weak, ...whole } = others[name];
        const [seen, seenWeak] = [whole, weak].map(({ fact, crash, seconds }) =>
          fact === undefined ? "skipped" : [fact, crash, `${seconds} s`].filter(Boolean).join("; "),
        );
        const links = fact("link").split(" ");
        const where = fact("project").split("; ");
        return [
          ...[`\`${name}\`: ${told}`, where.map((it, i) => `[${it}](${links[i]})`).join(", ")],
          ...[seen, seenWeak],
        ];
      }),
    ),
  ].join("\n\n");
}
