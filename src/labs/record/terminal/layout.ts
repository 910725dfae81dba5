import { narrow } from "../../../lib/visible.ts";
import type { Moment } from "../moment.ts";
import { seenAt, seenStep } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import { statusLine, titleLine } from "./bars.ts";
import { tellCode } from "./code.ts";
import { draw, fit, type Line, prose, type Size } from "./frame.ts";
import { tellHelp } from "./help.ts";
import { tellKernel, tellMemory } from "./kernel.ts";
import { type Box, header, textWidth, window } from "./pane.ts";
import { tellRegisters } from "./registers.ts";
import { PANES, type Pane, SIDES, type State } from "./state.ts";
import { tellAnswers, tellEnd, tellIntroduction, tellQuestion, tellStep } from "./story.ts";
import { tellTimeline } from "./timeline.ts";

/** Below this nothing can be read. */
const LEAST: Size = { columns: 30, rows: 8 };

/** What two panes beside each other need, three below the story, and three with the story among them. */
const TWO: Size = { columns: 70, rows: 12 };
const THREE: Size = { columns: 120, rows: 16 };
const WIDE: Size = { columns: 150, rows: 28 };

/** Prose is not read in longer lines. */
const PROSE = 100;

/** Rows that the panes under the story keep, and those of the kernel's view if it has a place of its own. */
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

/** What panes are made of. */
interface Shown {
  readonly state: State;
  readonly moment: Moment;
}

/** What a pane is called and says, and which of its lines has to be seen. */
interface Content {
  title(shown: Shown): string;
  tell(shown: Shown, width: number, rows: number): readonly [lines: readonly Line[], seen?: number];
}

const CONTENT: Readonly<Record<Pane, Content>> = {
  story: {
    title: ({ state }) => `step ${stepNumber(state.at)}`,
    tell: (shown, width) => tellStory(shown, Math.min(PROSE, width)),
  },
  code: {
    title: ({ moment }) => narrow(moment.place?.code.name ?? "code"),
    tell: ({ moment }, width) => tellCode(moment, width),
  },
  registers: {
    title: ({ moment }) => `registers of ${narrow(moment.subject)}`,
    tell: ({ state, moment }, width, rows) => [tellRegisters(moment, state.annotator, width, rows)],
  },
  kernel: {
    title: ({ moment }) => `/proc of ${narrow(moment.subject)}`,
    tell: ({ state, moment }, width) => [
      tellKernel(moment.known, moment.index, state.annotator, width),
    ],
  },
  memory: {
    title: ({ moment }) => `memory of ${narrow(moment.subject)}`,
    tell: ({ moment }, width) => [tellMemory(moment.known, moment.index, width)],
  },
};

function tellStory({ state }: Shown, width: number): readonly [Line[], number] {
  const { asked, at } = state;
  if (asked !== null) return tellQuestion(state, asked, width);
  return [[...tellStep(state, at, width), ...tellAnswers(state, at, width)], 0];
}

/** Everything between the lanes and the last line. */
class View {
  readonly limits: Limits = {};
  readonly #state: State;
  readonly #size: Size;
  readonly #shown: Shown;

  constructor(state: State, size: Size) {
    this.#state = state;
    this.#size = size;
    this.#shown = { state, moment: state.moments.at(seenAt(state)) };
  }

