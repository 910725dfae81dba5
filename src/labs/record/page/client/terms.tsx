import { useId, useState } from "preact/hooks";
import type { Term } from "../../lesson_text.ts";
import { recording, terms } from "./book.ts";
import { matcher, Prose } from "./text.tsx";
import { Told } from "./told.tsx";

const byForm = new Map(terms.flatMap((term) => term.forms.map((form) => [form, term] as const)));
const TERM = matcher([...byForm.keys()].toSorted((a, b) => b.length - a.length));

/** For each term the first text that has it, in the order in which one reads: there it is marked. */
const firsts = new Map<Term, string>();
const { introduction, steps, questions } = recording;
const asked = (index: number) => questions.filter(({ step }) => step === index);
for (const text of [
  ...introduction,
  ...steps.flatMap(({ why, detail }, i) => [
    ...asked(i).map((question) => question.text),
    why,
    detail ?? "",
  ]),
]) {
  for (const part of text.split(TERM)) {
    const term = byForm.get(part);
    if (term !== undefined && !firsts.has(term)) firsts.set(term, text);
  }
}

/** A text in which each word of the glossary that is new can be asked for its meaning. */
export function Explained({ text }: { readonly text: string }) {
  const parts = text.split(TERM);
  return (
    <>
      {parts.map((part, i) => {
        const term = byForm.get(part);
        const isNew = term && firsts.get(term) === text && parts.indexOf(part) === i;
        return isNew ? <Word text={part} term={term} /> : <Prose text={part} />;
      })}
    </>
  );
}

function Word({ text, term }: { readonly text: string; readonly term: Term }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button
        type="button"
        class="term"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {text}
      </button>
      <span id={id} class="explained" hidden={!open}>
        <Told text={term.text} />
      </span>
    </>
  );
}
