import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { KernelRow, MeaningRow } from "../../annotate.ts";
import { hasEnded, isOld, type Known, type Moment } from "../../moment.ts";
import type { Code } from "../../recording.ts";
import { tellAge } from "../../tell.ts";
import { annotator, arch, moments, recording } from "./book.ts";
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
      <Told tag="th" scope="row" text={name} />
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

/** The listing, with the place of the thread in it; open where an instruction was executed. */
export function CodeFold({ moment }: Props) {
  const { place } = moment;
  const code = place?.code ?? recording.code[0];
  if (code === undefined) return null;
  const title = <Told text={`${code.name} at ${code.base}`} />;
  return (
    <Fold kind="code" title={title} wanted={place !== null && place.executed !== null}>
      <Listing code={code} moment={moment} />
    </Fold>
  );
}

function Listing({ code, moment }: Props & { readonly code: Code }) {
  const list = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => reveal(list.current), [moment.index, code]);
  const place = moment.place?.code === code ? moment.place : null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard (axe: scrollable-region-focusable)
    <ol class="listing" ref={list} tabIndex={0} aria-label="Listing">
      {code.lines.flatMap(({ offset, label, text }, i) => [
        label !== null && <Told tag="li" key={label} class="label" text={`${label}:`} />,
        <li
          key={offset}
          class={`${i === place?.executed ? "executed" : ""} ${i === place?.next ? "next" : ""}`}
          aria-current={i === place?.executed ? "step" : undefined}
        >
          <span>+{offset.toString(16).padStart(2, "0")}</span>
          <Prose tag="code" text={text} />
          {i === place?.next && (
            <small>
              {place.within > 0
                ? `${arch.INSTRUCTION_POINTER} is ${place.within} bytes into it`
                : "next"}
            </small>
          )}
        </li>,
      ])}
    </ol>
  );
}

/** Scrolls the listing alone so that the line of the step is seen. */
function reveal(list: HTMLElement | null): void {
  const line = list?.querySelector<HTMLElement>(".executed, .next");
  if (list === null || line == null) return;
  const top = line.offsetTop - list.offsetTop;
  const inside = top >= list.scrollTop + 32 && top <= list.scrollTop + list.clientHeight - 48;
  if (!inside) list.scrollTop = top - list.clientHeight / 2;
}
