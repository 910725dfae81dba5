import type { Arrow, Question, Recording } from "../../../recording.ts";
import { byStep } from "../../told.ts";
import type { PageData } from "../data.ts";
import { find } from "./elements.ts";

/** The recording, and what is looked up in it at every step. */
export interface Story {
  readonly recording: Recording;
  readonly signals: ReadonlyMap<string, bigint>;
  readonly arrowsFrom: ReadonlyMap<number, readonly Arrow[]>;
  readonly arrowsTo: ReadonlyMap<number, readonly Arrow[]>;
  readonly questions: ReadonlyMap<number, readonly Question[]>;
  /** The encoder's module in base64. */
  readonly module: string;
}

export function readStory(): Story {
  // The page was rendered with it, from a recording that was validated.
  const data: PageData = JSON.parse(find("#data", HTMLScriptElement).text);
  const { recording, signals, module } = data;
  return {
    recording,
    signals: new Map(Object.entries(signals).map(([name, number]) => [name, BigInt(number)])),
    arrowsFrom: byStep(recording.arrows, ({ from }) => from),
    arrowsTo: byStep(recording.arrows, ({ to }) => to),
    questions: byStep(recording.questions, ({ step }) => step),
    module,
  };
}
