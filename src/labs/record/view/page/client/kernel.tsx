import { useState } from "preact/hooks";
import { counted } from "../../../../../lib/page/figures.ts";
import { isOld, type Moment } from "../../../moment.ts";
import { annotator, moments } from "./book.ts";
import { Age, LaneName, Prose } from "./text.tsx";
import { Told } from "./told.tsx";
import { type ValueProps, ValueRow } from "./value.tsx";

/** What /proc says of the process, and its memory. */
export function ProcessView(props: ValueProps) {
  const { kernel, memory } = props.moment.known;
  if (kernel === null && memory === null) return null;
  return (
    <section class="process" aria-label="/proc and memory">
      <KernelTable {...props} />
      <Memory moment={props.moment} />
    </section>
  );
}

/** With what has changed since it was last known. */
function KernelTable(props: ValueProps) {
  const { subject, known, index } = props.moment;
  const { kernel } = known;
  if (kernel === null) return null;
  const old = isOld(known, kernel, index);
  return (
    <>
      <h2 class="caption">
        /proc of <LaneName id={subject} /> <Age known={known} value={kernel} index={index} />
      </h2>
      <table class={old ? "kernel old" : "kernel"} aria-label="What /proc says">
        <tbody>
          {annotator.kernelRows(known, index).map(({ term, value, before, changed }) => (
            <ValueRow
              key={term}
              {...props}
              lane={subject}
              name={term}
              origin={moments.kernelOrigin(subject, term, index)}
              changed={changed}
              before={before ?? ""}
            >
              {changed ? (
                <mark>
                  <Prose text={value} />
                </mark>
              ) : (
                <Prose text={value} />
              )}
            </ValueRow>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The memory map, with what came and what went where it changed. */
function Memory({ moment }: { readonly moment: Moment }) {
  // Once opened, maps stay open.
  const [open, setOpen] = useState(false);
  const { memory } = moment.known;
  if (memory === null) return null;
  const now = memory.value;
  const before = memory.step === moment.index ? (memory.before ?? now) : now;
  const [old, all] = [new Set(before), new Set(now)];
  const gone = before.filter((line) => !all.has(line));
  const came = now.filter((line) => !old.has(line)).length;
  const change = came + gone.length === 0 ? "" : `: ${came} new, ${gone.length} gone`;
  return (
    <details
      class="memory"
      open={open}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        Memory, {counted(now.length, "mapping")}
        {change}
      </summary>
      {open && (
        <ul>
          {now.map((line) => (
            <Mapping key={line} line={line} sign={old.has(line) ? "" : "+"} />
          ))}
          {gone.map((line) => (
            <Mapping key={line} line={line} sign="−" />
          ))}
        </ul>
      )}
    </details>
  );
}

const SIGNS: Readonly<Record<string, string>> = { "+": "new", "−": "gone" };

function Mapping({ line, sign }: { readonly line: string; readonly sign: string }) {
  return (
    <li class={sign === "" ? "" : "changed"}>
      {sign !== "" && (
        <span class="sign" role="img" aria-label={SIGNS[sign]}>
          {sign}
        </span>
      )}
      <Told text={line} />
    </li>
  );
}
