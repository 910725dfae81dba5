import type { Operation } from "../../../core/encoder/abi.ts";
import type { Arch } from "../../../core/machine/index.ts";
import { count, counted } from "../../../lib/page/figures.ts";
import { fit } from "../../../lib/page/fit.ts";
import { type Html, html, plain } from "../../../lib/page/html.ts";

/** How many bytes of the page the options of one control take at most. */
const BYTES = 20_000;

/** What can be chosen. */
export interface Choices {
  readonly encoders: readonly string[];
  readonly operations: readonly Operation[];
  readonly arches: readonly Arch[];
  /** How many disagreements the page shows. */
  readonly count: number;
}

/** The form that narrows the disagreements down; it appears with the script that serves it. */
export function renderFilter({ encoders, operations, arches, count: all }: Choices): Html {
  const numbered = encoders.map((name, i) => ({ value: String(i), text: plain(name, 60) }));
  return html`<form id="filter" hidden aria-label="Filter the disagreements">
${renderSelect("encoder", numbered)}
${renderSelect("operation", operations.map(same))}
${renderSelect("arch", arches.map(same), "architecture")}
<button type="button">Show all</button>
<p role="status" id="filtered">${counted(all, "disagreement")}</p>
</form>`;
}

const same = (text: string) => ({ value: text, text });

function renderSelect(
  name: string,
  options: readonly { readonly value: string; readonly text: string }[],
  label = name,
): Html {
  const rows = fit(
    options,
    ({ value, text }) => html`<option value="${value}">${text}</option>`,
    BYTES,
  );
  return html`<label>${label} <select name="${name}" autocomplete="off"><option value="">all (${count(options.length)})</option>${rows}</select></label>`;
}

/** Hides what the form does not ask for, and says how many are left. */
export function serveFilter(): void {
  const form = document.querySelector<HTMLFormElement>("#filter");
  const status = document.querySelector<HTMLElement>("#filtered");
  if (form === null || status === null) return;
  const cards = [...document.querySelectorAll<HTMLElement>("article[data-operation]")];
  const groups = [...document.querySelectorAll<HTMLElement>(".group")];

  const show = () => {
    const wanted = [...new FormData(form)].filter(([, value]) => value !== "");
    const fits = (card: HTMLElement) =>
      wanted.every(([name, value]) => card.dataset[name] === value);
    for (const card of cards) card.hidden = !fits(card);
    for (const group of groups)
      group.hidden = group.querySelector("article:not([hidden])") === null;
    const left = cards.filter((card) => !card.hidden).length;
    const all = `${cards.length} disagreement${cards.length === 1 ? "" : "s"}`;
    status.textContent = left === cards.length ? all : `${left} of ${all}`;
  };

  const showAll = () => {
    form.reset();
    show();
  };

  /** A link to what is hidden shows it. */
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target === null || target.closest("[hidden]") === null) return;
    showAll();
    target.scrollIntoView();
  };

  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("button")?.addEventListener("click", showAll);
  addEventListener("hashchange", reveal);
  form.hidden = false;
}
