import { LEAST_PID } from "../../../annotate.ts";
import { stepNumber } from "../../told.ts";
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

/** Says that something was reported by an earlier step. */
export function AsOf({ step }: { readonly step: number | undefined }) {
  if (step === undefined) return null;
  const number = stepNumber(step);
  return (
    <small>
      as of <a href={`#step=${number}`}>step {number}</a>
    </small>
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
