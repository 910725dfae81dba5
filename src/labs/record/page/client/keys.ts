import { useLayoutEffect } from "preact/hooks";
import { actionOf } from "../../reading.ts";
import type { Walk } from "./book.ts";

/** What actions call a key of a browser. */
const nameOf = (key: string) => (key.length === 1 ? key : key.replace("Arrow", "").toLowerCase());

/** Keys that scroll, unless a question takes them. */
const SCROLLING = new Set(["ArrowUp", "ArrowDown"]);

/** Serves the keyboard, wherever the focus is, unless Enter means something there. */
export function useKeys({ reading, act }: Walk): void {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, target } = event;
      const isOfTarget =
        key === "Enter" && target instanceof Element && target.matches("a, button, summary, input");
      // AltGr, which some keyboards need for brackets, may come as Ctrl and Alt.
      const chord = event.ctrlKey || event.metaKey || event.altKey;
      if ((chord && !event.getModifierState("AltGraph")) || isOfTarget) return;
      if (serve(key)) event.preventDefault();
    };
    const serve = (key: string): boolean => {
      const keys = document.querySelector("#keys");
      if (key === "?") keys?.scrollIntoView();
      if (SCROLLING.has(key) && reading.asked === null) return false;
      const action = key === " " ? undefined : actionOf(reading, nameOf(key));
      if (action === undefined) return false;
      // Who has looked keys up wants to see what they do.
      if (keys !== null && keys.getBoundingClientRect().top < innerHeight) scrollTo(0, 0);
      act(action);
      return true;
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [reading, act]);
}
