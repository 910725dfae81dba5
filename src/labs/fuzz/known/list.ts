/** A list of known deviations: known/lists.ts. */
export interface List {
  /** What the model predicts then, as --plant has it. */
  readonly changes: readonly string[];
  /** Bits of eflags that are not compared. */
  readonly ignoredFlags: number;
  /** Whether no case has a breakpoint for data. */
  readonly avoidsWatchpoints: boolean;
  /** Facts that do not hold, or checks of theirs as `nameOfCheck` has them. */
  readonly facts: readonly string[];
}
