import { Annotator } from "../../annotate.ts";
import { eventsOf } from "../../event.ts";
import { Moments } from "../../moment.ts";
import type { Action, Reading } from "../../reading.ts";
import type { PageData } from "../data.ts";

// The recording that this page shows, and what is known of it.

/** A reading, and how a part of the page changes it. */
export interface Walk {
  readonly reading: Reading;
  readonly act: (action: Action) => void;
}

const element = document.getElementById("data");
// The page was rendered with it, from a recording that was validated.
const data: PageData = JSON.parse(element?.textContent ?? "{}");

export const { recording, index: contents, next, tasks, terms } = data;
export const moments = new Moments(recording);
export const events = eventsOf(recording);
export const { arch } = moments;
const constants: ReadonlyMap<string, bigint> = new Map(
  Object.entries(data.constants).map(([name, value]) => [name, BigInt(value)]),
);
export const annotator = new Annotator(moments, constants);
