import { compareText } from "../../../src/cli/compare.ts";
import { agreementGrid } from "../../../src/labs/compare/grids.ts";
import { renderComparePage } from "../../../src/labs/compare/page.ts";
import { storiesOf } from "../../../src/labs/compare/stories.ts";
import { summaryOf } from "../../../src/labs/compare/summary.ts";
import { wordsOf } from "../../../src/lib/page/block.ts";
import { agreement, COMMAND, disagreement } from "../../support/compare_reports.ts";

const agreed = await agreement();
const differing = await disagreement();

const reports = suite("compare: stories and sentences of a report");

/** What the markup says, without its tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<(style|script)>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}

reports("an agreement is one line, with what was compared", () => {
  const text = compareText(agreed, false);
  const pattern =
    /^assembly, script and native agree: 20,000 cases of 26 functions and \d+ constants on amd64, seed 0x1 \([\d.]+ s\)\n$/;
  assert.match(text, pattern);
  assert.match(textOf(renderComparePage(agreed, COMMAND)), "=assembly, script and native agree");
});

reports("a disagreement says which encoders differ, are contradicted, fail and agree", () => {
  const { outcome, statements } = summaryOf(differing);
  const count = differing.disagreements.filter(({ apart }) => apart === null).length;
  assert.is(outcome, "findings");
  assert.equal(
    statements.map(({ text }) => text),
    [
      `./loose.mjs, ./swapped.mjs and script differ from the headers (${count} findings)`,
      "the kernel contradicts ./loose.mjs (1 finding)",
      "./trapping.mjs, ./looping.wasm and ./old.wasm failed (4 places)",
      "assembly and native agree",
    ],
  );
});

reports("nothing was compared if there was nothing to compare with", () => {
  const { outcome } = summaryOf({ ...agreed, functions: [], layouts: [] });
  assert.is(outcome, "nothing");
});

reports("a function that broke at once is not counted as compared", () => {
  const [first, ...rest] = agreed.functions;
  assert.ok(first);
  const { run } = summaryOf({ ...agreed, functions: [{ ...first, pairs: [] }, ...rest] });
  assert.match(run, " of 25 functions and ");
});

reports("a difference is a story, the same in a terminal and on the page", () => {
  const story = storiesOf(differing).find(({ title }) => title.includes("blockableSignals"));
  const expected = [
    ["input", "set = 0x40000 (SIGSTOP), all else 0"],
    ["./loose.mjs", "00 00 04 00 00 00 00 00  0x40000 (SIGSTOP)"],
    ["headers", "00 00 00 00 00 00 00 00  0x0"],
    ["bits", "SIGSTOP, xor 0x40000, byte 2"],
    [
      "verdict",
      "./loose.mjs is wrong by the headers: native, compiled against asm/signal.h, returns 0x0",
    ],
  ];
  lists(story?.facts, expected, ([name, fact]) => [name, wordsOf(fact)]);
  const repeat =
    "stublab compare ./loose.mjs --arch amd64 --operation blockableSignals --case 'set=0x40000'";
  assert.is(story?.command, repeat);
  const lines = [...expected, ["repeat", repeat]].map(
    ([name = "", fact]) => `  ${name.padEnd(11)}  ${fact}`,
  );
  assert.match(compareText(differing, false), lines.join("\n"));
  const page = renderComparePage(differing, COMMAND);
  const card = new RegExp(`<article id="${story?.id}".*?</article>`, "s").exec(page)?.[0] ?? "";
  for (const [, fact = ""] of [...expected, ["", repeat]]) assert.match(textOf(card), fact);
  lists([...card.matchAll(/<mark>(..)<\/mark>/g)], ["04", "00"], ([, byte]) => byte);
});

reports("encoders that do not answer and what the kernel contradicts are stories, too", () => {
  const text = compareText(differing, false);
  assert.match(text, "./looping.wasm: amd64 encodeBootstrap: loop");
  assert.match(text, "message  did not return from 512 cases in 2 s, and was ended");
  assert.match(text, "./old.wasm: cannot be opened: refused");
  assert.match(text, "./loose.mjs: the kernel contradicts encodeClone  4 cases");
  assert.match(text, "got       EINVAL, and no child");
});

reports("an answer that depends on the calls before has no input", () => {
  const [first] = differing.broken;
  assert.ok(first);
  const broken = [{ ...first, kind: "answer" as const, replay: null }];
  const [story] = storiesOf({ ...differing, disagreements: [], broken });
  lists(story?.facts, ["message"], ([name]) => name);
});

reports("what the kernel says appears once: in the verdict, or as a story", () => {
  const [loose] = differing.live.slice(-1);
  const [failure] = loose?.failures ?? [];
  const [first, ...rest] = differing.disagreements.filter(({ name }) => name === "encodeClone");
  assert.ok(first && failure && loose);
  const verdict = { by: "kernel", right: [], wrong: ["./loose.mjs"], reason: "asked" } as const;
  const judged = { ...first, field: failure.field, verdict };
  const kernel = ({ title }: { readonly title: string }) => title.includes("contradicts");
  assert.is(storiesOf(differing).filter(kernel).length, 1);
  const stories = storiesOf({ ...differing, disagreements: [judged, ...rest] });
  assert.is(stories.filter(kernel).length, 0);
});

reports("the table of agreement counts what differs, and leads to its story", () => {
  const stories = storiesOf(differing);
  const { columns, rows } = agreementGrid(differing, stories);
  assert.equal(columns, [
    ...["operation", "cases", "assembly", "script", "./swapped.mjs", "./loose.mjs"],
    "./trapping.mjs",
  ]);
  const cells = new Map(
    rows.map(([name = "", ...row]) => [wordsOf(name), row.map(wordsOf)] as const),
  );
  const counts = (row: string) => cells.get(row)?.slice(1);
  const pair = differing.functions
    .find(({ name }) => name === "encodeSyscall")
    ?.pairs.find(({ encoders }) => encoders[0] === "./swapped.mjs");
  assert.ok(pair && pair.disagreed > 0);
  const amount = pair.disagreed.toLocaleString("en-US");
  assert.equal(counts("amd64 syscall"), ["=", "=", amount, "=", "="]);
  assert.equal(counts("amd64 layout"), ["=", "=", "=", "2", "="]);
  assert.equal(counts("arm64 restart"), ["-", "311", "-", "-", "-"]);
  const page = renderComparePage(differing, COMMAND);
  const [, id] = /<a class="bad" href="#(f\d+)">2<\/a>/.exec(page) ?? [];
  assert.match(stories.find((each) => each.id === id)?.title ?? "", "CLONE_PIDFD");
});
