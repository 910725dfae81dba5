import { type Reading, seenAt } from "../../../reading.ts";
import { recording } from "./book.ts";

// The parts of the page that need no script: the introduction, the table of all steps, the end. With the script the
// introduction folds, and what the reader has not reached yet is hidden.

const about = document.querySelector<HTMLDetailsElement>("#about");
const end = document.querySelector<HTMLElement>("#ending");
const rows = [...document.querySelectorAll<HTMLElement>("tr[id^='step=']")];
for (const row of rows) {
  // Here a link leads to the step itself: the browser is not to scroll to the row.
  row.id = row.id.replace("step=", "row-");
}

let place = -2;

export function showStatic(reading: Reading): void {
  const { reached, asks } = reading;
  const seen = seenAt(reading);
  if (about !== null && place !== seen && (place < 0 || seen < 0)) about.open = seen < 0;
  place = seen;
  document.documentElement.classList.toggle("reading", seen >= 0);
  const known = asks ? reached : recording.steps.length;
  end?.classList.toggle("future", known < recording.steps.length);
  for (const [i, row] of rows.entries()) row.classList.toggle("future", i > known);
  const note = document.querySelector<HTMLElement>("#later");
  if (note !== null) note.hidden = known >= recording.steps.length - 1;
}
