import { counted } from "../../../../lib/page/figures.ts";
import { isOld, type Moment } from "../../moment.ts";
import { hasEnded } from "../../stage/box.ts";
import { annotator, moments } from "./book.ts";
import { Fold } from "./fold.tsx";
import { LaneName, Prose } from "./text.tsx";
import { Told } from "./told.tsx";
import { Age, type ValueProps, ValueRow } from "./value.tsx";

/** What /proc says of the process, with what has changed since it was last known. */
export function ProcFold(props: ValueProps) {
  const { subject, known, index } = props.moment;
  const { kernel } = known;
  if (kernel === null || (hasEnded(known.state) && kernel.step < index)) return null;
  const rows = annotator.kernelRows(known, index);
  const title = (
    <>
      /proc of <LaneName id={subject} /> <Age moment={props.moment} value={kernel} />
    </>
  );
  return (
    <Fold kind="kernel" title={title} wanted={rows.some(({ changed }) => changed)}>
      <table class={isOld(known, kernel, index) ? "old" : ""} aria-label="What /proc says">
        <tbody>
          {rows.map(({ term, value, before, changed }) => (
            <ValueRow
              key={term}
              {...props}
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
    </Fold>
  );
}

/** The memory map, with what came and what went where it changed. */
export function MemoryFold({ moment }: { readonly moment: Moment }) {
  const { memory } = moment.known;
  if (memory === null) return null;
  const now = memory.value;
  const before = memory.step === moment.index ? (memory.before ?? now) : now;
  const [old, all] = [new Set(before), new Set(now)];
  const gone = before.filter((line) => !all.has(line));
  const came = now.filter((line) => !old.has(line)).length;
  const change = came + gone.length === 0 ? "" : `: ${came} new, ${gone.length} gone`;
  const title = `Memory, ${counted(now.length, "mapping")}${change}`;
  return (
    <Fold kind="memory" title={title} wanted={change !== "" && memory.before !== null}>
      <ul>
        {now.map((line) => (
          <Mapping key={line} line={line} sign={old.has(line) ? "" : "+"} />
        ))}
        {gone.map((line) => (
          <Mapping key={line} line={line} sign="−" />
        ))}
      </ul>
    </Fold>
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
