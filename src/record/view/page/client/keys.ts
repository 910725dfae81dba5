import { find } from "./elements.ts";
import type { MoveName } from "./moves.ts";

const KEYS: Readonly<Record<string, MoveName>> = {
  ArrowLeft: "back",
  ArrowRight: "on",
  "Shift+ArrowLeft": "back-lane",
  "Shift+ArrowRight": "on-lane",
  "[": "back-event",
  "]": "on-event",
  Home: "first",
  End: "last",
};

/** Serves the keyboard, wherever the focus is, but where the key means something there already. */
export function serveKeys(move: (name: MoveName) => void): void {
  const help = find("#keys", HTMLDialogElement);
  find("#show-keys", HTMLButtonElement).addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    const { key, shiftKey, target } = event;
    // AltGr, which some keyboards need for brackets, may come as Ctrl and Alt.
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if ((chord && !event.getModifierState("AltGraph")) || help.open) return;
    if (takesText(target)) return;
    if (key === "?") {
      help.showModal();
      event.preventDefault();
      return;
    }
    const name = KEYS[shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key];
    if (name === undefined || (key.startsWith("Arrow") && scrollsSideways(target))) return;
    event.preventDefault();
    move(name);
  });
}

/** The slider takes the same keys, and means the same by them. */
function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox"].includes(target.type);
}

function scrollsSideways(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.matches(".scroll") &&
    target.scrollWidth > target.clientWidth
  );
}
