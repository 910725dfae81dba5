import { stepNumber } from "../../told.ts";
import { find } from "./elements.ts";

/** The index of the step that an address names: "#step=12". */
export function stepOf(fragment: string, count: number): number | undefined {
  const [, digits] = /^#step=(\d{1,7})$/.exec(fragment) ?? [];
  const index = Number(digits) - 1;
  return index >= 0 && index < count ? index : undefined;
}

/**
 * Serves the links to steps, and addresses that are typed.
 *
 * @param go goes to a step; `far` tells whether the link may be far away from where the step is shown
 */
export function serveLinks(count: number, go: (index: number, far: boolean) => void): void {
  for (const row of document.querySelectorAll("tr[id^='step=']")) {
    // Here the link leads to the step itself: the browser is not to scroll to the row.
    row.id = row.id.replace("step=", "row-");
  }
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element))
      return;
    const link = event.target.closest("a[href^='#step=']");
    const index = stepOf(link?.getAttribute("href") ?? "", count);
    if (index === undefined) return;
    event.preventDefault();
    go(index, link?.closest("#picture") === null);
  });
  addEventListener("hashchange", () => {
    const index = stepOf(location.hash, count);
    if (index !== undefined) go(index, true);
  });
}

const fragmentOf = (index: number) => `#step=${stepNumber(index)}`;

/** Has the address name a step, without a new entry in the history. */
export function nameInAddress(index: number): void {
  if (location.hash !== fragmentOf(index)) history.replaceState(null, "", fragmentOf(index));
}

/** Serves the button that copies a link to the step. */
export function serveCopying(index: () => number, announce: (sentence: string) => void): void {
  const button = find("#copy-link", HTMLButtonElement);
  button.addEventListener("click", async () => {
    const link = new URL(fragmentOf(index()), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      button.textContent = "Copied";
      announce(`Copied a link to step ${stepNumber(index())}`);
    } catch {
      // A page that came over plain HTTP has no clipboard.
      nameInAddress(index());
      button.textContent = "See the address";
      announce("Scripts may not copy here: the address of this page is the link");
    }
    setTimeout(() => {
      button.textContent = "Copy link";
    }, 2000);
  });
}
