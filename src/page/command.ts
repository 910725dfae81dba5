import { visible } from "../visible.ts";
import { type Html, html, plain, shown } from "./html.ts";

/** How long a command may be to be shown as a whole, in UTF-16 units, and how much is shown of a longer one. */
const LIMIT = 4000;
const BEGINNING = 400;

/**
 * A command to be copied, where what is shown is the command: neither cut nor with escapes in it.
 *
 * @param what what it is the command of, after "Copy", e.g. "the replay of r10"
 */
export function renderCommand(command: string, what: string): Html {
  if (command.length > LIMIT || visible(command) !== command) {
    return html`<code>${shown(command, BEGINNING)}</code>`;
  }
  return html`<div class="command" data-what="${plain(what)}"><code>${shown(command, LIMIT)}</code></div>`;
}

/** Where it is said that something was copied; a page has it once. */
export const COPY_STATUS = html`<p class="unseen" role="status" id="copied"></p>`;

/** Gives each command a button that copies it. */
export function offerCopies(): void {
  const status = document.querySelector("#copied");
  let last: Text | undefined;

  const tell = (label: Text, word: string, sentence: string) => {
    if (last !== undefined) last.data = "Copy";
    label.data = word;
    last = label;
    if (status === null) return;
    // The same sentence twice is announced twice only if it goes away between.
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
      // A page that came over plain HTTP has no clipboard.
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
