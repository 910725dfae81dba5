import DOMPurify from "dompurify";
import mermaid from "mermaid";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordScenario, renderMermaid, SCENARIOS } from "../../../src/labs/record/index.ts";
import type { Recording } from "../../../src/labs/record/recording.ts";
import { HOSTILE, hostileRecording } from "../../support/hostile_recording.ts";
import { recordingOf } from "../../support/recordings.ts";

const diagrams = suite("view: Mermaid");

/** Mermaid draws no diagram that is longer. */
const LONGEST = 50_000;

// Mermaid's parser asks DOMPurify, which has nothing to work with outside a browser. What it does there,
// test/labs/record/mermaid_browser.slow.test.ts sees.
Object.assign(DOMPurify, { addHook: () => {}, sanitize: (text: string) => text });

/** How Mermaid's parser marks a character by its number, to put it into the picture at the end. */
const CHARACTER = /ﬂ°°(\d+)¶ß/g;

/** What Mermaid's own parser finds in a diagram: texts as they will be seen. */
async function parse(diagram: string) {
  assert.equal((await mermaid.parse(diagram)).diagramType, "sequence");
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(diagram);
  const read: unknown = JSON.parse(
    JSON.stringify({ actors: [...call(db, "getActors")], messages: [...call(db, "getMessages")] }),
  );
  assert.ok(isParsed(read));
  const seen = (text: string) =>
    text.replace(CHARACTER, (_, code) => String.fromCodePoint(Number(code)));
  return {
    actors: read.actors.map(([, actor]) => seen(actor.description)),
    messages: read.messages.map(({ message, from, to }) => ({
      text: seen(message).replaceAll("<br/>", " "),
      raw: message,
      from,
      to,
    })),
  };
}

function call(db: object, name: string): Iterable<unknown> {
  const method: unknown = Reflect.get(db, name);
  const answer: unknown = typeof method === "function" ? Reflect.apply(method, db, []) : undefined;
  if (typeof answer !== "object" || answer === null || !(Symbol.iterator in answer)) {
    throw new Error(`the diagram has no ${name}`);
  }
  return Array.isArray(answer) || answer instanceof Map ? answer : [];
}

interface Parsed {
  readonly actors: readonly [id: string, actor: { description: string }][];
  readonly messages: readonly { message: string; from: string; to: string }[];
}

function isParsed(read: unknown): read is Parsed {
  return typeof read === "object" && read !== null && "actors" in read && "messages" in read;
}

for (const name of Object.keys(SCENARIOS)) {
  diagrams(`Mermaid takes ${name}, hostile strings or not`, async () => {
    const recording = await recordScenario(name);
    for (const each of [recording, hostileRecording(recording)]) {
      const diagram = renderMermaid(each);
      assert.ok(diagram.length < LONGEST);
      const { actors, messages } = await parse(diagram);
      const taking = new Set(each.steps.flatMap(({ lane, about }) => [lane, about]));
      assert.is(actors.length, taking.size);
      assert.ok(messages.length >= each.arrows.length / 2);
      for (const { raw } of messages)
        assert.not.match(raw.replaceAll("<br/>", ""), /[<>#;{}\\]|%%|\$\$/);
    }
  });
}

diagrams("every hostile string is seen as what it is", async () => {
  const real = await recordingOf("inject");
  const [step] = real.steps;
  assert.ok(step);
  const { id } = real.lanes[0] ?? { id: "" };
  const steps = HOSTILE.map((title) => ({ ...step, lane: id, about: id, title }));
  const { messages } = await parse(renderMermaid({ ...real, steps, arrows: [] }));
  assert.is(messages.length, HOSTILE.length);
  assert.is(messages[3]?.text, "4: two\\nlines\\r\\nand\\ta tab");
  assert.is(messages[4]?.text, "5: a; b # c %% d");
  assert.is(messages[6]?.text, "7: #35;#quot;&lt;&#60;b&#62;ﬂ°°60¶ß");
  assert.is(messages[8]?.text, "9: style a:b#c;");
  assert.match(messages[11]?.text ?? "", /^12: \\x00\\x07\\x1b\[31mred/);
  assert.match(messages[18]?.text ?? "", /^19: 10 kB (long| )+(l|lo|lon)?…$/);
});

/** Many more steps, lanes and arrows than a diagram can show. */
async function huge(): Promise<Recording> {
  const real = hostileRecording(await recordingOf("grandchild"));
  const lanes = Array.from({ length: 1000 }, (_, i) => ({
    id: `${HOSTILE[i % HOSTILE.length]}${i}`,
    role: "",
    pid: i,
  }));
  const steps = Array.from({ length: 20_000 }, (_, i) => ({
    ...real.steps[i % real.steps.length],
    lane: lanes[i % 7]?.id ?? "",
    about: lanes[(i * i) % 11 === 1 ? (i * 17) % 1000 : i % 7]?.id ?? "",
    title: HOSTILE[i % HOSTILE.length] ?? "",
    microseconds: i,
  }));
  const arrows = Array.from({ length: 20_000 }, (_, i) => ({
    kind: (["clone", "signal", "wait", "attach"] as const)[i % 4] ?? "clone",
    from: (i * 31) % 20_000,
    to: (i * 7) % 20_000,
    label: HOSTILE[i % HOSTILE.length] ?? "",
  }));
  return { ...real, lanes, arrows, steps: steps.map((each) => ({ ...step(real), ...each })) };
}

function step({ steps: [first] }: Recording) {
  if (first === undefined) throw new Error("the recording has no step");
  return first;
}

diagrams("of a huge recording it shows the beginning, and says how much is left out", async () => {
  const diagram = renderMermaid(await huge());
  assert.ok(diagram.length < LONGEST);
  const { messages } = await parse(diagram);
  assert.match(messages.at(-1)?.text ?? "", /^[\d,]+ more entries left out of this diagram$/);
});

diagrams.run();
