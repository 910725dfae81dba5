import { h, type VNode } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Layout, NARROW } from "../../stage/layout.ts";
import { type Stage, stageAt } from "../../stage/stage.ts";
import { drawStage, type Node } from "../../stage/svg.ts";
import { annotator, moments, recording } from "./book.ts";

/** What the style has around the drawing, in pixels. */
const PADDING = 16;

interface Props {
  readonly index: number;
  /** Pixels that the drawing has room for, before it is scaled. Default: those of its place in the page. */
  readonly width?: number;
}

/** The processes at a step. What the step moves is seen moving, unless the reader went backwards. */
export function StageView({ index, width }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const last = useRef({ index, isBack: false });
  if (last.current.index !== index) last.current = { index, isBack: index < last.current.index };
  const [room, setRoom] = useState(width ?? 0);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null || width !== undefined) return;
    const measure = () => setRoom(Math.round(current.clientWidth) - PADDING);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [width]);
  const minHeight = useMemo(() => (width === undefined && room > 0 ? highest(room) : 0), [room]);
  const drawn = useMemo(() => (room === 0 ? null : draw(index, room)), [index, room]);
  return (
    <div ref={place} class={last.current.isBack ? "theatre still" : "theatre"}>
      <div key={index} style={{ minHeight: `${minHeight}px` }}>
        {drawn}
      </div>
    </div>
  );
}

/** Below this the boxes are below each other; in a wider place the drawing is scaled down before they are. */
const PHONE = 560;

function widthFor({ columns }: Stage, room: number): number {
  return room < PHONE ? room : Math.max(room, NARROW * columns);
}

function draw(index: number, room: number): VNode {
  const stage = stageOf(index);
  return elementOf(drawStage(stage, { width: widthFor(stage, room) }));
}

/** What the drawings of all steps need in pixels: what is below them keeps its place. A phone has no room for that. */
function highest(room: number): number {
  const heights = recording.steps.map((_, index) => {
    const stage = stageOf(index);
    const { isNarrow, width, height } = new Layout(stage, widthFor(stage, room), true);
    return isNarrow ? 0 : (height * room) / width;
  });
  return Math.max(0, ...heights);
}

export function stageOf(index: number): Stage {
  return stageAt(moments, annotator, index);
}

function elementOf({ tag, attributes, children }: Node): VNode {
  const inner = children.map((child) => (typeof child === "string" ? child : elementOf(child)));
  return h(tag, { ...attributes }, ...inner);
}
