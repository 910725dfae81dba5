import { find } from "./elements.ts";

/** How near to the edge of its window the step may come, in pixels. */
const MARGIN = 48;

/** Shows neither steps whose outcome the reader is to guess, nor the arrows there. */
export function hideInPicture(secret: (index: number) => boolean): void {
  for (const mark of document.querySelectorAll("#picture a.asked")) {
    const [, number] = /=(\d+)$/.exec(mark.getAttribute("href") ?? "") ?? [];
    mark.classList.toggle("secret", secret(Number(number) - 1));
  }
  for (const arrow of document.querySelectorAll<SVGElement>("#picture [data-ends]")) {
    const ends = (arrow.dataset.ends ?? "").split(" ").map(Number);
    arrow.classList.toggle("secret", ends.some(secret));
  }
}

/** Shows in the picture of the lanes where one is. */
export function showInPicture(index: number): void {
  const picture = find("#picture", HTMLElement);
  const now = find("#now", SVGRectElement);
  const width = now.width.baseVal.value;
  const x = index * width;
  now.setAttribute("x", String(x));
  now.setAttribute("visibility", "visible");
  const { scrollLeft, clientWidth } = picture;
  if (x < scrollLeft + MARGIN || x + width > scrollLeft + clientWidth - MARGIN) {
    picture.scrollLeft = x - clientWidth / 2;
  }
}