  lines(): readonly Line[] {
    const { columns, rows } = this.#size;
    const room = Math.min(PROSE, textWidth(columns));
    if (this.#state.help) return this.#whole(tellHelp(room, this.#state.moments.arch.NAMES.PC));
    if (seenStep(this.#state) === undefined && this.#state.asked === null) {
      const tell = this.#state.at < 0 ? tellIntroduction : tellEnd;
      return this.#whole(tell(this.#state, room));
    }
    if (columns < TWO.columns || rows < TWO.rows) return this.#one();
    const isWide = columns >= WIDE.columns && rows >= WIDE.rows;
    return isWide && this.#hasRegisters ? this.#wide() : this.#several();
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
    return this.#titled(pane, columns, rows, `Tab: ${next}`);
  }

  /** The story above, the others below it. */
  #several(): readonly Line[] {
    const { columns, rows } = this.#size;
    const story = this.#storyRows(columns);
    const above = this.#pane("story", columns, story);
    const below = rows - story;
    const isWide = columns >= THREE.columns && below >= THREE.rows;
    return [...above, ...(isWide && this.#hasRegisters ? this.#three(below) : this.#two(below))];
  }

  /** Some lessons are about processes only: registers and code would have no use for their room. */
  get #hasRegisters(): boolean {
    return this.#state.recording.steps.some(({ registers }) => registers !== null);
  }

  /** The code, the story with the kernel's view under it, and the registers. */
  #wide(): readonly Line[] {
    const { columns, rows } = this.#size;
    const code = Math.max(44, Math.min(Math.floor(columns * 0.31), 64));
    const registers = Math.max(48, Math.min(Math.floor(columns * 0.31), 64));
    const middle = columns - code - registers - 2;
    const story = this.#storyRows(middle) + 1;
    const kernel = Math.min(KERNEL_ROWS, rows - story);
    return beside([
      this.#titled("code", code, rows),
      [
        ...this.#titled("story", middle, story),
        ...this.#titled("kernel", middle, kernel),
        ...this.#titled("memory", middle, rows - story - kernel),
      ],
      this.#titled("registers", registers, rows),
    ]);
  }

  /** As many rows as most stories need, so that the panes stay where they are, but no more than half of all. */
  #storyRows(columns: number): number {
    const { rows } = this.#size;
    const width = Math.min(PROSE, textWidth(columns));
    const usual = Math.min(usualStory(this.#state, width), Math.floor(rows / 2));
    return Math.max(usual, Math.min(tellStory(this.#shown, width)[0].length, rows - LEAST_PANES));
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
    const { pane, side } = this.#state;
    const { place, known } = this.#shown.moment;
    if (pane === "code" || place !== null) return ["code", side];
    if (side === "kernel") return ["kernel", "memory"];
    const hasRegisters = pane === "registers" || known.registers !== null;
    return ["kernel", side === "registers" && !hasRegisters ? "memory" : side];
  }

  #three(rows: number): Line[] {
    const { columns } = this.#size;
    const left = Math.floor(columns * 0.32);
    const right = Math.floor(columns * 0.3);
    const kernel = this.#titled("kernel", right, KERNEL_ROWS);
    const memory = this.#titled("memory", right, rows - KERNEL_ROWS);
    return beside([
      this.#titled("code", left, rows),
      this.#titled("registers", columns - left - right - 2, rows),
      [...kernel, ...memory],
    ]);
  }

  #titled(pane: Pane, width: number, rows: number, note = ""): Line[] {
    const focused = this.#state.pane === pane;
    return [
      header(CONTENT[pane].title(this.#shown), note, width, focused),
      ...this.#pane(pane, width, rows - 1),
    ];
  }

  #pane(pane: Pane, width: number, rows: number): readonly Line[] {
    const [content, current = 0] = CONTENT[pane].tell(this.#shown, textWidth(width), rows);
    const by = this.#state.scroll[pane] ?? 0;
    return this.#keep(pane, window(content, { width, rows }, by, current)).lines;
  }

  #keep(pane: Pane, box: Box): Box {
    this.limits[pane] = box;
    return box;
  }
}

/** How many steps are measured, so that a long recording opens at once, and what part of them has to find room. */
const MEASURED = 2000;
const MOST = 0.85;
const usual = new WeakMap<State["recording"], Map<number, number>>();

/** The length of the story of a recording's steps that is seldom exceeded. */
function usualStory(state: State, width: number): number {
  const { recording } = state;
  const known = usual.get(recording)?.get(width);
  if (known !== undefined) return known;
  const all = { ...state, reached: recording.steps.length };
  const steps = recording.steps.slice(0, MEASURED);
  const lengths = steps.map((_, i) => tellStep(all, i, width).length).toSorted((a, b) => a - b);
  const length = lengths[Math.floor(lengths.length * MOST)] ?? 1;
  usual.set(recording, new Map(usual.get(recording)).set(width, length));
  return length;
}

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
