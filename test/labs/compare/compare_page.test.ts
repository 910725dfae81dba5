import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ARCHES, type Arch } from "../../../src/core/machine/index.ts";
import { renderComparePage } from "../../../src/labs/compare/page/page.ts";
import type { CompareReport } from "../../../src/labs/compare/report.ts";
import { agreement, COMMAND, disagreement } from "../../support/compare_reports.ts";

const _LIMIT = 1_000_000;

const reports = {
  agreement: await agreement(),
  disagreement: await disagreement(),
};
const pages = {
  agreement: renderComparePage(reports.agreement, COMMAND),
  disagreement: renderComparePage(reports.disagreement, COMMAND),
};

/** What the markup says, without its tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<(style|script)>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&#39;", "'")
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}

const matches = (markup: string, pattern: RegExp) =>
  [...markup.matchAll(pattern)].map(([, first = ""]) => first);
const headlineOf = (markup: string) => textOf(/<h1>.*?<\/h1>/s.exec(markup)?.[0] ?? "");
const cardOf = (markup: string, title: string) =>
  matches(markup, /(<article.*?<\/article>)/gs).find((card) => textOf(card).includes(title)) ?? "";

const verdicts = suite("compare page: verdict");

verdicts("says that all agree, and in how many cases", () => {
  const { cases } = reports.agreement;
  const expected = `=assembly and script agree with the headers (native) in all ${cases.toLocaleString("en-US")} cases`;
  assert.is(headlineOf(pages.agreement), expected);
});

verdicts("says first who disagrees with the headers", () => {
  const expected = "≠./swapped.mjs and ./loose.mjs disagree with the headers on amd64";
  assert.is(headlineOf(pages.disagreement), expected);
  const list = textOf(/<ul class="statements">.*?<\/ul>/s.exec(pages.disagreement)?.[0] ?? "");
  const rest = list.trim().split("\n");
  assert.equal(rest.slice(0, 3), [
    "≠assembly disagrees with script on arm64, where no headers decide",
    "≠the kernel contradicts ./loose.mjs",
    "!./trapping.mjs, ./looping.wasm and ./old.wasm did not answer in 4 places",
  ]);
  assert.match(rest[3] ?? "", /^=assembly and script agree with the headers \(native\) in all /);
  assert.is(rest.length, 4);
});

verdicts("says once what is so on both architectures", () => {
  const { encoders, functions, layouts, cases } = reports.agreement;
  const both = <T extends { readonly arch: Arch }>(all: readonly T[]) =>
    ARCHES.flatMap((arch) => all.map((each) => ({ ...each, arch })));
  const report = {
    ...reports.agreement,
    encoders: both(encoders),
    functions: both(functions),
    layouts: both(layouts),
  };
  const amount = (2 * cases).toLocaleString("en-US");
  assert.is(
    headlineOf(renderComparePage(report, COMMAND)),
    `=assembly and script agree with the headers (native) in all ${amount} cases`,
  );
});

verdicts("says so where nothing was compared", () => {
  const nothing = { ...reports.agreement, encoders: [], functions: [], layouts: [] };
  assert.is(headlineOf(renderComparePage(nothing, COMMAND)), "–nothing was compared");
});

/** A report of arm64 without headers: so many disagreements of each pair. */
function undecided(disagreed: readonly [ab: number, ac: number, bc: number]): CompareReport {
  const [encoder] = reports.agreement.encoders;
  const [fn] = reports.agreement.functions;
  assert.ok(encoder && fn);
  const encoders = ["a", "b", "c"].map((name) => ({ ...encoder, name }));
  const [ab, ac, bc] = disagreed;
  const common = { truth: false, cases: 7, byDesign: 0, noInput: 0 };
  const pairs = [
    { ...common, encoders: ["a", "b"] as const, disagreed: ab },
    { ...common, encoders: ["a", "c"] as const, disagreed: ac },
    { ...common, encoders: ["b", "c"] as const, disagreed: bc },
  ];
  return { ...reports.agreement, encoders, layouts: [], functions: [{ ...fn, pairs }] };
}

verdicts("without headers says who agrees with whom", () => {
  const headline = (...disagreed: [number, number, number]) =>
    headlineOf(renderComparePage(undecided(disagreed), COMMAND));
  const rest = ", where no headers decide";
  assert.is(headline(0, 0, 0), `=a, b and c agree with each other in all 7 cases${rest}`);
  assert.is(headline(0, 2, 2), `≠a and b disagree with c${rest}`);
  assert.is(headline(1, 0, 1), `≠a and c disagree with b${rest}`);
  assert.is(headline(1, 1, 1), `≠a disagrees with b and with c${rest}`);
});

