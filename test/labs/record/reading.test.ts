import { eventsOf } from "../../../src/labs/record/event.ts";
import {
  type Action,
  actionOf,
  beginReading,
  choiceOrder,
  END,
  type Reading,
  read,
  readerSeed,
  scoreOf,
  seenAt,
  sinceAt,
  verdictOf,
} from "../../../src/labs/record/reading.ts";

const reading = suite("reading a recording");

const host = await recordingOf("host");
const { length } = host.steps;
const stops = host.questions.map(({ step }) => step);

/** What keys make of a reading. */
const press = (start: Reading, ...keys: string[]) =>
  keys.reduce((state, key) => {
    const action = actionOf(state, key);
    return action === undefined ? state : read(state, action);
  }, start);

const FORWARD: readonly (readonly [name: string, action: Action])[] = [
  ["→", { kind: "event", by: 1 }],
  ["a step", { kind: "step", by: 1 }],
  ["End", END],
  ["Enter", { kind: "enter" }],
  ["a link to the last step", { kind: "go", at: length - 1 }],
];

for (const [name, action] of FORWARD) {
  reading(`${name} never passes a question`, () => {
    let state = beginReading(host);
    for (let i = 0; i < 3 * length; i++) state = read(state, action);
    assert.is(state.asked, 0);
    assert.is(seenAt(state), (stops[0] ?? 0) - 1);
    assert.match(state.message, /^1 to \d answer the question/);
    for (const [i] of stops.entries()) {
      assert.is(state.asked, i);
      state = read(state, { kind: "answer", choice: 0 });
      for (let j = 0; j < 3 * length; j++) state = read(state, action);
    }
    assert.is(state.asked, null);
    assert.ok(state.at >= length - 1);
    assert.is(scoreOf(state).answered, stops.length);
  });
}

reading(
  "in a walk by events, changes are those since the event before; in one by steps, of a step",
  () => {
    const events = eventsOf(host);
    const place = events.findIndex((event, i) => i > 0 && event > (events[i - 1] ?? 0) + 2);
    const [before = 0, event = 0] = events.slice(place - 1);
    const answered = { ...beginReading(host, before), asks: false, asked: null };
    const forward = press(answered, "right");
    assert.equal([forward.at, sinceAt(forward)], [event, before + 1]);
    const step = press(forward, ",");
    assert.equal([step.at, sinceAt(step)], [event - 1, event - 1]);
    const linked = read(forward, { kind: "link", at: event - 1 });
    assert.is(sinceAt(linked), event - 1);
    assert.is(sinceAt(read(linked, { kind: "link", at: event })), before + 1);
  },
);

reading("one goes to a step once all questions before it are answered", () => {
  const [first = 0, second = 0] = stops;
  const go = (state: Reading, at: number) => read(state, { kind: "go", at });
  const stopped = go(beginReading(host), first + 2);
  assert.equal([stopped.at, stopped.asked, stopped.reached], [first, 0, first - 1]);
  const linked = go(press(stopped, "s"), first + 2);
  assert.equal([linked.at, linked.asked, linked.reached], [first + 2, null, first + 2]);
  const asked = go(linked, length);
  assert.equal([asked.at, asked.asked, asked.reached], [second, 1, second - 1]);
  assert.is(go(go(asked, 0), second - 1).at, second - 1, "what was seen can be seen again");
  const shown = stops.reduce((state) => press(state, "s", "end"), press(asked, "end"));
  assert.equal([go(shown, 9999).at, go(shown, -9).at], [length, -1]);
});

reading("a reading that begins at a step, and a link, show it, and ask what it answers", () => {
  const [first = 0, second = 0] = stops;
  for (const begun of [
    beginReading(host, length - 1),
    read(beginReading(host, 0), { kind: "link", at: length - 1 }),
  ]) {
    assert.equal([begun.at, begun.asked, begun.reached], [length - 1, null, length - 1]);
    assert.equal([press(begun, "right").at, press(begun, "home", "end").at], [length, first]);
  }
  const answered = beginReading(host, second, 0, new Map([[0, null]]));
  assert.equal([answered.at, answered.asked], [second, 1]);
});

