import { readFileSync } from "node:fs";

/** Bytes of a page, which the kernel tells each program (getauxval(3)). */
export const PAGE_SIZE = pageSize();

function pageSize(): number {
  const [AT_PAGESZ, usual] = [6n, 4096];
  try {
    const words = new BigUint64Array(Uint8Array.from(readFileSync("/proc/self/auxv")).buffer);
    const at = words.findIndex((type, i) => i % 2 === 0 && type === AT_PAGESZ);
    return at < 0 ? usual : Number(words[at + 1]);
  } catch {
    return usual;
  }
}
