import { type Html, html, join, NOTHING, shown } from "../../page/html.ts";
import type { Answer, Disagreement } from "../report.ts";

/** How many bytes of a field are shown: fields are of 4 and 8. */
const BYTES = 16;

/** What stands where a byte is the same in both answers, and where there is none. */
const SAME = "··";
const NONE = "--";

const BYTE = /^[\da-f]{2}$/;

interface Pair {
  readonly own: string;
  readonly other: string;
}

/** Both answers byte by byte, as memory has them. */
function pairsOf({ own, other }: Disagreement): Pair[] {
  const [left, right] = [bytesOf(own), bytesOf(other)];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => ({
    own: left[i] ?? NONE,
    other: right[i] ?? NONE,
  }));
}

function bytesOf({ bytes }: Answer): string[] {
  const parts = bytes.slice(0, 3 * BYTES - 1).split(" ");
  return parts.map((part) => (BYTE.test(part) ? part : NONE));
}

/** The difference in a line, as ctest of Rust's libc would tell it. */
export function renderFirst(disagreement: Disagreement): Html {
  const { byte } = disagreement;
  const first = pairsOf(disagreement).find(({ own, other }) => own !== other);
  const bytes =
    first === undefined ? NOTHING : html`: ${short(first.own)} != ${short(first.other)}`;
  return html`bad at byte ${byte}${bytes}`;
}

/** The rows of a card's list: the two answers and their difference, with what differs marked. */
export function renderAnswers(disagreement: Disagreement): Html {
  const { encoder, against, own, other, xor } = disagreement;
  const pairs = pairsOf(disagreement);
  return html`${renderRow(shown(encoder, 60), pairs, "own", own.told || own.word)}${renderRow(
    shown(against, 60),
    pairs,
    "other",
    other.told || other.word,
  )}<dt>xor</dt><dd><code class="bytes">${pairs.map(xorOf).join(" ")}</code> <code>${shown(xor, 60)}</code></dd>
`;
}

function renderRow(name: Html, pairs: readonly Pair[], side: keyof Pair, word: string): Html {
  const bytes = pairs.map((pair) => {
    const byte = html`${pair[side]}`;
    return pair.own === pair.other ? byte : html`<mark>${byte}</mark>`;
  });
  return html`<dt>${name}</dt><dd><code class="bytes">${join(bytes, " ")}</code> <code>${shown(word)}</code></dd>
`;
}

function xorOf({ own, other }: Pair): string {
  if (own === other) return SAME;
  if (own === NONE || other === NONE) return NONE;
  const byte = Number.parseInt(own, 16) ^ Number.parseInt(other, 16);
  return byte.toString(16).padStart(2, "0");
}

/** "ff" as "0xff", "00" as "0x0". */
function short(byte: string): string {
  return BYTE.test(byte) ? `0x${byte.replace(/^0/, "")}` : "nothing";
}
