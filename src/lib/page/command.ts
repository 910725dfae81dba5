import { visible } from "../visible.ts";
import { type Html, html, join, plain, shown } from "./html.ts";

/** The longest command that is shown whole, in UTF-16 units, and how much of a longer one is shown. */
const LIMIT = 4000;
const BEGINNING = 400;

/**
 * A command with a button that copies it. A command that is cut, or shown with escapes, has no button.
 *
 * @param what what the button copies, e.g. "the replay of r10"
 */
export function renderCommand(command: string, what: string): Html {
  if (command.length > LIMIT || visible(command) !== command) {
    return html`<code>${shown(command, BEGINNING)}</code>`;
  }
  // Lines break between words only, not after the hyphens of options.
  const words = command.split(" ").map((word) => html`<span>${shown(word, LIMIT)}</span>`);
  return html`<div class="command" data-what="${plain(what)}"><code>${join(words, " ")}</code></div>`;
}

/** The status line that reports a copy; once in a page. */
export const COPY_STATUS = html`<p class="unseen" role="status" id="copied"></p>`;

/** Adds a button that copies it to each command. */
export function offerCopies(): void {
  const status = document.querySelector("#copied");
  let last: Text | undefined;

  const tell = (label: Text, word: string, sentence: string) => {
    if (last !== undefined) last.data = "Copy";
    label.data = word;
    last = label;
    if (status === null) return;
    // A repeated sentence is announced again only if it was removed in between.
    status.textContent = "";
    requestAnimationFrame(() => {
      status.textContent = sentence;
    });
  };

  const copy = async (code: Element, label: Text, what: string) => {
    const text = code.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page loaded over plain HTTP has no clipboard.
      getSelection()?.selectAllChildren(code);
      if (!document.execCommand("copy")) {
        tell(label, "Selected", `Selected ${what}: copy it with your keyboard`);
        return;
      }
    }
    tell(label, "Copied", `Copied ${what}`);
  };

  for (const command of document.querySelectorAll<HTMLElement>(".command")) {
    const code = command.querySelector("code");
    if (code === null) continue;
    const what = command.dataset.what ?? "the command";
    const button = document.createElement("button");
    const label = document.createTextNode("Copy");
    const rest = document.createElement("span");
    rest.className = "unseen";
    rest.textContent = ` ${what}`;
    button.type = "button";
    button.append(label, rest);
    button.addEventListener("click", () => void copy(code, label, what));
    command.append(button);
  }
}
