/*
 * The page of schedules: its puzzles, its links, and where its steps are in the code.
 */

import {
  type Choice,
  choiceOf,
  constants,
  FIRST,
  fragmentOf,
  optionsOf,
  PUZZLES,
  puzzleChoice,
} from "../../src/cli/protocol/choice.ts";
import { CODE, codeOf } from "../../src/cli/protocol/code.ts";
import { PROPERTIES } from "../../src/labs/check/birth.ts";
import { checkBirth, planOf } from "../../src/labs/check/check.ts";
import { type Plan, TaskModel } from "../../src/labs/check/model.ts";
import { follow, OUTSIDE, turnsAfter } from "../../src/labs/check/schedule.ts";

const page = suite("page of schedules");
const model = new TaskModel();

/** In how few steps a property can be broken, by any choice of who runs next; steps of which one sees nothing do not count. */
function shortest(plan: Plan, property: number): number | undefined {
  const seen = new Set<string>();
  let level: number[][] = [[]];
  for (let steps = 0; level.length > 0; steps++) {
    const next: number[][] = [];
    for (const moves of level) {
      const followed = follow({ model, plan, moves, constants }).steps;
      if (followed.length > steps) {
        next.push(moves);
        continue;
      }
      const key = model.key();
      if (seen.has(key)) continue;
      seen.add(key);
      if ((((followed.at(-1)?.broken ?? 0) >> property) & 1) === 1) return steps;
      // One of which nothing is seen is at the same level.
      level.push(
        ...turnsAfter({ model, plan, moves, constants }).map((turn) => [...moves, ...turn.moves]),
      );
    }
    level = next;
  }
  return undefined;
}

for (const [i, puzzle] of PUZZLES.entries())
  page(
    `puzzle ${i + 1}, ${puzzle.title}: the explorer's schedule solves it, and no other in fewer steps`,
    () => {
      const property = PROPERTIES.indexOf(puzzle.breaks);
      const options = optionsOf(puzzleChoice(i));
      const { schedule = [] } = checkBirth(options, model).verdicts[property] ?? {};
      const moves = schedule.map(({ number }) => number);
      const { steps } = follow({ model, plan: planOf(options), moves, constants });
      const broken = steps.map(({ broken }) => (broken >> property) & 1);
      assert.equal(broken, [...steps.slice(1).map(() => 0), 1]);
      assert.is(shortest(planOf(options), property), steps.length);
    },
  );

page("there are seven puzzles", () => assert.is(PUZZLES.length, 7));

page("a link keeps what is chosen, and the schedule; what cannot be is the first choice", () => {
  const free: Choice = {
    ...{ sets: { omit: [], outside: ["kill-host"], wait: ["__WALL", "WNOHANG"] }, acts: 2 },
    ...{ signal: "none", until: "call", puzzle: undefined, shown: 3, moves: [8, 1, 16], at: 2 },
  };
  for (const choice of [
    FIRST,
    free,
    { ...free, sets: { ...free.sets, outside: [] } },
    puzzleChoice(6),
  ])
    assert.equal(choiceOf(fragmentOf(choice)), choice);
  assert.equal(choiceOf("acts=3&signal=SIGFOO&puzzle=8&at=5"), FIRST);
});

page("each call of a life, and of what breaks puzzles, is in the code, at one line", () => {
  for (const { file, function: name, line } of CODE) {
    const text = readFileSync(file, "utf8");
    const begin = text.search(new RegExp(`(\\b${name}\\(|^${name}:)`, "m"));
    assert.ok(begin >= 0 && text.indexOf(line, begin) >= 0, `${file}: ${line}`);
  }
  const placesOf = (plan: Plan, moves: readonly number[]) => {
    const { steps } = follow({ model, plan, moves, constants });
    return steps.flatMap(({ actor, call, text }, i) => {
      if (call === undefined || actor === OUTSIDE) return [];
      const place = codeOf(steps, i);
      assert.ok(place, `${actor} ${text}`);
      return [`${actor}: ${text}: ${place?.function}`];
    });
  };
  for (const i of PUZZLES.keys()) {
    const options = optionsOf(puzzleChoice(i));
    for (const { schedule = [] } of checkBirth(options, model).verdicts)
      placesOf(
        planOf(options),
        schedule.map(({ number }) => number),
      );
  }
  // Whoever can run first does, until nobody can.
  const plan = planOf({ acts: 0 });
  const moves: number[] = [];
  for (let next = true; next; ) {
    const [turn] = turnsAfter({ model, plan, moves, constants });
    moves.push(...(turn?.moves ?? []));
    next = turn !== undefined;
  }
  const places = placesOf(plan, moves);
  const inOrder = [
    "host: wait4(stub, WUNTRACED, __WALL): reachSelfStop",
    "host: wait4(stub, __WALL): attach",
    "host: wait4(stub, __WALL): await_stop",
    "stub: clone(SIGKILL): clone",
    "grandchild: getpid(): call",
    "host: kill(grandchild, SIGKILL): endProcess",
    "host: wait4(grandchild, __WALL): reap",
    "stub: wait4(grandchild, __WALL): reapZombie",
  ];
  assert.equal(
    inOrder.map((place) => places.indexOf(place)),
    inOrder.map((place) => places.indexOf(place)).toSorted((a, b) => a - b),
  );
  none(inOrder, (place) => !places.includes(place));
});
