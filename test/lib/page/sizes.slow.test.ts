// What is too much for a page is left out and counted: pages of comparisons stay small; a recording that is too large is refused.

import { FUNCTIONS } from "../../../src/core/encoder/abi.ts";
import { renderComparePage } from "../../../src/labs/compare/page.ts";
import { renderRecordingPage } from "../../../src/labs/record/page/page.ts";
import { disagreement } from "../../support/compare_reports.ts";
import { prolonged } from "../../support/recordings.ts";

const recordings = suite("recording page: size");

recordings("of a recording that is too large there is no page", async () => {
  const host = await recordingOf("host");
  assert.throws(
    () => renderRecordingPage(prolonged(host, 100_000)),
    /^the recording is too large for a page: [\d,]+ bytes, the limit is 4,000,000$/,
  );
  assert.match(renderRecordingPage(prolonged(host, 1000)), "<!DOCTYPE html>");
});

const sizes = suite("compare page: size");

/** A string that grows when it is escaped, as long as a path may be. */
const LONG = '\u202e"<&'.repeat(1000);

sizes("a report in which everything is too long makes less than 1 MB", async () => {
  const many = Array.from({ length: 300 }, (_, i) => `${i}${LONG}`);
  const report = await disagreement();
  const [live] = report.live.slice(-1);
  const [broken] = report.broken;
  const [fn] = report.functions;
  const [failure] = live?.failures ?? [];
  const [encoder] = report.encoders;
  const [found] = report.disagreements;
  assert.ok(live && broken && fn && failure && encoder && found);
  const word = { name: LONG, word: LONG, told: LONG };
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
      disagreements: many.map((name) => ({
        ...found,
        encoder: name,
        field: LONG,
        flags: [LONG, LONG],
        replay: LONG,
        input: Array.from({ length: 40 }, () => word),
      })),
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
  for (const thing of ["encoders", "notes", "rows", "findings"]) {
    assert.match(page, new RegExp(`[\\d,]+ more ${thing} left out`));
  }
});
