import type { ComponentChildren } from "preact";
import type { Moment, Origin } from "../../../moment.ts";
import { Prose } from "./text.tsx";
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
  readonly lane: string;
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
  const { lane, name, origin, changed, before, moment, sought, seek, children } = props;
  const isSought = sought?.lane === lane && sought.name === name;
  const classes = [changed && "changed", isSought && "sought", props.used && "used"];
  return (
    <tr class={classes.filter(Boolean).join(" ")} data-name={name}>
      <th scope="row">
        <Told text={name} />
        {changed && <span class="unseen"> changed</span>}
        {props.used && <span class="unseen"> operand</span>}
      </th>
      <td>
        {changed && (
          <>
            <span class="before">
              <Prose text={before} />
            </span>
            <span class="to"> → </span>
          </>
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
