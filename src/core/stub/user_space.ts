import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { HOST_MACHINE } from "../machine/index.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { loadShim } from "../shim/shim.ts";
import { parseMaps } from "./proc.ts";

const { EEXIST } = constants.errno;

let top: number | undefined;

/**
 * The first address above user space on the running kernel: Linux gives a program 47 bits less a page, User Mode Linux
 * 39 bits, and gVisor's systrap reserves a part for itself.
 *
 * @throws UnsupportedError if the shim cannot be loaded.
 */
export function topOfUserSpace(): number {
  top ??= findTop();
  return top;
}

function findTop(): number {
  const { probePage } = loadShim();
  const ends = parseMaps(readFileSync("/proc/self/maps", "utf8")).map(({ end }) => end);
  const mapped = Math.max(PAGE_SIZE, ...ends.filter((end) => end <= HOST_MACHINE.mostUserSpace));
  return endOfPages(mapped, HOST_MACHINE.mostUserSpace, (page) => {
    const result = probePage(page);
    return result === 0 || result === -EEXIST;
  });
}

/**
 * Finds the end of the pages that the kernel can map.
 *
 * @param least the lowest possible end.
 * @param most the highest possible end. Nothing may be mapped between `least` and `most`.
 */
export function endOfPages(
  least: number,
  most: number,
  isMappable: (page: number) => boolean,
): number {
  // On most kernels the first probe succeeds, and is the last.
  let middle = most;
  let [from, to] = [least, most];
  while (from < to) {
    if (isMappable(middle - PAGE_SIZE)) from = middle;
    else to = middle - PAGE_SIZE;
    middle = to - Math.floor((to - from) / 2 / PAGE_SIZE) * PAGE_SIZE;
  }
  return to;
}
