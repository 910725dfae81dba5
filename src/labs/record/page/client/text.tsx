import { type AllHTMLAttributes, Fragment, h } from "preact";
import { useState } from "preact/hooks";
import { isForeign } from "../../../../lib/page/html.ts";
import { cut, stretches } from "../../../../lib/visible.ts";
import { LEAST_PID } from "../../annotate.ts";
import type { Term } from "../../lesson_text.ts";
import { colourOf } from "../../stage/box.ts";
import { moments, recording, terms } from "./book.ts";

/** How much of a string is shown, in UTF-16 units: no real one is as long. */
const LONGEST = 3000;

/** A text in an element, if there is a tag; the rest are attributes of that. */
export interface Texts extends Omit<AllHTMLAttributes, "ref"> {
  readonly text: string;
  readonly tag?: keyof HTMLElementTagNameMap;
}

/** A string of unknown origin: its invisible characters are marked escapes, and it cannot move its neighbours. */
export function Told({ text, tag, ...attributes }: Texts) {
  const { text: head, rest } = cut(text, LONGEST);
  const parts = stretches(head).map((part) => (part.escaped ? <i>{part.text}</i> : part.text));
  if (rest > 0) parts.push("…");
  const told = isForeign(head) ? <bdi>{parts}</bdi> : <span>{parts}</span>;
  return h(tag ?? Fragment, attributes, told);
}

const pids = new Map(
  [...moments.lanesByPid]
    .filter(([pid]) => pid >= LEAST_PID)
    .flatMap(([pid, { id }]) =>
      [`${pid} ${id}`, `${pid}`, `0x${pid.toString(16)}`].map((text) => [text, id] as const),
    ),
);

/** Matches one of some words where it stands alone. */
export function matcher(words: Iterable<string>): RegExp {
  const escaped = [...words].map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return escaped.length === 0 ? /(?!)()/ : new RegExp(`(?<![\\w-])(${escaped.join("|")})(?!\\w)`);
}

const PID = matcher(pids.keys());

/** The same with each pid of a lane in the lane's colour; backticks are around code. */
export function Prose({ text, tag, ...attributes }: Texts) {
  const parts = text.split(/`([^`]+)`/).map((part, i) => {
    const inner = <Pids text={part} />;
    return i % 2 === 1 ? <code>{inner}</code> : inner;
  });
  return h(tag ?? Fragment, attributes, ...parts);
}

function Pids({ text }: { readonly text: string }) {
  return text.split(PID).map((part) => {
    const lane = pids.get(part);
    const told = <Told text={part} />;
    return lane === undefined ? told : <span class={`pid ${colour(lane)}`}>{told}</span>;
  });
}

/** The class of a lane's colour. */
export function colour(id: string): string {
  return `p${colourOf(recording.lanes, id)}`;
}

/** The name of a lane in its colour. */
export function LaneName({ id }: { readonly id: string }) {
  return <Told tag="b" class={colour(id)} text={id} />;
}

const byForm = new Map(terms.flatMap((term) => term.forms.map((form) => [form, term] as const)));
const TERM = matcher([...byForm.keys()].toSorted((a, b) => b.length - a.length));

/** A text in parts, of which each is a term or not; what is in backticks is code, and has none. */
const partsOf = (text: string) =>
  text.split(/(`[^`]+`)/).flatMap((part) => (part.startsWith("`") ? [part] : part.split(TERM)));

/** For each term the first text that has it, in the order in which one reads: there it is marked. */
const firsts = new Map<Term, string>();
const { introduction, steps, questions } = recording;
const textsOf = (index: number) => [
  ...questions.filter(({ step }) => step === index).map(({ text }) => text),
  ...[steps[index]?.why, steps[index]?.detail].map((text) => text ?? ""),
];
for (const text of [...introduction, ...[...steps.keys()].flatMap(textsOf)]) {
  for (const part of partsOf(text)) {
    const term = byForm.get(part);
    if (term !== undefined && !firsts.has(term)) firsts.set(term, text);
  }
}

/** A text in which each word of the glossary that is new can be asked for its meaning. */
export function Explained({ text, tag, ...attributes }: Texts) {
  const parts = partsOf(text);
  const known = parts.map((part) => byForm.get(part));
  const told = parts.map((part, i) => {
    const term = known[i];
    const isNew = term && firsts.get(term) === text && known.indexOf(term) === i;
    return isNew ? <Word text={part} term={term} /> : <Prose text={part} />;
  });
  return h(tag ?? Fragment, attributes, ...told);
}

function Word({ text, term }: { readonly text: string; readonly term: Term }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="gloss" aria-expanded={open} onClick={() => setOpen(!open)}>
        {text}
      </button>
      {open && <Prose tag="span" class="explained" text={term.text} />}
    </>
  );
}
