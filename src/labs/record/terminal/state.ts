import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import type { TaskLink } from "../page/data.ts";
import { beginReading, type Reading } from "../reading.ts";
import type { Recording } from "../recording.ts";

/** What folds under the explanation, with the keys that open and close it. */
export const FOLDS = { d: "detail", c: "code", r: "registers", p: "/proc", t: "terms" } as const;
export type Fold = (typeof FOLDS)[keyof typeof FOLDS];

/** All that a frame is made of, apart from the size of the terminal. */
export interface State extends Reading {
  readonly moments: Moments;
  readonly annotator: Annotator;
  /** What a reader can do after the recording. */
  readonly tasks: readonly TaskLink[];
  /** What the reader has opened or closed; the others open if there is room. */
  readonly folds: Readonly<Partial<Record<Fold, boolean>>>;
  /** The one that was opened last, which has to be seen. */
  readonly sought: Fold | null;
  /** Those that are open on the screen. */
  readonly open: readonly Fold[];
  /** Lines that the reader has scrolled by. */
  readonly scroll: number;
  /** The number of a step that is being typed. */
  readonly typed: string | null;
  readonly over: boolean;
}

/** @param at -1 for the introduction */
export function begin(recording: Recording, at = -1, seed = 0, tasks: State["tasks"] = []): State {
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const reading = beginReading(recording, at, seed);
  const hidden = { folds: {}, sought: null, open: [], scroll: 0, typed: null, over: false };
  return { ...reading, moments, annotator, tasks, ...hidden };
}
