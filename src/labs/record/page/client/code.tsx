import { useLayoutEffect, useRef } from "preact/hooks";
import type { Code } from "../../recording.ts";
import { arch, recording } from "./book.ts";
import { Fold, type Props } from "./folds.tsx";
import { Prose, Told } from "./text.tsx";

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
        label !== null && (
          <li key={label} class="label">
            <Told text={`${label}:`} />
          </li>
        ),
        <li
          key={offset}
          class={`${i === place?.executed ? "executed" : ""} ${i === place?.next ? "next" : ""}`}
          aria-current={i === place?.executed ? "step" : undefined}
        >
          <span>+{offset.toString(16).padStart(2, "0")}</span>
          <code>
            <Prose text={text} />
          </code>
          {i === place?.next && (
            <small>
              {place.within > 0 ? `${arch.NAMES.PC} is ${place.within} bytes into it` : "next"}
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
