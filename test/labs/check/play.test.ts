/*
 * One order of a birth, chosen move by move: it breaks what the explorer says it breaks, and names the rules that decide it.
 */

import { PRECAUTIONS, PROPERTIES } from "../../../src/labs/check/birth.ts";
import { planOf } from "../../../src/labs/check/check.ts";
import { TaskModel } from "../../../src/labs/check/model.ts";

const play = suite("one order of a birth");

const PLAN = planOf({});
const without = (name: string) => planOf({ omit: [name] });
const [explorer, model] = [new TaskModel(), new TaskModel()];

for (const { name } of PRECAUTIONS)
  play(
    `the schedules of the explorer without ${name} break their properties, with the same states`,
    () => {
      explorer.explore(without(name));
      for (const i of PROPERTIES.keys()) {
        const schedule = explorer.schedule(i);
        if (schedule === undefined) continue;
        model.begin(without(name));
        for (const move of schedule) {
          assert.ok(model.moves().includes(move.number));
          assert.equal(model.make(move.number), move);
        }
        assert.is((model.broken() >> i) & 1, 1, PROPERTIES[i]);
      }
    },
  );

play(
  "a birth begins with a host and its shell, and the outside may act as often as it is said",
  () => {
    const letters = model.begin(PLAN).map(({ letter }) => letter);
    assert.equal([letters, model.broken()], [["-", "-"], 0]);
    const isOutside = (move: number) => move >= 16;
    assert.is(model.moves().filter(isOutside).length, 3);
    model.make(16);
    assert.is(model.moves().filter(isOutside).length, 0);
  },
);

play("that its parent's death kills a stub is decided by the rule of PR_SET_PDEATHSIG", () => {
  const T49 = 49;
  model.begin(PLAN);
  const host = [8, 8];
  const stub = [2, 9, 9];
  for (const move of [...host, ...stub]) model.make(move);
  model.make(16);
  assert.not(model.decides(T49));
  const { tasks } = model.make(1);
  assert.is(tasks[1]?.letter, "Z");
  assert.ok(model.decides(T49));
  assert.equal(model.moves(), [2]);
});
