import { useState } from "preact/hooks";
import type { Term } from "../../lesson_text.ts";
import { recording, terms } from "./book.ts";
import { matcher, Prose } from "./text.tsx";

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
export function Explained({ text }: { readonly text: string }) {
  const parts = partsOf(text);
  const known = parts.map((part) => byForm.get(part));
  return parts.map((part, i) => {
    const term = known[i];
    const isNew = term && firsts.get(term) === text && known.indexOf(term) === i;
    return isNew ? <Word text={part} term={term} /> : <Prose text={part} />;
  });
}

function Word({ text, term }: { readonly text: string; readonly term: Term }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="gloss" aria-expanded={open} onClick={() => setOpen(!open)}>
        {text}
      </button>
      {open && (
        <span class="explained">
          <Prose text={term.text} />
        </span>
      )}
    </>
  );
}
