import { useState } from "preact/hooks";
import { counted } from "../../../../page/figures.ts";
import { isOld, type Moment } from "../../../moment.ts";
import { annotator, moments } from "./book.ts";
import { Age, LaneName, Prose } from "./text.tsx";
import { Told } from "./told.tsx";
import { type ValueProps, ValueRow } from "./value.tsx";

/** What /proc says, with what has changed since it was last known. */
export function KernelView(props: ValueProps) {
  const { process, index } = props.moment;
  const known = moments.lane(process, index);
  const { kernel } = known;
  if (kernel === null) return null;
  const old = isOld(known, kernel, index);
  return (
    <>
      <h2 class="caption">
        /proc of <LaneName id={process} /> <Age known={known} value={kernel} index={index} />
      </h2>
      <table class={old ? "kernel old" : "kernel"} aria-label="What /proc says">
        <tbody>
          {annotator.kernelRows(known, index).map(({ term, value, before, changed }) => (
            <ValueRow
              key={term}
              {...props}
              lane={process}
              name={term}
              origin={moments.kernelOrigin(process, term, index)}
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
export function Memory({ moment }: { readonly moment: Moment }) {
  // Once opened, maps stay open.
  const [open, setOpen] = useState(false);
  const { memory } = moments.lane(moment.process, moment.index);
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
