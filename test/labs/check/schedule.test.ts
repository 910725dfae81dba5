/*
 * A schedule as steps that a person sees, each with what comes of it and the rules that decide it.
 */

import { checkBirth, planOf } from "../../../src/labs/check/check.ts";
import { TaskModel } from "../../../src/labs/check/model.ts";
import { follow, rulesOf, turnsAfter } from "../../../src/labs/check/schedule.ts";

const steps = suite("steps of a schedule");

const { constants } = openEncoder("assembly");
const model = new TaskModel();
const options = { omit: ["prctl"], outside: ["kill-host"] };
const plan = planOf(options);
const moves = (checkBirth(options, model).verdicts[0]?.schedule ?? []).map(({ number }) => number);
const followed = follow({ model, plan, moves, constants }).steps;

steps("have who does what, what becomes of tasks, and whether a property is broken", () => {
  const told = followed.map(({ actor, text, changes }) => [actor, text, ...changes].join("; "));
  assert.equal(told, [
    "host; blocks all signals",
    "host; clone(SIGKILL); stub runs",
    "stub; setsid()",
    "stub; getppid() is R15",
    "stub; kill(stub, SIGSTOP)",
    "stub; takes SIGSTOP; stub is stopped",
    "outside; kill(host, SIGKILL)",
    "host; takes SIGKILL; host has ended; the parent of stub is init",
  ]);
  assert.equal(
    followed.map(({ broken }) => broken),
    [...followed.slice(1).map(() => 0), 1],
  );
});

steps("have the rules without which they would have led elsewhere", () => {
  const [, , , , , stop, , end] = followed.map((step) =>
    rulesOf({ model, plan, moves, constants }, step),
  );
  // A stop is told to the parent; children of a process that ends get another parent.
  assert.ok(stop?.includes(18));
  assert.ok(end?.includes(50));
});

steps(
  "may be made one by one: of each task the next step that one sees, of the outside each act",
  () => {
    const turns = (made: number) =>
      turnsAfter({ model, plan, moves: moves.slice(0, made), constants }).map(
        ({ actor, text }) => `${actor}: ${text}`,
      );
    assert.equal(turns(0), ["host: blocks all signals", "outside: kill(host, SIGKILL)"]);
    assert.equal(turns(followed[1]?.end ?? 0), [
      "stub: setsid()",
      "host: unblocks all signals",
      "outside: kill(host, SIGKILL)",
    ]);
    assert.equal(turns(moves.length), []);
  },
);
