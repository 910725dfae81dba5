import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface Props {
  readonly kind: string;
  readonly title: ComponentChildren;
  /** Whether the step needs it. */
  readonly wanted: boolean;
  readonly children: ComponentChildren;
}

/** A part under the stage: open at the steps that need it, until the reader opens or closes it. */
export function Fold({ kind, title, wanted, children }: Props) {
  const [chosen, choose] = useState<boolean | null>(null);
  const open = chosen ?? wanted;
  return (
    <details
      class={`fold ${kind}`}
      open={open}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open !== open) choose(currentTarget.open);
      }}
    >
      <summary>{title}</summary>
      {open && children}
    </details>
  );
}
