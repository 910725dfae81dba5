import { counted } from "../../../lib/page/figures.ts";
import { expectRecording } from "../load.ts";
import type { Lane, Recording } from "../recording.ts";
import { escapeLines, escapeText } from "./mermaid_text.ts";
import { type Item, type Message, tellStory } from "./story.ts";
import { stepNumber } from "./told.ts";

/** Mermaid draws no diagram of more than 50,000 characters, unless its page says otherwise. */
const LONGEST = 49_000;

/** How much of that the lanes may take. */
const LANES = 12_000;

const ARROWS: Readonly<Record<Message["kind"], string>> = {
  clone: "->>",
  attach: "->>",
  request: "->>",
  signal: "-)",
  wait: "-->>",
};

/**
 * A recording as a sequence diagram for Mermaid: a participant for each lane, a message for each arrow and each
 * request, a note for what a lane does by itself. What would not fit into a diagram is left out from its end, and
 * counted there.
 */
export function renderMermaid(recording: Recording): string {
  expectRecording(recording);
  const story = tellStory(recording);
  const drawn = new Set(story.flatMap(lanesOf));
  const ids = idsOf(recording.lanes.filter(({ id }) => drawn.has(id)));
  const items = story.filter((item) => lanesOf(item).every((id) => ids.has(id)));
  const creating = creations(items);
  const dead = destructions(items, creating);
  const born = new Set(creating.values());

  const lines = ["sequenceDiagram", `title ${escapeText(`stublab: ${recording.title}`)}`];
  for (const lane of recording.lanes) {
    if (ids.has(lane.id) && !born.has(lane.id)) lines.push(declare("participant", lane, ids));
  }
  let room = LONGEST - sizeOf(lines);
  let shown = 0;
  for (const item of items) {
    const created = recording.lanes.find(({ id }) => id === creating.get(item));
    const next = [
      ...(created === undefined ? [] : [declare("create participant", created, ids)]),
      ...(dead.has(item) ? [`destroy ${ids.get(dead.get(item) ?? "")}`] : []),
      render(item, ids),
    ];
    room -= sizeOf(next);
    if (room < 0) break;
    lines.push(...next);
    shown++;
  }
  lines.push(...leftOut(story.length - shown, items[Math.max(shown - 1, 0)], ids));
  return `${lines.join("\n  ")}\n`;
}

/** A participant's name for each lane, as many as there is room for. */
function idsOf(lanes: readonly Lane[]): Map<string, string> {
  const ids = new Map<string, string>();
  let room = LANES;
  for (const [i, lane] of lanes.entries()) {
    ids.set(lane.id, `L${i}`);
    room -= declare("create participant", lane, ids).length;
    if (room >= 0) continue;
    ids.delete(lane.id);
    break;
  }
  return ids;
}

function declare(word: string, { id, pid }: Lane, ids: ReadonlyMap<string, string>): string {
  return `${word} ${ids.get(id)} as ${escapeText(`${id} (${pid})`, 60)}`;
}

function render(item: Item, ids: ReadonlyMap<string, string>): string {
  const number = stepNumber(item.step);
  if (!isMessage(item)) {
    const to = item.last > item.step ? `-${stepNumber(item.last)}` : "";
    return `Note over ${ids.get(item.lane)}: ${escapeLines(`${number}${to}: ${item.text}`)}`;
  }
  const [from, to] = [ids.get(item.from), ids.get(item.to)];
  return `${from}${ARROWS[item.kind]}${to}: ${escapeLines(`${number}: ${item.text}`)}`;
}

function isMessage(item: Item): item is Message {
  return "from" in item;
}

function lanesOf(item: Item): string[] {
  return isMessage(item) ? [item.from, item.to] : [item.lane];
}

/** Lanes that are first heard of when another clones them, by the message that creates them. */
function creations(items: readonly Item[]): Map<Item, string> {
  const first = new Map<string, Item>();
  for (const item of items) {
    for (const id of lanesOf(item)) if (!first.has(id)) first.set(id, item);
  }
  return new Map(
    [...first].flatMap(([id, item]) =>
      item.kind === "clone" && item.to === id && item.from !== id ? [[item, id] as const] : [],
    ),
  );
}

/**
 * Lanes that have ended, by the message that is the last that is heard of them. Mermaid takes one creation or one
 * end for each message.
 */
function destructions(
  items: readonly Item[],
  creating: ReadonlyMap<Item, string>,
): Map<Item, string> {
  const ended = new Set(items.flatMap((item) => (item.kind === "exit" ? [item.lane] : [])));
  const dead = new Map<Item, string>();
  for (const item of items.toReversed()) {
    const ids = lanesOf(item).filter((id) => ended.delete(id));
    const [id] = ids;
    if (id !== undefined && isMessage(item) && item.from !== item.to && !creating.has(item)) {
      dead.set(item, id);
    }
  }
  return dead;
}

function leftOut(
  number: number,
  last: Item | undefined,
  ids: ReadonlyMap<string, string>,
): string[] {
  if (number === 0) return [];
  const id = last === undefined ? undefined : lanesOf(last).at(0);
  const told = `${counted(number, "more entry", "more entries")} left out of this diagram`;
  const where = (id === undefined ? undefined : ids.get(id)) ?? [...ids.values()][0];
  return where === undefined ? [] : [`Note over ${where}: ${told}`];
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 3, 0);
}
