import { arch, colourOf, moments, recording } from "./book.ts";

/** How long words take from the parent's lane to the child's, in milliseconds. */
const TIME = 1100;

/** How many words are carried at most: more would hide each other. */
const MOST = 3;

/**
 * Shows, at the birth of a lane, the registers that go from parent to child: those that the tracer wrote for it. What
 * it shows is in the tables as well.
 */
export function carryRegisters(index: number): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const arrow = recording.arrows.find(({ kind, to }) => kind === "clone" && to === index);
  const [parent, child] = [arrow?.from, arrow?.to].map((at) => recording.steps[at ?? -1]?.lane);
  if (parent === undefined || child === undefined || parent === child) return;
  const rows = moments.at(index).registers.filter(({ name }) => {
    const origin = moments.registerOrigin(child, name, index);
    const writer = origin?.clone ? recording.steps[origin.step] : undefined;
    // What the call itself takes is not a message to the child.
    return writer?.lane !== parent && origin?.set && !CALL.has(name);
  });
  const [from, to] = [boxOf(parent), boxOf(child)];
  const now = document.querySelector(".now");
  if (from === undefined || to === undefined) return;
  for (const [i, { name, after }] of rows.slice(0, MOST).entries()) {
    const chip = document.createElement("span");
    chip.className = `carried ${colourOf(parent)}`;
    chip.setAttribute("aria-hidden", "true");
    chip.textContent = `${name} ${after}`;
    document.body.append(chip);
    const x = (now?.getBoundingClientRect().right ?? from.right) + 12 + i * 112;
    const way = [
      { transform: `translate(${x}px, ${from.top}px)`, opacity: 0 },
      { transform: `translate(${x}px, ${from.top}px)`, opacity: 1, offset: 0.2 },
      { transform: `translate(${x}px, ${to.top}px)`, opacity: 1, offset: 0.8 },
      { transform: `translate(${x}px, ${to.top}px)`, opacity: 0 },
    ];
    const animation = chip.animate(way, {
      duration: TIME,
      delay: i * 120,
      easing: "ease-in-out",
      fill: "both",
    });
    animation.finished.finally(() => chip.remove());
  }
}

const CALL = new Set([
  ...[arch.NUMBER, arch.RESULT, ...arch.ARGUMENTS],
  ...[arch.INSTRUCTION_POINTER, arch.ORIGINAL, arch.FLAGS],
]);

function boxOf(lane: string): DOMRect | undefined {
  const labels = [...document.querySelectorAll<HTMLElement>(".labels li")];
  return labels[recording.lanes.findIndex(({ id }) => id === lane)]?.getBoundingClientRect();
}