verdicts.run();

const contents = suite("compare page: contents");

contents("the matrix has each operation, and the counts of the report", () => {
  const [matrix = ""] = matches(
    pages.disagreement,
    /(<caption id="agreement-amd64">.*?<\/table>)/gs,
  );
  const rows = matches(matrix, /(<tr>.*?<\/tr>)/gs).map((row) =>
    matches(row, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs).map(textOf),
  );
  const [operations = [], cases = []] = rows;
  const swapped = rows.find(([name]) => name === "./swapped.mjs") ?? [];
  const pair = rows.find(([name]) => name === "assembly / ./swapped.mjs") ?? [];
  const at = operations.indexOf("syscall");
  const encode = reports.disagreement.functions.find(({ name }) => name === "encodeSyscall");
  const counted = encode?.pairs.find(({ encoders }) => encoders.join() === "native,./swapped.mjs");
  assert.ok(encode && counted && counted.disagreed > 0);
  assert.is(cases[at], encode.cases.toLocaleString("en-US"));
  assert.is(swapped[at], `≠ ${counted.disagreed.toLocaleString("en-US")}`);
  assert.is(pair[at], swapped[at]);
  assert.is(swapped[operations.indexOf("clone")], "=");
  assert.is(pair[operations.indexOf("layout")], "– not compared");
  assert.is(swapped.at(-1), swapped[at]);
  assert.is(pair.at(-1), swapped[at]);
  const names = rows.map(([name = ""]) => name);
  const apart = names.indexOf("against each other");
  assert.equal(names.slice(2, apart), [
    "against the headers (native)",
    "assembly",
    "script",
    "./swapped.mjs",
    "./loose.mjs",
    "./trapping.mjs",
  ]);
  assert.is(names.length - apart - 1, 10);
});

contents("a cell that disagrees leads to the first card of it", () => {
  const [id = ""] = matches(pages.disagreement, /<td class="differs"><a href="#(d-[^"]*)">≠ 2</g);
  assert.match(cardOf(pages.disagreement, "CLONE_PIDFD"), `<article id="${id}"`);
});

contents("a card tells the first byte, both answers, the mask, the input and the replay", () => {
  const card = cardOf(pages.disagreement, "blockableSignals");
  const text = textOf(card).replace(/\s+/g, " ");
  assert.match(text, "bad at byte 2: 0x4 != 0x0");
  assert.match(text, "./loose.mjs00 00 04 00 00 00 00 00 0x40000 (SIGSTOP)");
  assert.match(text, "headers00 00 00 00 00 00 00 00 0x0");
  assert.match(text, "xor·· ·· 04 ·· ·· ·· ·· ·· 0x40000");
  assert.match(text, "flagsSIGSTOP");
  assert.match(text, "by the headers: ./loose.mjs wrong;");
  assert.match(text, "inputset=0x40000 (SIGSTOP)");
  assert.match(text, "--operation blockableSignals --case 'set=0x40000'");
  assert.equal(matches(card, /<mark>(..)<\/mark>/g), ["04", "00"]);
});

contents("an encoder that did not answer is told with its message", () => {
  const text = textOf(cardOf(pages.disagreement, "./looping.wasm encodeBootstrap"));
  assert.match(text, "did not return from 512 cases in 2 s");
  assert.match(text, "parent=0x7fffffff");
  assert.not.match(pages.agreement, 'id="broken"');
});

contents("what the kernel did is told beside what was meant", () => {
  const text = textOf(cardOf(pages.disagreement, "a child with"));
  assert.match(text, "a child with CLONE_NEWIPC|CLONE_SYSVSEM");
  assert.match(text, "EINVAL, and no child");
  assert.not.match(pages.agreement, 'id="live"');
});

contents("each function has its coverage", () => {
  const [coverage = ""] = matches(pages.agreement, /(<caption id="coverage-amd64">.*?<\/table>)/gs);
  for (const { name } of reports.agreement.functions) {
    assert.match(coverage, `<th scope="row">${name}</th>`);
  }
});

contents.run();

const structure = suite("compare page: structure");

structure("a disagreement keeps its anchor in another run", () => {
  const { disagreement: report } = reports;
  const idsOf = (page: string) => new Set(matches(page, /<article id="(d-[^"]*)"/g));
  const other = renderComparePage(
    { ...report, seed: "0x2", disagreements: report.disagreements.toReversed() },
    COMMAND,
  );
  assert.is(idsOf(pages.disagreement).size, report.disagreements.length);
  assert.equal([...idsOf(other)].sort(), [...idsOf(pages.disagreement)].sort());
});

structure.run();
