// The configuration of AMX tiles in an image, which XRSTOR checks as LDTILECFG does: palette, start row, 14 bytes that
// are 0, the bytes in a row of eight tiles, 16 bytes that are 0, their rows, and 8 bytes that are 0.

import { use } from "../rule";
import { byteOf } from "./image";

/** Its component. */
export const TILECFG: u32 = 0x2_0000;

const TILES: u64 = 8;
const RESERVED: u64 = 2;
const ROW_BYTES: u64 = 16;
const MIDDLE: u64 = 32;
const ROWS: u64 = 48;
const LAST: u64 = 56;
const END: u64 = 64;

/**
 * A configuration of AMX tiles that LDTILECFG refuses leaves them in their initial state: one that is not of palette
 * 1, has a tile of more than 16 rows or 64 bytes in a row, or of only one of both, or a reserved byte that is not 0.
 * @source XRSTOR, LDTILECFG, SDM volume 1, 17.3; measured
 * @asked intel
 */
export let S26: u32 = 0;

const PALETTE: u32 = 1;
const MOST_ROWS: u32 = 16;
const MOST_BYTES: u32 = 64;

/** Whether a configuration at an offset in the image is taken. */
export function isTileConfig(at: u64): bool {
  return isValid(at) || !use(S26);
}

function isValid(at: u64): bool {
  if (byteOf(at) != PALETTE) return false;
  if (!isZero(at, RESERVED, ROW_BYTES) || !isZero(at, MIDDLE, ROWS) || !isZero(at, LAST, END))
    return false;
  for (let k: u64 = 0; k < TILES; k++) {
    const rows = byteOf(at + ROWS + k);
    const bytes = byteOf(at + ROW_BYTES + 2 * k) | (byteOf(at + ROW_BYTES + 2 * k + 1) << 8);
    if (rows > MOST_ROWS || bytes > MOST_BYTES || (rows == 0) != (bytes == 0)) return false;
  }
  return true;
}

function isZero(at: u64, begin: u64, end: u64): bool {
  for (let k = begin; k < end; k++) if (byteOf(at + k) != 0) return false;
  return true;
}
