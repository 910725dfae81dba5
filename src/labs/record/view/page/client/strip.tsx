import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { cut, visible } from "../../../../../lib/visible.ts";
import { type Action, type Reading, seenAt, signOf } from "../../../reading.ts";
import type { Arrow } from "../../../recording.ts";
import { stepNumber } from "../../../tell.ts";
import { colourOf, moments, rankOf, recording } from "./book.ts";
import { Glyph } from "./glyphs.tsx";
import { useSize } from "./resize.ts";
import { State } from "./text.tsx";
import { Told } from "./told.tsx";

/** Pixels of a lane, and of the line under the lanes that has the questions. */
const ROW = 28;
const AXIS = 22;

/** Pixels that a step takes at least, and where there is room. */
const [NARROWEST, WIDEST] = [10, 56];

/** How near to the edge of its window the step may come, in pixels. */
const MARGIN = 64;

interface Props {
  readonly reading: Reading;
  readonly zoom: number;
  readonly sentence: string;
  readonly act: (action: Action) => void;
}

/** The lanes, which are the time line: what has happened up to now, and nothing of what will. */
export function Strip({ reading, zoom, sentence, act }: Props) {
  const window = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useSize(window, ({ clientWidth }) => setWidth(clientWidth));
  const scale = new Scale(reading, width, zoom);
  const seen = seenAt(reading);
  const { lanes } = recording;
  const height = lanes.length * ROW + AXIS;
  useLayoutEffect(() => follow(window.current, scale, seen), [seen, scale.step]);
  return (
    <section class="strip" aria-label="Lanes">
      <ul class="labels">
        {lanes.map(({ id, pid }) => (
          <Label key={id} id={id} pid={pid} reading={reading} act={act} />
        ))}
      </ul>
      <div class="window" ref={window}>
        <div class="canvas" style={{ width: `${scale.width}px`, height: `${height}px` }}>
          <input
            id="scrub"
            type="range"
            aria-label="Step"
            aria-valuetext={sentence}
            min={stepNumber(scale.first)}
            max={stepNumber(scale.last)}
            value={stepNumber(Math.max(scale.first, Math.min(seen, scale.last)))}
            style={{ "--step": `${scale.step}px` }}
            onInput={({ currentTarget }) =>
              act({ kind: "go", at: currentTarget.valueAsNumber - 1 })
            }
          />
          <svg width={scale.width} height={height} aria-hidden="true">
            <Picture reading={reading} scale={scale} height={height} />
          </svg>
        </div>
      </div>
    </section>
  );
}

/** Where steps are, in pixels. */
class Scale {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly width: number;

  constructor({ bounds }: Reading, room: number, zoom: number) {
    this.first = Math.max(0, bounds[0]);
    this.last = Math.min(recording.steps.length - 1, bounds[1]);
    const count = this.last - this.first + 1;
    const fitting = Math.min(WIDEST, Math.max(NARROWEST, room / count));
    this.step = fitting * zoom;
    this.width = Math.max(this.step * count, 1);
  }

  /** The middle of a step. */
  x(index: number): number {
    return (index - this.first + 0.5) * this.step;
  }
}

function Picture({ reading, scale, height }: { reading: Reading; scale: Scale; height: number }) {
  const seen = seenAt(reading);
  const upTo = Math.min(Math.max(seen, Math.min(reading.reached, scale.last)), scale.last);
  const marks = recording.steps.slice(scale.first, upTo + 1);
  const later = (index: number) => (index > seen ? " later" : "");
  return (
    <>
      <defs>
        <marker
          id="head"
          viewBox="0 0 6 6"
          refX="5"
          refY="3"
          markerWidth="6"
          markerHeight="6"
          orient="auto"
        >
          <path d="M0 0L6 3L0 6z" />
        </marker>
      </defs>
      {recording.lanes.map(({ id }, row) => (
        <Life key={id} id={id} row={row} upTo={upTo} scale={scale} />
      ))}
      <path class="axis" d={`M0 ${height - AXIS + 0.5}H${scale.width}`} />
      {seen >= scale.first && (
        <rect
          class="now"
          x={scale.x(Math.min(seen, scale.last)) - scale.step / 2 + 1}
          y={1}
          width={scale.step - 2}
          height={height - 2}
        />
      )}
      {moments.arrowsUpTo(upTo).map((arrow) => (
        <ArrowLine
          key={`${arrow.from} ${arrow.to} ${arrow.kind}`}
          arrow={arrow}
          scale={scale}
          later={later(arrow.to)}
        />
      ))}
      {marks.map(({ kind, lane, about, staged }, i) => {
        const index = scale.first + i;
        const [x, y] = [scale.x(index), middleOf(lane)];
        return (
          <g key={index} class={`k-${kind}${later(index)}`}>
            {lane !== about && <path class="reach" d={`M${x} ${y}V${middleOf(about)}`} />}
            <Glyph kind={kind} staged={staged} x={x} y={y} />
          </g>
        );
      })}
      {recording.questions.map(({ step, answer }, i) => {
        if (!reading.asks || step < scale.first || step > scale.last) return null;
        const [sign, outcome] = signOf(reading.answers.get(i), answer);
        return (
          <text key={i} class={`asks ${outcome}`} x={scale.x(step)} y={height - 6}>
            {sign}
          </text>
        );
      })}
    </>
  );
}

