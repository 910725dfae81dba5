import type { Step } from "../../../recording.ts";

type Move = (steps: readonly Step[], index: number) => number;

/** Where one can go from a step, by the names of buttons. Where there is nothing to go to, one stays. */
export const MOVES = {
  first: () => 0,
  last: (steps) => steps.length - 1,
  back: (_, index) => Math.max(0, index - 1),
  on: (steps, index) => Math.min(steps.length - 1, index + 1),
  "back-event": (steps, index) => before(steps, index, isEvent),
  "on-event": (steps, index) => after(steps, index, isEvent),
  "back-lane": (steps, index) => before(steps, index, inLaneOf(steps, index)),
  "on-lane": (steps, index) => after(steps, index, inLaneOf(steps, index)),
} satisfies Record<string, Move>;

export type MoveName = keyof typeof MOVES;

export function isMove(name: string): name is MoveName {
  return Object.hasOwn(MOVES, name);
}

type Wanted = (step: Step) => boolean;

const isEvent: Wanted = ({ kind }) => kind !== "instruction";
const inLaneOf = (steps: readonly Step[], index: number): Wanted => {
  return ({ lane }) => lane === steps[index]?.lane;
};

function before(steps: readonly Step[], index: number, wanted: Wanted): number {
  const found = steps.slice(0, index).findLastIndex(wanted);
  return found < 0 ? index : found;
}

function after(steps: readonly Step[], index: number, wanted: Wanted): number {
  const found = steps.slice(index + 1).findIndex(wanted);
  return found < 0 ? index : index + 1 + found;
}
