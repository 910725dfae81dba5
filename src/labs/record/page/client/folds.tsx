import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { KernelRow, MeaningRow } from "../../annotate.ts";
import { hasEnded, isOld, type Known, type Moment } from "../../moment.ts";
import { tellAge } from "../../tell.ts";
import { annotator, moments } from "./book.ts";
import { stageOf } from "./stage.tsx";
import { StepLink } from "./story.tsx";
import { LaneName, Prose, Told } from "./text.tsx";

export interface Props {
  readonly moment: Moment;
}

interface FoldProps {
  readonly kind: string;
  readonly title: ComponentChildren;
  /** Whether the step needs it. */
  readonly wanted: boolean;
  readonly children: ComponentChildren;
}

/** A part under the stage: open at the steps that need it, until the reader opens or closes it. */
export function Fold({ kind, title, wanted, children }: FoldProps) {
  const [chosen, choose] = useState<boolean | null>(null);
  const open = chosen ?? wanted;
  return (
    <details
      class={`fold ${kind}`}
      open={open}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open !== open) choose(currentTarget.open);
      }}
    >
      <summary>{title}</summary>
      {open && children}
    </details>
  );
}

/** The registers of the thread; open where one has changed that the stage does not show. */
export function RegistersFold({ moment }: Props) {
  const { known, index, since, subject } = moment;
  if (known.registers === null) return null;
  const { INSTRUCTION_POINTER, FLAGS } = moments.arch;
  const box = stageOf(index, since).boxes.find(({ id }) => id === subject);
  const words = box?.words ?? [];
  const staged = new Set([INSTRUCTION_POINTER, FLAGS, ...words.map(({ name }) => name)]);
  const rows = annotator.registers(moment);
  const wanted = rows.some(({ name, changed }) => changed && !staged.has(name));
  return (
    <ValuesFold kind="values" name="Registers" of={known.registers} {...{ moment, rows, wanted }} />
  );
}

/** What /proc says of the process, with what has changed since it was last known. */
export function ProcFold({ moment }: Props) {
  const { known, index, since, subject } = moment;
  const { kernel } = known;
  if (kernel === null || (hasEnded(known.state) && kernel.step < index)) return null;
  const rows = annotator.kernelRows(subject, index, since);
  const wanted = rows.some(({ changed }) => changed);
  return <ValuesFold kind="kernel" name="/proc" of={kernel} {...{ moment, rows, wanted }} />;
}

type Value = KernelRow | MeaningRow;

interface ValuesProps extends Props, Omit<FoldProps, "title" | "children"> {
  readonly name: string;
  readonly of: Known<unknown>;
  readonly rows: readonly Value[];
}

/** Values, and what they were before. */
function ValuesFold({ kind, name, of, rows, wanted, moment }: ValuesProps) {
  const title = (
    <>
      {name} of <LaneName id={moment.subject} /> <small>{tellAge(moment, of)}</small>
    </>
  );
  return (
    <Fold kind={kind} title={title} wanted={wanted}>
      <table class={isOld(moment.known, of, moment.index) ? "old" : ""} aria-label={name}>
        <tbody>
          {rows.map((row) => (
            <Row key={row.name} {...row} />
          ))}
        </tbody>
      </table>
    </Fold>
  );
}

function Row({ name, before, after, changed, by, ...row }: Value) {
  const text = <Prose text={after} />;
  return (
    <tr class={changed ? "changed" : ""} data-name={name}>
      <th scope="row">
        <Told text={name} />
      </th>
      <td>
        {changed && (
          <span class="soft">
            <Prose text={before ?? ""} />
            {" → "}
          </span>
        )}
        {changed ? <mark>{text}</mark> : text}
        {"meaning" in row && row.meaning !== null && (
          <span class="soft">
            {" = "}
            <Prose text={row.meaning} />
          </span>
        )}
        {by !== null && [" ", <StepLink key={by} index={by} />]}
      </td>
    </tr>
  );
}
