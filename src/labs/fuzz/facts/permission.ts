/*
 * Facts about permission are data: lines of permission.jsonl that begin a fact, or several about the same scenes, and then
 * these. Scripts are those of shim/probe/facts/actors.c. The probe plays them (shim/probe/facts/permission.c).
 */

import { list, optional, parseJson, record, text, truth } from "../../../lib/shape.ts";
import LINES from "./permission.jsonl";

const names = list(text, 16);
const factShape = record({
  fact: text,
  group: text,
  source: text,
  /** Whether only root can play it. */
  root: optional(truth),
  /** A file below /proc/sys and its digit. */
  control: optional(text),
  value: optional(text),
  /** Whether the marks are by that digit. */
  byValue: optional(truth),
  ways: names,
  /** Tracers, by their names and scripts; without them a scene has its own. */
  tracers: optional(list(list(text, 2), 16)),
});
const sceneShape = record({
  name: text,
  tracer: optional(text),
  tracee: text,
  /** "+" granted, "-" refused, "w" waits, " " not asked: by tracers, by the control, or by ways. */
  marks: text,
  /** In place of those of the fact. */
  ways: optional(names),
});

interface Block {
  readonly facts: ReturnType<typeof factShape>[];
  readonly scenes: ReturnType<typeof sceneShape>[];
}

/** Facts with the scenes that they share. */
export function permissionBlocks(): readonly Block[] {
  const blocks: Block[] = [];
  for (const [i, line] of LINES.trimEnd().split("\n").entries()) {
    const document = parseJson(line);
    const last = blocks.at(-1);
    if (!Object.hasOwn(Object(document), "fact"))
      last?.scenes.push(sceneShape(document, `line ${i + 1}`));
    else {
      const fact = factShape(document, `line ${i + 1}`);
      if (last === undefined || last.scenes.length > 0) blocks.push({ facts: [fact], scenes: [] });
      else last.facts.push(fact);
    }
  }
  return blocks;
}
