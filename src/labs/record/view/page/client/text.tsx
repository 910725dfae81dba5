import { LEAST_PID } from "../../../annotate.ts";
import { isOld, type Known, type LaneMoment, type LaneState } from "../../../moment.ts";
import { STATE_NAMES } from "../../../proc.ts";
import { stepNumber } from "../../../tell.ts";
import { colourOf, moments } from "./book.ts";
import { Told } from "./told.tsx";

const pids = new Map(
  [...moments.lanesByPid]
    .filter(([pid]) => pid >= LEAST_PID)
    .flatMap(([pid, { id }]) =>
      [`${pid} ${id}`, `${pid}`, `0x${pid.toString(16)}`].map((text) => [text, id] as const),
    ),
);

const escaped = [...pids.keys()].map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
const PID = pids.size === 0 ? /(?!)()/ : new RegExp(`(?<!\\w)(${escaped.join("|")})(?!\\w)`);

/** The same with each pid of a lane in the lane's colour. */
export function Prose({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(PID).map((part) => {
        const lane = pids.get(part);
        if (lane === undefined) return <Told text={part} />;
        return (
          <span class={`pid ${colourOf(lane)}`}>
            <Told text={part} />
          </span>
        );
      })}
    </>
  );
}

interface AgeProps {
  readonly known: LaneMoment;
  readonly value: Known<unknown>;
  readonly index: number;
}

/** Says that an earlier step reported something, and what the lane does meanwhile. */
export function Age({ known, value, index }: AgeProps) {
  if (value.step === index) return null;
  const number = stepNumber(value.step);
  const link = <a href={`#step=${number}`}>step {number}</a>;
  if (!isOld(known, value, index)) return <small>as of {link}</small>;
  return (
    <small class="age">
      <State letter={known.state} /> now {STATE_NAMES[known.state ?? ""]}; values of {link}
    </small>
  );
}

/** The letter of a state in its colour. */
export function State({ letter }: { readonly letter: LaneState }) {
  const name = letter === null ? "not seen yet" : STATE_NAMES[letter];
  return (
    <span class={`state s-${letter ?? "X"}`} title={name} role="img" aria-label={name}>
      {letter === "X" ? "–" : letter}
    </span>
  );
}

/** The name of a lane in its colour. */
export function LaneName({ id }: { readonly id: string }) {
  return (
    <b class={colourOf(id)}>
      <Told text={id} />
    </b>
  );
}
