import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { type Action, actionOf, type Reading } from "../../reading.ts";

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "home",
  End: "end",
  Enter: "enter",
};

/** Keys that scroll, unless a question takes them. */
const SCROLLING = new Set(["ArrowUp", "ArrowDown"]);

const KEYS: Readonly<Record<string, string>> = {
  "← →": "the step before, and the next",
  "Shift ← →": "the same of the process that acts",
  "[ ]": "the event before, and the next: whatever is no instruction",
  "Home End": "the introduction, and the end or the next question",
  "1 2 3": "answer a question",
  "↑ ↓ Enter": "choose an answer, and give it",
  "s a": "show the answer; ask again",
  "?": "these keys",
};

interface Serving {
  readonly reading: Reading;
  readonly act: (action: Action) => void;
  readonly showKeys: () => void;
}

/** Serves the keyboard, wherever the focus is, unless the key means something there. */
export function useKeys({ reading, act, showKeys }: Serving): void {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, shiftKey, target } = event;
      // AltGr, which some keyboards need for brackets, may come as Ctrl and Alt.
      const chord = event.ctrlKey || event.metaKey || event.altKey;
      if ((chord && !event.getModifierState("AltGraph")) || isTaken(target, key)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (serve(key, shiftKey)) event.preventDefault();
    };
    const serve = (key: string, shift: boolean): boolean => {
      if (key === "?") {
        showKeys();
        return true;
      }
      if (SCROLLING.has(key) && reading.asked === null) return false;
      const action = key === " " ? undefined : actionOf(reading, NAMES[key] ?? key);
      if (action === undefined) return false;
      const lane = reading.recording.steps[reading.at]?.lane;
      act(shift && action.kind === "step" ? { ...action, within: lane } : action);
      return true;
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [reading, act, showKeys]);
}

/** Whether a key means something where the focus is. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (key === "Enter") return target.matches("a, button, summary, input");
  if (target.matches("select, textarea, input:not([type=range], [type=checkbox])")) return true;
  const sideways = key === "ArrowLeft" || key === "ArrowRight";
  return sideways && target.matches(".scroll") && target.scrollWidth > target.clientWidth;
}

export function KeysDialog({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog id="keys" aria-labelledby="keys-title" ref={dialog}>
      <h2 id="keys-title">Keys</h2>
      <dl class="facts">
        {Object.entries(KEYS).map(([keys, what]) => [
          <dt key={keys}>
            <kbd>{keys}</kbd>
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
