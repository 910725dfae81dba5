import type { ComponentChildren } from "preact";
import { isOld, type Known, type Moment, type Origin } from "../../moment.ts";
import { STATE_NAMES } from "../../proc.ts";
import { stepNumber } from "../../tell.ts";
import { Prose, State } from "./text.tsx";
import { Told } from "./told.tsx";

/** A value whose origin a reader asked for. */
export interface Sought {
  readonly lane: string;
  readonly name: string;
}

export interface ValueProps {
  readonly moment: Moment;
  readonly sought: Sought | null;
  /** Goes to the step that set a value. */
  readonly seek: (sought: Sought, origin: Origin) => void;
}

interface ValueRowProps extends ValueProps {
  readonly name: string;
  readonly origin: Origin | undefined;
  readonly changed: boolean;
  readonly before: string;
  readonly used?: boolean;
  /** What comes after the value. */
  readonly meaning?: ComponentChildren;
  /** The value. */
  readonly children: ComponentChildren;
}

/** A value, what it was before, and a way to the step that wrote it. */
export function ValueRow(props: ValueRowProps) {
  const { name, origin, changed, before, used = false, moment, sought, seek, children } = props;
  const lane = moment.subject;
  const isSought = sought?.lane === lane && sought.name === name;
  const classes = [changed && "changed", isSought && "sought", used && "used"];
  return (
    <tr class={classes.filter(Boolean).join(" ")} data-name={name}>
      <th scope="row">
        <Told text={name} />
        {changed && <span class="unseen"> changed</span>}
        {used && <span class="unseen"> operand</span>}
      </th>
      <td>
        {changed && (
          <span class="before">
            <Prose text={before} />
            {" → "}
          </span>
        )}
        {origin === undefined || origin.step === moment.index ? (
          <span class="value">{children}</span>
        ) : (
          <button
            type="button"
            class="value"
            title={`${name}: who wrote this value?`}
            onClick={() => seek({ lane, name }, origin)}
          >
            {children}
          </button>
        )}
        {props.meaning}
      </td>
    </tr>
  );
}

/** Says that an earlier step reported something, and what the lane does meanwhile. */
export function Age({ moment, value }: { moment: Moment; value: Known<unknown> }) {
  const { known, index } = moment;
  if (value.step === index) return null;
  const step = `step ${stepNumber(value.step)}`;
  if (!isOld(known, value, index)) return <small>as of {step}</small>;
  return (
    <small class="age">
      <State letter={known.state} /> now {STATE_NAMES[known.state ?? ""]}; values of {step}
    </small>
  );
}
