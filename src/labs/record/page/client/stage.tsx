import { h, type VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { startOf } from "../../event.ts";
import { Layout, NARROW } from "../../stage/layout.ts";
import { type Stage, stageAt } from "../../stage/stage.ts";
import { drawStage, type Node } from "../../stage/svg.ts";
import { annotator, events, moments, recording } from "./book.ts";

/** Windows narrower than this have the boxes below each other; in others a drawing is scaled down before they are. */
const PHONE = 640;

interface Props {
  readonly index: number;
  readonly since?: number;
  readonly width?: number;
}

/**
 * The processes at a step. What the step moves is seen moving, unless the reader went backwards.
 *
 * @param since the first of the steps whose changes are shown
 * @param width pixels that the drawing is made for, before it is scaled. Default: those of its place in the page
 */
export function StageView({ index, since = index, width }: Props) {
  const last = useRef({ index, isBack: false });
  if (last.current.index !== index) last.current = { index, isBack: index < last.current.index };
  const [room, setRoom] = useState(width ?? roomInWindow);
  useEffect(() => {
    if (width !== undefined) return;
    const measure = () => setRoom(roomInWindow);
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [width]);
  const drawn = useMemo(() => {
    const { attributes, ...node } = drawStage(stageOf(index, since), { width: room, links: true });
    // All drawings of a lesson have the same scale.
    const style = `--part: ${heightOf(index, since, room) / highest(room)}`;
    return elementOf({ ...node, attributes: { ...attributes, style } });
  }, [index, since, room]);
  return (
    <div key={index} class={last.current.isBack ? "theatre still" : "theatre"}>
      {drawn}
    </div>
  );
}

/** The most columns that a stage of the lesson has. */
export const columnsOf = () =>
  Math.max(...recording.steps.map((_, index) => stageOf(index).columns));

/** Whether the explanation needs a large window to be beside the stage; the style has the same widths. */
export const isWide = () => columnsOf() > 3;

function roomInWindow(): number {
  if (innerWidth < PHONE) return Math.max(240, innerWidth - 40);
  const isBeside = innerWidth >= (isWide() ? 1280 : 1024);
  return Math.max(NARROW * columnsOf(), innerWidth * (isBeside ? 0.64 : 0.95));
}

const heightOf = (index: number, since: number, room: number) =>
  new Layout(stageOf(index, since), room, true).height;

/** Of all drawings in a walk by events, whose boxes have the most words. */
const highest = (room: number) =>
  Math.max(...recording.steps.map((_, at) => heightOf(at, startOf(events, at), room)));

const stages = new Map<string, Stage>();

export function stageOf(index: number, since = index): Stage {
  const key = `${since} ${index}`;
  const stage = stages.get(key) ?? stageAt(moments, annotator, index, since);
  stages.set(key, stage);
  return stage;
}

export function elementOf({ tag, attributes, children }: Node): VNode {
  const inner = children.map((child) => (typeof child === "string" ? child : elementOf(child)));
  return h(tag, { ...attributes }, ...inner);
}
