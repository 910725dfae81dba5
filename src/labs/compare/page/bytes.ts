import { type Html, html, join, NOTHING, shown } from "../../../lib/page/html.ts";
import type { Answer, Disagreement } from "../report.ts";
import { renderRow } from "./card.ts";

/** How many bytes of a field are shown: fields are of 4 and 8. */
const BYTES = 16;

/** What stands for a byte that is the same in both answers, and for one that there is not. */
const SAME = "··";
const NONE = "--";

const BYTE = /^[\da-f]{2}$/;

/** The bytes of both answers in the order of memory. */
function pairsOf({ own, other }: Disagreement): (readonly [own: string, other: string])[] {
  const [left, right] = [bytesOf(own), bytesOf(other)];
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_, i) => [left[i] ?? NONE, right[i] ?? NONE] as const);
}

function bytesOf({ bytes }: Answer): string[] {
  const parts = bytes.slice(0, 3 * BYTES - 1).split(" ");
  return parts.map((part) => (BYTE.test(part) ? part : NONE));
}

/** The difference in a line, as ctest of Rust's libc writes it. */
export function renderFirst(disagreement: Disagreement): Html {
  const first = pairsOf(disagreement).find(([own, other]) => own !== other);
  const [own, other] = (first ?? []).map((byte) =>
    BYTE.test(byte) ? `0x${byte.replace(/^0/, "")}` : "nothing",
  );
  const bytes = own === undefined ? NOTHING : html`: ${own} != ${other ?? ""}`;
  return html`bad at byte ${disagreement.byte}${bytes}`;
}

/** The rows of a card's list: the two answers, with what differs marked, and their difference. */
export function renderAnswers(disagreement: Disagreement): Html {
  const { encoder, against, own, other, xor } = disagreement;
  const pairs = pairsOf(disagreement);
  const sides = [
    { name: encoder, answer: own, side: 0 },
    { name: against, answer: other, side: 1 },
  ] as const;
  const rows = sides.map(({ name, answer, side }) => {
    const bytes = pairs.map((pair) =>
      pair[0] === pair[1] ? html`${pair[side]}` : html`<mark>${pair[side]}</mark>`,
    );
    return renderBytes(shown(name, 60), join(bytes, " "), shown(answer.told || answer.word));
  });
  const difference = html`${pairs.map(xorOf).join(" ")}`;
  return html`${rows}${renderBytes(html`xor`, difference, shown(xor, 60))}`;
}

function renderBytes(name: Html, bytes: Html, word: Html): Html {
  return renderRow(name, html`<code class="bytes">${bytes}</code> <code>${word}</code>`);
}

function xorOf([own, other]: readonly [string, string]): string {
  if (own === other) return SAME;
  if (own === NONE || other === NONE) return NONE;
  const byte = Number.parseInt(own, 16) ^ Number.parseInt(other, 16);
  return byte.toString(16).padStart(2, "0");
}
