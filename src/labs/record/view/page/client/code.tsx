import { useLayoutEffect, useRef } from "preact/hooks";
import { type CodePlace, isOld, type Moment } from "../../../moment.ts";
import type { Code } from "../../../recording.ts";
import { arch, colourOf, moments, recording } from "./book.ts";
import { useSize } from "./resize.ts";
import { Prose } from "./text.tsx";
import { Told } from "./told.tsx";

/** The height of a line; the style has the same. */
const LINE = 1.25;

/** A row of the listing: a label, or a line of the code by its index. */
type Row = { readonly label: string } | { readonly line: number };

/** Whether a recording has instructions, or registers from which one knows where a thread is. */
export const hasCode = recording.steps.some(
  ({ instruction, registers }) => instruction !== null || registers !== null,
);

/** The listing, with the place of each thread in it. */
export function CodeColumn({ moment }: { readonly moment: Moment }) {
  const place = moment.place ?? lastPlace(moment);
  const code = place?.code ?? recording.code[0];
  return (
    <section class="column code" aria-labelledby="code-title">
      <div class="stay">
        <h2 id="code-title" class="caption">
          {code === undefined ? "Code" : <Told text={code.name} />}
          {code !== undefined && <small> at {code.base}</small>}
        </h2>
        {code === undefined ? (
          <p class="soft">This recording has no instructions.</p>
        ) : (
          <Listing code={code} moment={moment} />
        )}
      </div>
    </section>
  );
}

/** Where the thread was when it was last in a code: it may have left it. */
function lastPlace({ subject, index }: Moment): { readonly code: Code } | undefined {
  for (let i = Math.min(index, recording.steps.length - 1); i >= 0; i--) {
    const step = recording.steps[i];
    if (step?.about !== subject || step.instruction === null) continue;
    const { code: name } = step.instruction;
    return { code: recording.code.find((each) => each.name === name) ?? emptyCode };
  }
  return undefined;
}

const emptyCode: Code = { name: "", base: "0x0", lines: [] };

function Listing({ code, moment }: { readonly code: Code; readonly moment: Moment }) {
  const list = useRef<HTMLElement>(null);
  const rows = rowsOf(code);
  const place = moment.place?.code === code ? moment.place : null;
  const rowOf = (line: number | null) =>
    rows.findIndex((row) => "line" in row && row.line === line);
  const current = rowOf(place?.executed ?? place?.next ?? null);
  useLayoutEffect(() => reveal(list.current, current), [current, code]);
  // What scrolls can be scrolled by the keyboard, too.
  useSize(list, (element) => {
    element.tabIndex = element.scrollHeight > element.clientHeight ? 0 : -1;
  });
  return (
    <section class="listing" ref={list} aria-label="Listing">
      <ol>
        {rows.map((row) => {
          if ("label" in row) {
            return (
              <li key={row.label} class="label">
                <span>
                  <Told text={row.label} />:
                </span>
              </li>
            );
          }
          return <Line key={row.line} code={code} index={row.line} place={place} />;
        })}
      </ol>
      <Pointers code={code} moment={moment} rowOf={rowOf} />
    </section>
  );
}

function rowsOf({ lines }: Code): Row[] {
  return lines.flatMap(({ label }, line): Row[] =>
    label === null ? [{ line }] : [{ label }, { line }],
  );
}

function Line({ code, index, place }: { code: Code; index: number; place: CodePlace | null }) {
  const line = code.lines[index];
  if (line === undefined) return null;
  const executed = place?.executed === index;
  const next = place?.next === index;
  const [text = "", comment = ""] = line.text.split(/(?= {2}#)/);
  return (
    <li
      class={executed ? "executed" : next ? "next" : ""}
      aria-current={executed ? "step" : undefined}
    >
      <span class="offset">+{line.offset.toString(16).padStart(2, "0")}</span>
      <code>
        <Prose text={text} />
      </code>
      <span class="comment">
        <Told text={comment} />
      </span>
      <span class="bytes">
        <Told text={line.bytes} />
      </span>
      {executed && <span class="unseen">executed</span>}
      {next && (
        <span class="unseen">
          {(place?.within ?? 0) > 0 ? `${arch.NAMES.PC} is ${place?.within} bytes into it` : "next"}
        </span>
      )}
    </li>
  );
}

interface PointersProps {
  readonly code: Code;
  readonly moment: Moment;
  readonly rowOf: (line: number | null) => number;
}

/** Where the next instruction of each thread is: an arrow that moves, so that one sees it go back as well. */
function Pointers({ code, moment, rowOf }: PointersProps) {
  return (
    <div class="pointers" aria-hidden="true">
      {recording.lanes.map(({ id }, i) => {
        const place = moments.placeOf(id, moment.index);
        const known = moments.lane(id, moment.index);
        const { state, registers } = known;
        if (place?.code !== code || place.next === null || state === "Z" || state === "X") {
          return null;
        }
        const row = rowOf(place.next) + (place.within > 0 ? 0.5 : 0);
        const old = registers !== null && isOld(known, registers, moment.index);
        const mine = id === moment.subject && !old;
        return (
          <span
            key={id}
            class={`pointer ${colourOf(id)}${mine ? " mine" : ""}`}
            style={{ transform: `translate(${mine ? 0 : -i}px, ${row * LINE}rem)` }}
          >
            ▸
          </span>
        );
      })}
    </div>
  );
}

/** Scrolls the listing alone so that a row is seen. */
function reveal(list: HTMLElement | null, row: number): void {
  const item = list?.querySelectorAll<HTMLElement>("li")[row];
  if (list === null || item === undefined) return;
  const [top, bottom] = [item.offsetTop, item.offsetTop + item.offsetHeight];
  if (top >= list.scrollTop + 32 && bottom <= list.scrollTop + list.clientHeight - 32) return;
  list.scrollTop = top - list.clientHeight / 2;
}
