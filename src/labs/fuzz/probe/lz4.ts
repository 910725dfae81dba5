/*
 * Compresses to a block of LZ4 (lz4_Block_format.md in the lz4 project), which takes twenty lines to read:
 *
 *   token   literals (4 bits), match length - 4 (4 bits); 15: more bytes follow
 *   then the literals, the distance of the match (2 bytes), and the next sequence; the last has literals only
 */

const LEAST_MATCH = 4;
/** The last match ends before these bytes. */
const TAIL = 12;
const FARTHEST = 0xffff;
const TRIES = 512;

export function compress(data: Uint8Array): Uint8Array {
  const out: number[] = [];
  const chains = new Map<number, number[]>();
  const key = (at: number) =>
    ((data[at] ?? 0) << 16) ^
    ((data[at + 1] ?? 0) << 11) ^
    ((data[at + 2] ?? 0) << 5) ^
    (data[at + 3] ?? 0);
  const note = (at: number) => {
    const chain = chains.get(key(at));
    if (chain === undefined) chains.set(key(at), [at]);
    else chain.push(at);
  };
  const last = data.length - TAIL;
  let anchor = 0;
  for (let at = 0; at < last; ) {
    const match = (at: number) => longest(data, chains.get(key(at)) ?? [], at, data.length - 5);
    const [from, length] = match(at);
    // One that begins a byte later may be worth more.
    if (length < LEAST_MATCH || (at + 1 < last && match(at + 1)[1] > length)) {
      note(at++);
      continue;
    }
    sequence(out, data.subarray(anchor, at), length);
    out.push((at - from) & 0xff, (at - from) >>> 8);
    putRest(out, length - LEAST_MATCH);
    for (const end = at + length; at < end; at++) note(at);
    anchor = at;
  }
  sequence(out, data.subarray(anchor), LEAST_MATCH);
  return Uint8Array.from(out);
}

/** The longest match of what is at `at`, of those that begin at `starts`. */
function longest(
  data: Uint8Array,
  starts: readonly number[],
  at: number,
  end: number,
): [from: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let i = starts.length - 1; i >= Math.max(0, starts.length - TRIES); i--) {
    const from = starts[i] ?? 0;
    if (at - from > FARTHEST) break;
    let length = 0;
    while (at + length < end && data[from + length] === data[at + length]) length++;
    if (length > best[1]) best = [from, length];
  }
  return best;
}

/** A token, and the literals. */
function sequence(out: number[], literals: Uint8Array, length: number): void {
  out.push((Math.min(literals.length, 15) << 4) | Math.min(length - LEAST_MATCH, 15));
  putRest(out, literals.length);
  for (const byte of literals) out.push(byte);
}

/** The bytes of a length of 15 or more. */
function putRest(out: number[], length: number): void {
  if (length < 15) return;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out.push(255);
  out.push(rest);
}