reading("digits answer by the place at which a choice is shown; Enter by the one picked", () => {
  const [question] = host.questions;
  assert.ok(question);
  for (const seed of [1, 2, 3, 4]) {
    const asked = press(beginReading(host, -1, seed), "end");
    const order = choiceOrder(asked, 0);
    const place = order.indexOf(question.answer);
    assert.is(press(asked, `${place + 1}`).answers.get(0), question.answer);
    const keys = [...Array.from({ length: place + 1 }, () => "down"), "enter"];
    assert.is(press(asked, ...keys).answers.get(0), question.answer);
    assert.is(press(asked, "up", "enter").answers.get(0), order.at(-1));
    assert.is(press(asked, "9").asked, 0);
    assert.is(press(asked, "s").answers.get(0), null);
    assert.is(press(asked, "s", "a").asked, 0);
  }
});

reading("a question can be left backwards, and comes again", () => {
  const asked = press(beginReading(host), "end");
  for (const [before, after] of [
    ["left", "right"],
    [",", "."],
  ] as const) {
    const back = press(asked, before);
    assert.is(back.asked, null);
    assert.ok(back.at < asked.at);
    assert.is(press(back, after).asked, 0);
  }
});

reading("no place of a choice is right more often than it must be", () => {
  const wins: number[] = [];
  let questions = 0;
  for (let seed = 0; seed < 100; seed++) {
    const state = beginReading(host, -1, seed);
    for (const [i, { answer }] of host.questions.entries()) {
      const place = choiceOrder(state, i).indexOf(answer);
      wins[place] = (wins[place] ?? 0) + 1;
      questions++;
    }
  }
  for (const count of wins) assert.ok(count < 0.4 * questions, `${wins} of ${questions}`);
  assert.equal(
    choiceOrder(beginReading(host, -1, 7), 0),
    choiceOrder(beginReading(host, -1, 7), 0),
  );
});

reading("each reader has an order of choices, by any text", () => {
  const seeds = ["ann", "bob", "1", "2", "", "é"].map(readerSeed);
  const orders = seeds.map((seed) => String(choiceOrder(beginReading(host, -1, seed), 0)));
  assert.is(new Set(seeds).size, seeds.length);
  assert.ok(new Set(orders).size > 1);
});

reading("a wrong choice is refuted by its own reply, if any; the right one explained", () => {
  const [first, ...others] = host.questions;
  assert.ok(first);
  const replies = first.choices.map((_, i) => (i === 1 ? "" : `reply ${i}`));
  const recording = { ...host, questions: [{ ...first, replies }, ...others] };
  const told = (choice: number | null) =>
    verdictOf(beginReading(recording, -1, 0, new Map([[0, choice]])), 0).map(([, text]) => text);
  const { choices, answer, because } = first;
  const right = [choices[answer], because];
  assert.equal([told(answer), told(null)], [right, right]);
  for (const i of choices.keys()) {
    if (i === answer) continue;
    assert.equal(told(i), [choices[i], ...(i === 1 ? [] : [`reply ${i}`]), ...right]);
  }
  assert.equal(verdictOf(beginReading(recording), 0), []);
});

reading("a step without a question says so when it is asked again", () => {
  assert.is(press(beginReading(host, 0), "a").message, "This step answers no question.");
});

reading("without questions nothing is asked, and with them again from there on", () => {
  const off = read(beginReading(host), { kind: "ask", asks: false });
  assert.is(press(off, "end").at, length);
  assert.is(read(press(off, "end", "home"), { kind: "ask", asks: true }).asked, null);
});

reading("the ends say so", () => {
  const off = read(beginReading(host), { kind: "ask", asks: false });
  assert.is(press(off, "left").message, "This is the beginning.");
  assert.is(press(off, "end", "right").message, "This is the end.");
  assert.is(press(off, ",").message, "This is the beginning.");
  assert.is(press(off, "end", ".").message, "This is the end.");
});
