import { narrow } from "../../visible.ts";
import { stepNumber } from "../view/told.ts";
import { statusLine, titleLine } from "./bars.ts";
import { tellCode } from "./code.ts";
import { draw, fit, type Line, prose, type Size } from "./frame.ts";
import { tellHelp } from "./help.ts";
import { tellKernel, tellMemory } from "./kernel.ts";
import { type Box, header, textWidth, window } from "./pane.ts";
import { hasRegisters, tellRegisters } from "./registers.ts";
import { PANES, type Pane, SIDES, type State, seenAt, seenStep } from "./state.ts";
import { tellAnswers, tellEnd, tellIntroduction, tellQuestion, tellStep } from "./story.ts";
import { tellTimeline } from "./timeline.ts";

/** Below this nothing can be read. */
const LEAST: Size = { columns: 30, rows: 8 };

/** What the panes and the story need where two stand beside each other, and what the panes need where three do. */
const TWO: Size = { columns: 70, rows: 12 };
const THREE: Size = { columns: 120, rows: 16 };

/** Rows that the panes under the story keep, and those of the kernel's view where it has a place of its own. */
const LEAST_PANES = 4;
const KERNEL_ROWS = 10;

/** The panes that are shown, and how far each can be scrolled. */
export type Limits = Partial<Record<Pane, Box>>;

export interface Frame {
  /** As many as the terminal has rows, each as wide as it. */
  readonly lines: readonly Line[];
  readonly limits: Limits;
}

/** What is to be seen. */
export function render(state: State, size: Size): Frame {
  const { columns, rows } = size;
  if (columns < LEAST.columns || rows < LEAST.rows) return tooSmall(size);
  const most = Math.max(2, Math.floor(rows / 4));
  const lanes = Math.min(state.recording.lanes.length, most);
  const timeline = tellTimeline(state, columns, lanes);
  const view = new View(state, { columns, rows: rows - timeline.length - 2 });
  const main = view.lines();
  return {
    lines: [titleLine(state, columns), ...timeline, ...main, statusLine(state, columns)],
    limits: view.limits,
  };
}

/** A state that is not scrolled further than there is something to see. */
export function settle(state: State, limits: Limits): State {
  const { pane, scroll } = state;
  const { least = 0, most = 0 } = limits[pane] ?? {};
  const wanted = scroll[pane] ?? 0;
  const settled = Math.max(least, Math.min(wanted, most));
  return settled === wanted ? state : { ...state, scroll: { ...scroll, [pane]: settled } };
}

function tooSmall({ columns, rows }: Size): Frame {
  const text = `${columns} x ${rows} characters are too few: ${LEAST.columns} x ${LEAST.rows} is the least. q quits.`;
  const lines = prose(text, Math.max(1, columns));
  return {
    lines: Array.from({ length: rows }, (_, i) => fit(lines[i] ?? [], columns)),
    limits: {},
  };
}

/** Everything between the lanes and the last line. */
class View {
  readonly limits: Limits = {};
  readonly #state: State;
  readonly #size: Size;

  constructor(state: State, size: Size) {
    this.#state = state;
    this.#size = size;
  }

