/*
 * The scoreboard in docs/kernels.md: tables made from results.json.
 */

import { ARCHES, type Arch } from "../../src/core/machine/index.ts";
import type { Fact } from "../../src/labs/fuzz/facts/fact.ts";
import type { Failure } from "./log.ts";
import { MACHINES } from "./machines.ts";
import { isProbe, type NodeResult, type ProbeResult, type Results } from "./results.ts";
import { USERLANDS } from "./userland.ts";

export const DOCUMENT = "docs/kernels.md";

const EMULATED = "linux-";
const OTHERS = ["runsc-ptrace", "runsc-systrap", "uml"];

/** A result, the parts of its machine's name, and the architecture. */
type Row = ProbeResult & {
  readonly kernel: string;
  readonly processor: string;
  readonly arch: Arch | undefined;
};

/** The document with tables of these results, each between two comments with its name. */
export function withTables(document: string, results: Results, facts: readonly Fact[]): string {
  let text = document;
  for (const [name, lines] of Object.entries(tablesOf(results, facts))) {
    const begin = `<!-- ${name}: begin -->`;
    const end = `<!-- ${name}: end -->`;
    const [before, rest = ""] = text.split(begin);
    const [, after] = rest.split(end);
    if (before === undefined || after === undefined)
      throw new Error(`${DOCUMENT} has no place for the table "${name}"`);
    text = `${before}${begin}\n${lines.join("\n")}\n${end}${after}`;
  }
  return text;
}

function tablesOf({ results, emulator }: Results, facts: readonly Fact[]) {
  const rows = results.filter(isProbe).map((result) => {
    const [, kernel = "", processor = ""] = result.machine.split("/");
    const machine = MACHINES.find(({ name }) => name === result.machine);
    return { ...result, kernel, processor, arch: machine && USERLANDS[machine.userland].arch };
  });
  const emulated = rows.filter(({ kernel }) => kernel.startsWith(EMULATED));
  return {
    scores: scores(rows, emulator),
    emulated: blame(emulated, facts),
    implementations: implementations(rows, facts),
    findings: findings(rows),
    node: nodeTable(results.filter((result): result is NodeResult => !isProbe(result))),
  };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ["None."];
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

function scores(rows: readonly Row[], emulator: string): string[] {
  const placeOf = ({ kernel, processor }: Row) => {
    if (kernel.startsWith(EMULATED)) return `${emulator}, \`${processor}\``;
    return kernel === "native" ? "the processor of this machine" : kernel;
  };
  const head = ["kernel", "on", "bootstrap", "facts that hold", "fail", "known", "skipped", "fuzz"];
  return table(
    head,
    rows.map((row) => {
      const { bootstrap, conformance, fuzz, fault } = row;
      const steps = bootstrap && `${bootstrap.held} of ${bootstrap.held + bootstrap.failed.length}`;
      const skipped = Object.values(conformance?.skipped ?? {}).reduce((sum, it) => sum + it, 0);
      const fuzzed = fuzz && (fuzz.skipped ?? `${fuzz.findings.length} findings`);
      return [
        row.release,
        placeOf(row),
        steps ?? fault ?? "did not end",
        conformance === undefined ? (fault ?? "did not end") : shareOf(conformance),
        String(conformance?.failed.length ?? ""),
        String(conformance?.known.length ?? ""),
        String(conformance === undefined ? "" : skipped),
        fuzzed ?? fault ?? (crashes(row.machine) ? "not tried: the kernel crashes" : "did not end"),
      ];
    }),
  );
}

function shareOf({ held, failed }: { held: number; failed: readonly Failure[] }): string {
  const all = held + failed.length;
  return all === 0
    ? "none can be tried"
    : `${held} of ${all}, ${((held / all) * 100).toFixed(1)} %`;
}

/** Facts that fail under QEMU, and whose fault that is: of what all machines that fail have in common. */
function blame(rows: readonly Row[], facts: readonly Fact[]): string[] {
  return table(
    ["fact", "rules", "kernels", "processors", "fault of", "seen"],
    ARCHES.flatMap((arch) =>
      blameOf(
        rows.filter((row) => row.arch === arch),
        facts,
      ),
    ),
  );
}

function blameOf(rows: readonly Row[], facts: readonly Fact[]): string[][] {
  const able = rows.filter(({ fuzz }) => fuzz !== undefined && fuzz.cases > 0);
  return groupFailures(rows).map(([fact, failed]) => {
    const of = (part: "kernel" | "processor") => unique(failed.map(({ row }) => row[part]));
    const named = (part: "kernel" | "processor") => {
      const isAll = able.every((row) => of(part).includes(row[part]));
      return isAll
        ? "all"
        : of(part)
            .map((name) => `\`${name}\``)
            .join(", ");
    };
    const kernels = named("kernel");
    const processors = named("processor");
    const alike = able.filter(
      (row) => of("kernel").includes(row.kernel) && of("processor").includes(row.processor),
    );
    const isChance = failed.length * 2 < alike.length;
    const steady = kernels !== "all" ? "kernel" : processors === "all" ? "QEMU" : "processor";
    const fault = isChance ? "chance" : steady;
    return [fact, rulesOf(fact, facts), kernels, processors, fault, failed[0]?.seen ?? ""];
  });
}

function implementations(rows: readonly Row[], facts: readonly Fact[]): string[] {
  const others = rows.filter(({ kernel }) => OTHERS.includes(kernel));
  return table(
    ["fact", "rules", ...OTHERS],
    groupFailures(others).map(([fact, failed]) => [
      fact,
      rulesOf(fact, facts),
      ...OTHERS.map((name) => failed.find(({ row }) => row.kernel === name)?.seen ?? ""),
    ]),
  );
}

/** Each fact that fails, with the rows in which it does and what was seen there. */
function groupFailures(rows: readonly Row[]) {
  const groups = new Map<string, { row: Row; seen: string }[]>();
  for (const row of rows)
    for (const { fact, seen } of row.conformance?.failed ?? [])
      groups.set(fact, [...(groups.get(fact) ?? []), { row, seen }]);
  return [...groups];
}

/** Findings by what differs and the rules of the prediction: those of one cause are often one. */
function findings(rows: readonly Row[]): string[] {
  const groups = new Map<string, { row: Row; differs: string; rules: string }[]>();
  for (const row of rows)
    for (const { differs, rules } of row.fuzz?.findings ?? []) {
      const field = differs.split(":")[0] ?? "";
      const last = rules.split(" ").at(-1) ?? "";
      const key = `${field} ${last}`;
      groups.set(key, [...(groups.get(key) ?? []), { row, differs, rules }]);
    }
  return table(
    ["differs", "last rule", "machines", "kernels", "first seen"],
    [...groups.entries()].map(([key, list]) => [
      ...key.split(" "),
      String(unique(list.map(({ row }) => row.machine)).length),
      unique(list.map(({ row }) => row.kernel)).join(", "),
      list[0]?.differs ?? "",
    ]),
  );
}

function nodeTable(results: readonly NodeResult[]): string[] {
  return table(
    ["machine", "kernel", "checks"],
    results.map(({ machine, release, bootstrap, complaints }) => [
      machine.replace("node/", ""),
      release,
      complaints.length === 0 ? bootstrap : complaints.join("; "),
    ]),
  );
}

function rulesOf(name: string, facts: readonly Fact[]): string {
  return facts.find((fact) => fact.name === name)?.rules.join(" ") ?? "";
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}

/** Whether random setups crash a machine's kernel, so that none is tried. */
function crashes(machine: string): boolean {
  return MACHINES.some(({ name, crashesBy }) => name === machine && crashesBy !== undefined);
}