/** The states of a lane, up to a step. */
function Life({ id, row, upTo, scale }: { id: string; row: number; upTo: number; scale: Scale }) {
  const y = row * ROW + 4;
  return (
    <g>
      {moments.states(id, upTo).map(({ state, from, to }) => {
        const [x1, x2] = [
          Math.max(0, scale.x(from) - scale.step / 2),
          Math.min(scale.width, scale.x(to) + (to === upTo ? scale.step / 2 : -scale.step / 2)),
        ];
        if (state === null || state === "X" || x2 <= x1) return null;
        return (
          <g key={from} class={`s-${state}`}>
            <rect class="band" x={x1} y={y} width={x2 - x1} height={ROW - 8} />
            {scale.step >= 30 && (
              <text class="letter" x={x1 + 3} y={y + ROW - 8 - 3}>
                {state}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

function middleOf(lane: string): number {
  return rankOf(lane) * ROW + ROW / 2;
}

function ArrowLine({ arrow, scale, later }: { arrow: Arrow; scale: Scale; later: string }) {
  const { kind, from, to, label } = arrow;
  const lane = (index: number) => recording.steps[index]?.lane ?? "";
  const [x1, x2, y1, y2] = [scale.x(from), scale.x(to), middleOf(lane(from)), middleOf(lane(to))];
  const way = Math.sign(y2 - y1);
  const [begin, end] = way === 0 ? [y1 - 7, y2 - 7] : [y1 + way * 7, y2 - way * 7];
  const bend = way === 0 ? -8 : way * 9;
  const back = way === 0 ? -8 : -way * 9;
  return (
    <path
      class={`arrow a-${kind}${later}`}
      d={`M${x1} ${begin}C${x1} ${begin + bend} ${x2} ${end + back} ${x2} ${end}`}
    >
      <title>{visible(cut(label, 60).text)}</title>
    </path>
  );
}

interface LabelProps {
  readonly id: string;
  readonly pid: number;
  readonly reading: Reading;
  readonly act: (action: Action) => void;
}

/** The name of a lane, its pid and its state; pressed, the keys keep to its steps. */
function Label({ id, pid, reading, act }: LabelProps) {
  const seen = seenAt(reading);
  const { state } = moments.lane(id, seen);
  const kept = reading.lane === id;
  return (
    <li class={state === null || state === "X" ? "absent" : ""} data-lane={visible(id)}>
      <button
        type="button"
        aria-pressed={kept}
        title={kept ? "Show all lanes" : "Keep to the steps of this lane"}
        onClick={() => act({ kind: "keep", lane: kept ? null : id })}
      >
        <span class={`name ${colourOf(id)}`}>
          <Told text={id} />
        </span>
        <span class="pid soft">{moments.isThere(id, seen) ? pid : ""}</span>
      </button>
      <State letter={state} />
    </li>
  );
}

/** Scrolls so that the step is seen. */
function follow(window: HTMLElement | null, scale: Scale, seen: number): void {
  if (window === null) return;
  const x = scale.x(seen);
  const { scrollLeft, clientWidth } = window;
  if (x < scrollLeft + MARGIN || x > scrollLeft + clientWidth - MARGIN) {
    window.scrollLeft = x - clientWidth / 2;
  }
}