  lines(): readonly Line[] {
    const { columns, rows } = this.#size;
    if (this.#state.help) return this.#whole(tellHelp(textWidth(columns)));
    if (seenStep(this.#state) === undefined && this.#state.asked === null)
      return this.#whole(this.#outside());
    if (columns < TWO.columns || rows < TWO.rows) return this.#one();
    return this.#several();
  }

  /** The introduction, or the end. */
  #outside(): Line[] {
    const width = textWidth(this.#size.columns);
    return this.#state.at < 0
      ? tellIntroduction(this.#state.recording, width)
      : tellEnd(this.#state, width);
  }

  #whole(content: readonly Line[]): readonly Line[] {
    const { columns: width, rows } = this.#size;
    const { pane } = this.#state;
    return this.#keep(pane, window(content, { width, rows }, this.#state.scroll[pane] ?? 0)).lines;
  }

  /** One pane at a time. */
  #one(): readonly Line[] {
    const { columns, rows } = this.#size;
    const { pane } = this.#state;
    const next = PANES[(PANES.indexOf(pane) + 1) % PANES.length];
    return [
      header(this.#title(pane), `Tab: ${next}`, columns, true),
      ...this.#pane(pane, columns, rows - 1),
    ];
  }

  /** The story above, the others below it. */
  #several(): readonly Line[] {
    const { columns, rows } = this.#size;
    const story = this.#storyRows();
    const above = this.#pane("story", columns, story);
    const below = rows - story;
    const panes =
      columns < THREE.columns || below < THREE.rows ? this.#two(below) : this.#three(below);
    return [...above, ...panes];
  }

  /** As many rows as the longest story needs, so that the panes stay where they are, but no more than half of all. */
  #storyRows(): number {
    const { rows } = this.#size;
    const needed = this.#story().length;
    const usual = Math.min(this.#longest(), Math.floor(rows / 2));
    return Math.max(usual, Math.min(needed, rows - LEAST_PANES));
  }

  #longest(): number {
    const { recording } = this.#state;
    const width = textWidth(this.#size.columns);
    const known = longest.get(recording)?.get(width);
    if (known !== undefined) return known;
    const steps = recording.steps.slice(0, MEASURED);
    const most = Math.max(...steps.map((_, i) => tellStep(recording, i, width).length));
    longest.set(recording, new Map(longest.get(recording)).set(width, most));
    return most;
  }

  #two(rows: number): Line[] {
    // At 80 columns just so wide that no line of the stub code is cut, and no change of RIP takes two.
    const width = Math.floor((this.#size.columns * 38) / 80);
    const [left, right] = this.#pair();
    const others = SIDES.filter((each) => each !== right && each !== left).join(", ");
    return beside([
      this.#titled(left, width, rows),
      this.#titled(right, this.#size.columns - width - 1, rows, `Tab: ${others}`),
    ]);
  }

  /** The panes that stand beside each other: those that have something to say, and the one that has the keys. */
  #pair(): [Pane, Pane] {
    const { recording, pane, side } = this.#state;
    const at = seenAt(this.#state);
    if (pane === "code" || tellCode(recording, at, 1).known) return ["code", side];
    if (side !== "registers") return side === "kernel" ? ["kernel", "memory"] : ["kernel", side];
    return pane === "registers" || hasRegisters(recording, at)
      ? ["kernel", side]
      : ["kernel", "memory"];
  }

  #three(rows: number): Line[] {
    const { columns } = this.#size;
    const middle = Math.floor(columns * 0.32);
    const right = Math.floor(columns * 0.32);
    const left = columns - middle - right - 2;
    const kernel = this.#titled("kernel", right, KERNEL_ROWS);
    const memory = this.#titled("memory", right, rows - KERNEL_ROWS);
    return beside([
      this.#titled("code", left, rows),
      this.#titled("registers", middle, rows),
      [...kernel, ...memory],
    ]);
  }

  #titled(pane: Pane, width: number, rows: number, note = ""): Line[] {
    const focused = this.#state.pane === pane;
    return [header(this.#title(pane), note, width, focused), ...this.#pane(pane, width, rows - 1)];
  }

  #pane(pane: Pane, width: number, rows: number): readonly Line[] {
    const { recording, scroll } = this.#state;
    const at = seenAt(this.#state);
    const room = textWidth(width);
    const size = { width, rows };
    const by = scroll[pane] ?? 0;
    const shown = (content: readonly Line[], current = 0) =>
      this.#keep(pane, window(content, size, by, current)).lines;
    switch (pane) {
      case "story":
        return shown(this.#story());
      case "code": {
        const { lines, current } = tellCode(recording, at, room);
        return shown(lines, current);
      }
      case "registers":
        return shown(tellRegisters(recording, at, room, rows));
      case "kernel":
        return shown(tellKernel(recording, at, room));
      case "memory":
        return shown(tellMemory(recording, at, room));
    }
  }

  #story(): Line[] {
    const { recording, asked, at } = this.#state;
    const width = textWidth(this.#size.columns);
    const question = asked === null ? undefined : recording.questions[asked];
    if (question !== undefined) return tellQuestion(question, width);
    return [...tellStep(recording, at, width), ...tellAnswers(this.#state, at, width)];
  }

  #title(pane: Pane): string {
    const at = seenAt(this.#state);
    const about = narrow(this.#state.recording.steps[at]?.about ?? "");
    switch (pane) {
      case "story":
        return `step ${stepNumber(this.#state.at)}`;
      case "code":
        return narrow(tellCode(this.#state.recording, at, 1).name);
      case "registers":
        return `registers of ${about}`;
      case "kernel":
        return `/proc of ${about}`;
      case "memory":
        return `memory of ${about}`;
    }
  }

  #keep(pane: Pane, box: Box): Box {
    this.limits[pane] = box;
    return box;
  }
}

/** How many steps are measured, so that a long recording opens at once. */
const MEASURED = 2000;
const longest = new WeakMap<State["recording"], Map<number, number>>();

/** Columns of lines beside each other, as long as the first. */
function beside(columns: readonly (readonly Line[])[]): Line[] {
  const [first = []] = columns;
  return first.map((_, i) =>
    columns.flatMap((lines, column) => {
      const divider = column === 0 ? [] : [draw(i === 0 ? "┬" : "│", "faint")];
      return [...divider, ...(lines[i] ?? [])];
    }),
  );
}
