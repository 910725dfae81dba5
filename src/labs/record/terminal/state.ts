import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import { beginReading, type Reading } from "../reading.ts";
import type { Recording } from "../recording.ts";
import type { TaskLink } from "../view/page/data.ts";

/** The panes, in the order in which Tab goes through them. */
export const PANES = ["story", "code", "registers", "kernel", "memory"] as const;
export type Pane = (typeof PANES)[number];

/** Those that share a place if there is room for one of them. */
export const SIDES = ["registers", "kernel", "memory"] as const;
export type Side = (typeof SIDES)[number];

/** A line that is being typed. */
export interface Prompt {
  readonly kind: "search" | "go" | "origin";
  readonly text: string;
  /** What Escape restores. */
  readonly before: State;
}

/** All that a frame is made of, apart from the size of the terminal. */
export interface State extends Reading {
  readonly moments: Moments;
  readonly annotator: Annotator;
  /** What a reader can do after the recording. */
  readonly tasks: readonly TaskLink[];
  /** The pane that scrolls. */
  readonly pane: Pane;
  /** Which of those that share a place is shown there. */
  readonly side: Side;
  /** Lines that each pane was scrolled by, away from where it would be. */
  readonly scroll: Readonly<Partial<Record<Pane, number>>>;
  readonly prompt: Prompt | null;
  /** What n and N look for. */
  readonly sought: string;
  /** Where Backspace returns to: the place that the reader has left by naming another. */
  readonly left: number | null;
  readonly help: boolean;
  readonly over: boolean;
}

/** @param at -1 for the introduction */
export function begin(
  recording: Recording,
  at = -1,
  seed = 0,
  tasks: readonly TaskLink[] = [],
): State {
  const moments = new Moments(recording);
  return {
    ...beginReading(recording, at, seed),
    moments,
    annotator: new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants),
    tasks,
    pane: "story",
    side: "registers",
    scroll: {},
    prompt: null,
    sought: "",
    left: null,
    help: false,
    over: false,
  };
}
