import type { Feature } from "../../try/machine.ts";

/** A rule of the model, without its id. */
export interface RuleEntry {
  /** One sentence; {name} stands for the value of that name. */
  readonly text: string;
  /** A function of the kernel, a section of the processor's manual, or "measured". */
  readonly source: string;
  /** The feature that the machine must have for the rule to hold; with "!", must not have. */
  readonly feature?: Feature | `!${Feature}`;
  /** The first kernel release that behaves so. */
  readonly since?: string;
  readonly values: Readonly<Record<string, bigint>>;
}
