import { isForeign } from "../../../../lib/page/html.ts";
import { cut, stretches } from "../../../../lib/visible.ts";
import { LEAST_PID } from "../../annotate.ts";
import { colourOf } from "../../stage/box.ts";
import { moments, recording } from "./book.ts";

/** How much of a string is shown, in UTF-16 units: no real one is as long. */
const LONGEST = 3000;

/** A string of unknown origin: its invisible characters are marked escapes, and it cannot move its neighbours. */
export function Told({ text }: { readonly text: string }) {
  const { text: head, rest } = cut(text, LONGEST);
  const parts = stretches(head).map((part) => (part.escaped ? <i>{part.text}</i> : part.text));
  if (rest > 0) parts.push("…");
  return isForeign(head) ? <bdi>{parts}</bdi> : <span>{parts}</span>;
}

const pids = new Map(
  [...moments.lanesByPid]
    .filter(([pid]) => pid >= LEAST_PID)
    .flatMap(([pid, { id }]) =>
      [`${pid} ${id}`, `${pid}`, `0x${pid.toString(16)}`].map((text) => [text, id] as const),
    ),
);

/** Matches one of some words where it stands alone. */
export function matcher(words: Iterable<string>): RegExp {
  const escaped = [...words].map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return escaped.length === 0 ? /(?!)()/ : new RegExp(`(?<![\\w-])(${escaped.join("|")})(?!\\w)`);
}

const PID = matcher(pids.keys());

/** The same with each pid of a lane in the lane's colour; backticks are around code. */
export function Prose({ text }: { readonly text: string }) {
  return text.split(/`([^`]+)`/).map((part, i) => {
    const inner = <Pids text={part} />;
    return i % 2 === 1 ? <code>{inner}</code> : inner;
  });
}

function Pids({ text }: { readonly text: string }) {
  return text.split(PID).map((part) => {
    const lane = pids.get(part);
    const told = <Told text={part} />;
    return lane === undefined ? told : <span class={`pid ${colour(lane)}`}>{told}</span>;
  });
}

/** The class of a lane's colour. */
export function colour(id: string): string {
  return `p${colourOf(recording.lanes, id)}`;
}

/** The name of a lane in its colour. */
export function LaneName({ id }: { readonly id: string }) {
  return (
    <b class={colour(id)}>
      <Told text={id} />
    </b>
  );
}
