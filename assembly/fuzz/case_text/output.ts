// The text that the module writes: the document of a case, or why one is refused. It is ASCII, except for "…".

const SIZE: u32 = 16384;
/** Where the text begins; a zero ends it. */
export const caseText: usize = memory.data(16384);
let length: u32 = 0;

export function beginText(): void {
  length = 0;
}

/** Returns the bytes of the text. */
export function endText(): u32 {
  store<u8>(caseText + length, 0);
  return length;
}

export function putByte(byte: u32): void {
  if (length < SIZE - 1) store<u8>(caseText + length++, u8(byte));
}

/** The n-th unit of a text of the module, which is ASCII. */
export function unitOf(text: string, n: u32): u32 {
  return load<u16>(changetype<usize>(text) + 2 * n);
}

export function put(text: string): void {
  const count = u32(text.length);
  for (let n: u32 = 0; n < count; n++) putByte(unitOf(text, n));
}

export function putNumber(number: u64): void {
  if (number >= 10) putNumber(number / 10);
  putByte(0x30 + u32(number % 10));
}

/** A word in as few hexadecimal digits as it needs. */
export function putHex(word: u64): void {
  put("0x");
  putDigits(word, 0);
}

/** Hexadecimal digits, `least` of them at least. */
export function putDigits(word: u64, least: u32): void {
  let count = max<u32>(least, (67 - u32(clz(word | 1))) / 4);
  while (count-- > 0) {
    const digit = u32(word >> (4 * count)) & 15;
    putByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Cuts the text to `most` bytes from `start` on, with an ellipsis in their place. */
export function cutText(start: u32, most: u32): void {
  if (length <= start + most) return;
  length = start + most;
  for (let n: u32 = 0; n < 3; n++) putByte((0xa6_80_e2 >> (8 * n)) & 0xff);
}

/** The bytes so far. */
export function textLength(): u32 {
  return length;
}
