import { useLayoutEffect, useRef } from "preact/hooks";
import { type CodePlace, isOld, type Moment } from "../../moment.ts";
import type { Code } from "../../recording.ts";
import { hasEnded } from "../../stage/box.ts";
import { arch, moments, recording } from "./book.ts";
import { Fold } from "./fold.tsx";
import { colour, Prose } from "./text.tsx";
import { Told } from "./told.tsx";

/** The listing, with the place of each thread in it. */
export function CodeFold({ moment }: { readonly moment: Moment }) {
  const { place } = moment;
  const code = place?.code ?? recording.code[0];
  if (code === undefined) return null;
  return (
    <Fold
      kind="code"
      title={<Title code={code} />}
      wanted={place !== null && place.executed !== null}
    >
      <Listing code={code} moment={moment} />
    </Fold>
  );
}

function Title({ code }: { readonly code: Code }) {
  return (
    <>
      <Told text={code.name} /> <small>at {code.base}</small>
    </>
  );
}

function Listing({ code, moment }: { readonly code: Code; readonly moment: Moment }) {
  const list = useRef<HTMLOListElement>(null);
  const place = moment.place?.code === code ? moment.place : null;
  useLayoutEffect(() => reveal(list.current), [moment.index, code]);
  const threads = threadsIn(code, moment);
  return (
    // What scrolls can be scrolled by the keyboard, too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <ol class="listing" ref={list} tabIndex={0} aria-label="Listing">
      {code.lines.map((line, i) => (
        <Line
          key={line.offset}
          line={line}
          index={i}
          place={place}
          threads={threads.get(i) ?? []}
        />
      ))}
    </ol>
  );
}

/** The threads that are before each line, of which one knows that. */
function threadsIn(code: Code, { index, subject }: Moment): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const { id } of recording.lanes) {
    const known = moments.lane(id, index);
    const place = moments.placeOf(id, index);
    if (place?.code !== code || place.next === null || hasEnded(known.state)) continue;
    if (id === subject && known.registers !== null && isOld(known, known.registers, index))
      continue;
    found.set(place.next, [...(found.get(place.next) ?? []), id]);
  }
  return found;
}

interface LineProps {
  readonly line: Code["lines"][number];
  readonly index: number;
  readonly place: CodePlace | null;
  readonly threads: readonly string[];
}

function Line({ line, index, place, threads }: LineProps) {
  const executed = place?.executed === index;
  const next = place?.next === index;
  const within = next ? place.within : 0;
  const [text = "", comment = ""] = line.text.split(/(?= {2}#)/);
  return (
    <>
      {line.label !== null && (
        <li class="label">
          <Told text={`${line.label}:`} />
        </li>
      )}
      <li
        class={executed ? "executed" : next ? "next" : ""}
        aria-current={executed ? "step" : undefined}
      >
        <span class="threads" aria-hidden="true">
          {threads.map((id) => (
            <b key={id} class={colour(id)}>
              ▸
            </b>
          ))}
        </span>
        <span class="offset">+{line.offset.toString(16).padStart(2, "0")}</span>
        <code>
          <Prose text={text} />
        </code>
        <span class="comment">
          <Told text={comment} />
        </span>
        {executed && <span class="unseen">executed</span>}
        {next && (
          <span class="unseen">
            {within > 0 ? `${arch.NAMES.PC} is ${within} bytes into it` : "next"}
          </span>
        )}
      </li>
    </>
  );
}

/** Scrolls the listing alone so that the line of the step is seen. */
function reveal(list: HTMLElement | null): void {
  const item =
    list?.querySelector<HTMLElement>(".executed") ?? list?.querySelector<HTMLElement>(".next");
  if (list === null || item == null) return;
  const top = item.offsetTop - list.offsetTop;
  const inside = top >= list.scrollTop + 32 && top <= list.scrollTop + list.clientHeight - 48;
  if (!inside) list.scrollTop = top - list.clientHeight / 2;
}
