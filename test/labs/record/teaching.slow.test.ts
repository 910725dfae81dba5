// The figures of lessons in docs/teaching.md. WRITE_DOCUMENTS=1 writes them anew.

import { HOST_ARCH } from "../../../src/core/machine/index.ts";
import { eventsOf } from "../../../src/labs/record/event.ts";
import { LESSONS, renderRecordingPage } from "../../../src/labs/record/index.ts";

const figures = suite("teaching: figures");
const only = needs(figures, { amd64: HOST_ARCH === "amd64" });
const FILE = "docs/teaching.md";

/** The size of a page differs with the machine, by so many kB. */
const ABOUT = 60;

/** What a lesson shows differs with the kernel for this one. */
const isSame = (row: string) => !row.startsWith("| rseq ");

/** A row without the size, and the size. */
async function rowOf(name: string): Promise<readonly [row: string, size: number]> {
  const recording = await recordingOf(name);
  const { introduction, questions } = recording;
  const events = eventsOf(recording);
  // A slide for each paragraph of the introduction, each event and each question.
  const slides = questions.map(({ step }, i) => introduction.length + events.indexOf(step) + i + 1);
  const told = [events.length, questions[0]?.step ?? "", questions.length, slides.join(", ")];
  const size = Buffer.byteLength(renderRecordingPage(recording)) / 1000;
  return [`| ${[name, ...told].join(" | ")} |`, Math.round(size / 10) * 10];
}

only("are as the table says, one row for each lesson", async () => {
  const page = readFileSync(FILE, "utf8");
  const [head = "", table = ""] = /\| lesson \|.*\n.*\n((?:\|.*\n)*)/.exec(page) ?? [];
  const rows = [];
  for (const name of LESSONS) rows.push(await rowOf(name));
  if (process.env.WRITE_DOCUMENTS) {
    const written = rows.map(([row, size]) => `${row} ${size} |\n`).join("");
    writeFileSync(
      FILE,
      page.replace(head, () => head.replace(table, "") + written),
    );
    return;
  }
  const told = table
    .trimEnd()
    .split("\n")
    .map((line) => /^(.*\|) (\d+) \|$/.exec(line) ?? []);
  const stated = told.map(([, row = ""]) => row);
  assert.is(stated.length, rows.length);
  assert.equal(rows.map(([row]) => row).filter(isSame), stated.filter(isSame));
  for (const [i, [row, size]] of rows.entries())
    assert.ok(Math.abs(Number(told[i]?.[2]) - size) <= ABOUT, `${row} ${size}`);
});
