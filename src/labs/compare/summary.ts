import { listed } from "../../lib/listed.ts";
import { count, counted, duration, sum } from "../../lib/page/figures.ts";
import type { CompareReport } from "./report.ts";
import { contradictionsOf, KERNEL } from "./stories.ts";

/** A result of a comparison, in a sentence without its full stop. */
export interface Statement {
  readonly kind: "differs" | "breaks" | "agrees";
  readonly text: string;
}

export interface Summary {
  /** What it results in: "nothing" if nothing was compared. */
  readonly outcome: "agreement" | "findings" | "nothing";
  /** The worst first. */
  readonly statements: readonly Statement[];
  /** "1,500,000 cases of 51 functions and 1,502 constants on both architectures, seed 0x1 (1.50 s)". */
  readonly run: string;
  /** Differences that are not errors, what the kernel confirmed, and what was not compared. */
  readonly rest: readonly string[];
}

export function summaryOf(report: CompareReport): Summary {
  const { disagreements, broken, live, encoders, functions, layouts } = report;
  const errors = disagreements.filter(({ apart }) => apart === null);
  const failed = contradictionsOf(report);
  const judged = disagreements
    .filter(({ verdict }) => verdict.by === "kernel")
    .flatMap(({ verdict }) => verdict.wrong.map((encoder) => ({ encoder })));
  const statements: Statement[] = [];
  const say = (
    kind: Statement["kind"],
    found: readonly { readonly encoder: string }[],
    sentence: (names: readonly string[]) => string,
    one = "finding",
  ) => {
    if (found.length === 0) return;
    const text = sentence(namesOf(found));
    statements.push({ kind, text: `${text} (${counted(found.length, one)})` });
  };
  say("differs", errors, (names) => `${listed(names)} ${verb(names, "differ")} from the headers`);
  say("differs", [...failed, ...judged], (names) => `the kernel contradicts ${listed(names)}`);
  say("breaks", broken, (names) => `${listed(names)} failed`, "place");

  const found = new Set(namesOf([...errors, ...failed, ...judged, ...broken]));
  const compared = new Set([
    ...functions.flatMap(({ pairs }) => pairs.flatMap((pair) => pair.encoders)),
    ...layouts.flatMap((each) =>
      each.encoders.filter((one) => one.compared > 0).map((one) => one.name),
    ),
    ...live.filter(({ held }) => held > 0).map(({ encoder }) => encoder),
  ]);
  const agreeing = [...new Set(encoders.map(({ name }) => name))].filter(
    (name) => compared.has(name) && !found.has(name),
  );
  if (agreeing.length > 0) {
    const withHeaders = !agreeing.includes("native") ? " with the headers" : "";
    const text = `${listed(agreeing)} ${verb(agreeing, "agree")}${withHeaders}`;
    statements.push({ kind: "agrees", text });
  }
  const { text: run, nothing } = runOf(report);
  const outcome = found.size > 0 ? "findings" : nothing ? "nothing" : "agreement";
  return { outcome, statements, run, rest: restOf(report) };
}

function runOf({ functions, layouts, live, seed, milliseconds, encoders }: CompareReport) {
  // One whose first batch broke has no pair: it was not compared.
  const amounts = functions.map(({ pairs }) => Math.max(0, ...pairs.map((pair) => pair.cases)));
  const cases = sum(amounts);
  const constants = sum(
    layouts.map((each) => Math.max(0, ...each.encoders.map(({ compared }) => compared))),
  );
  const ran = amounts.filter((amount) => amount > 0).length;
  const arches = [...new Set(encoders.map(({ arch }) => arch))];
  const what = [
    ...(ran > 0 ? [`${counted(cases, "case")} of ${counted(ran, "function")}`] : []),
    ...(constants > 0 ? [counted(constants, "constant")] : []),
  ];
  const where = arches.length > 1 ? "both architectures" : arches[0];
  const told = what.length === 0 ? "no case" : `${what.join(" and ")} on ${where}`;
  const text = `${told}, seed ${seed} (${duration(milliseconds)})`;
  return { text, nothing: cases + constants + sum(live.map(({ held }) => held)) === 0 };
}

function restOf({ functions, live, uncompared }: CompareReport): string[] {
  const pairs = functions.flatMap((each) => each.pairs);
  const byDesign = sum(pairs.map((pair) => pair.byDesign));
  const noInput = sum(pairs.map((pair) => pair.noInput));
  const lacking = sum(uncompared.map((each) => each.functions.length));
  const [held, asked] = [sum(live.map((each) => each.held)), sum(live.map((each) => each.cases))];
  const told = [
    [asked, `${KERNEL} confirmed ${count(held)} of ${counted(asked, "case")}`],
    [byDesign, `${counted(byDesign, "result")} differ by design`],
    [noInput, `${counted(noInput, "result")} differ where no kernel makes the input`],
    [lacking, `${counted(lacking, "function was", "functions were")} not compared`],
  ] as const;
  return told.flatMap(([amount, text]) => (amount > 0 ? [text] : []));
}

function namesOf(found: readonly { readonly encoder: string }[]): string[] {
  return [...new Set(found.map(({ encoder }) => encoder))];
}

function verb(names: readonly string[], plural: string): string {
  return names.length === 1 ? `${plural}s` : plural;
}
