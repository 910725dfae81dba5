import type { ComponentChildren } from "preact";
import type { Moment, Origin } from "../../../moment.ts";

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

interface ValueButtonProps {
  readonly label: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A value that leads to where it comes from. */
export function Value({ label, disabled, onClick, children }: ValueButtonProps) {
  if (disabled) return <span class="value">{children}</span>;
  return (
    <button type="button" class="value" title={label} onClick={onClick}>
      {children}
    </button>
  );
}
