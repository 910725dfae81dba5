import { auxiliaryValue } from "./auxiliary_vector.ts";

const AT_PAGESZ = 6n;

/** Bytes of a page. */
export const PAGE_SIZE = Number(auxiliaryValue(AT_PAGESZ) ?? 4096n);
