// What is too much for a page is left out and counted: pages of comparisons stay small; a recording that is too large is refused.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FUNCTION_NAMES, FUNCTIONS } from "../../../src/core/encoder/abi.ts";
import { choose, PER_FIELD, TOTAL } from "../../../src/labs/compare/page/disagreements.ts";
import { renderComparePage } from "../../../src/labs/compare/page/page.ts";
import type { CompareReport, Disagreement } from "../../../src/labs/compare/report.ts";
import { renderRecordingPage } from "../../../src/labs/record/page/page.ts";
import { COMMAND, disagreement } from "../../support/compare_reports.ts";
import { prolonged, recordingOf } from "../../support/recordings.ts";

const reports = { disagreement: await disagreement() };

const recordings = suite("recording page: size");

recordings("of a recording that is too large there is no page", async () => {
  const host = await recordingOf("host");
  assert.throws(
    () => renderRecordingPage(prolonged(host, 100_000)),
    /^the recording is too large for a page: [\d,]+ bytes, the limit is 4,000,000$/,
  );
  assert.match(renderRecordingPage(prolonged(host, 1000)), "<!DOCTYPE html>");
});

recordings.run();

const sizes = suite("compare page: size");

/** Strings that grow when they are escaped: as long as a path may be, and longer. */
const PATH = '\u202e"<&'.repeat(1000);
const LONG = '\u202e"<&'.repeat(16_384);

/** So many disagreements, of some encoders and all functions, with the same string everywhere. */
function flood(
  sample: Disagreement,
  count: number,
  encoders: readonly string[],
  text: string,
): Disagreement[] {
  const fields = Array.from({ length: 7 }, (_, i) => `field ${i} ${text}`);
  // As many words and flags as an ordinary case has, or as a block.
  const length = text.length > 100 ? 40 : 3;
  const word = { name: text, word: text, told: text };
  return Array.from({ length: count }, (_, i) => {
    const name = FUNCTION_NAMES[i % FUNCTION_NAMES.length] ?? "waitKind";
    return {
      ...sample,
      name,
      operation: FUNCTIONS[name].operation,
      encoder: encoders[Math.floor(i / FUNCTION_NAMES.length) % encoders.length] ?? "",
      field: fields[i % fields.length] ?? "",
      flags: Array.from({ length }, () => text),
      xor: text,
      own: { bytes: text, word: text, told: text },
      input: Array.from({ length }, () => word),
      replay: text,
      verdict: { by: "kernel", wrong: [text], right: [text], reason: text },
    };
  });
}

function sampleOf(report: CompareReport): Disagreement {
  const [sample] = report.disagreements;
  if (sample === undefined) throw new Error("the report has no disagreement");
  return sample;
}

/** What every string of 50,000 disagreements is, and at least how many of those are shown. */
const FLOODS = [
  { kind: "short strings", text: "short", least: TOTAL },
  { kind: "long strings", text: "x".repeat(LONG.length), least: 40 },
  { kind: "long and hostile strings", text: LONG, least: 10 },
] as const;

for (const { kind, text, least } of FLOODS) {
  sizes(`50,000 disagreements with ${kind} make less than 1 MB and are counted`, () => {
    const report = reports.disagreement;
    const encoders = ["./a.wasm", "./b.wasm", "./c.wasm"];
    const disagreements = flood(sampleOf(report), 50_000, encoders, text);
    const page = renderComparePage({ ...report, disagreements }, COMMAND);
    assert.ok(Buffer.byteLength(page) < 1_000_000, `${Buffer.byteLength(page)} bytes`);
    const shown = page.match(/<article id="d-/g)?.length ?? 0;
    assert.ok(shown >= least, `${shown} are shown`);
    const rest = (50_000 - shown).toLocaleString("en-US");
    assert.match(page, `${rest} more disagreements left out`);
  });
}

sizes("a report in which everything is too long makes less than 1 MB", () => {
  const many = Array.from({ length: 300 }, (_, i) => `${i}${PATH}`);
  const report = reports.disagreement;
  const [live] = report.live.slice(-1);
  const [broken] = report.broken;
  const [fn] = report.functions;
  const [failure] = live?.failures ?? [];
  const [encoder] = report.encoders;
  assert.ok(live && broken && fn && failure && encoder);
  const arches = ["amd64", "arm64"] as const;
  const pairs = many.map((name, i) => ({
    encoders: [name, many[i + 1] ?? "headers"] as const,
    truth: i % 2 === 0,
    cases: 10,
    ...{ disagreed: 1, byDesign: 0, noInput: 0 },
  }));
  const page = renderComparePage(
    {
      ...report,
      seed: LONG,
      encoders: arches.flatMap((arch) => many.map((name) => ({ ...encoder, arch, name }))),
      functions: arches.flatMap((arch) =>
        FUNCTION_NAMES.map((name) => ({
          ...fn,
          arch,
          name,
          operation: FUNCTIONS[name].operation,
          pairs,
        })),
      ),
      layouts: arches.map((arch) => ({
        arch,
        encoders: many.map((name) => ({ name, compared: 9, disagreed: 3 })),
      })),
      disagreements: flood(sampleOf(report), 5000, many, LONG),
      broken: many.map((name) => ({ ...broken, encoder: name, message: LONG, replay: LONG })),
      live: many.map((name) => ({
        ...live,
        encoder: name,
        asked: LONG,
        failures: [{ ...failure, meant: LONG, seen: LONG, replay: LONG }],
      })),
      notes: many,
    },
    LONG,
  );
  assert.ok(Buffer.byteLength(page) < 1_000_000, `${Buffer.byteLength(page)} bytes`);
  for (const thing of ["encoders", "notes", "failures", "rows", "disagreements"]) {
    assert.match(page, new RegExp(`[\\d,]+ more ${thing} left out`));
  }
});

sizes("each function of each encoder is shown once before any is shown twice", () => {
  const sample = sampleOf(reports.disagreement);
  const noisy = flood(sample, 5000, ["noisy"], "").map((each, i) => ({
    ...each,
    name: "waitKind" as const,
    field: `${i}`,
  }));
  const quiet = FUNCTION_NAMES.map((name) => ({ ...sample, encoder: "quiet", name }));
  const chosen = choose([...noisy, ...quiet]);
  assert.is(chosen.length, TOTAL);
  assert.is(chosen.filter(({ encoder }) => encoder === "quiet").length, FUNCTION_NAMES.length);
  assert.is(choose(noisy.map((each) => ({ ...each, field: "same" }))).length, PER_FIELD);
});

sizes.run();
