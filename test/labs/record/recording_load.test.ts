import { truncateSync } from "node:fs";
import { OutputError } from "../../../src/index.ts";
import { renderJson } from "../../../src/labs/record/load.ts";

const load = suite("recording: load");

const folder = temporaryFolder();

const refusal = (document: string | Uint8Array) =>
  thrown(InputError, () => parseRecording(document)).message;

load("what is loaded is what was saved", async () => {
  const recording = await recordingOf("host");
  const path = join(folder, "host.json");
  writeFileSync(path, JSON.stringify(recording, null, 1));
  assert.equal(loadRecording(path), JSON.parse(JSON.stringify(recording)));
  assert.is(JSON.stringify(parseRecording(JSON.stringify(recording))), JSON.stringify(recording));
});

load("wherever it is cut off, it is refused", async () => {
  const text = JSON.stringify(await recordingOf("inject"));
  for (let length = 0; length < text.length; length += 97) {
    assert.match(refusal(text.slice(0, length)), /^the document is not JSON: "/);
  }
});

/** A step to a value inside a document: a name or an index. */
type Path = readonly (string | number)[];

/** The place as an error names it. */
function placeOf(path: Path): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === "number") return `${place}[${key}]`;
    return place === "" ? key : `${place}.${key}`;
  }, "");
}

function* placesIn(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== "object" || value === null) {
    yield path;
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    yield* placesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** The document with the value at `path` replaced. */
function changed(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(document)) {
    return document.map((item, i) => (i === key ? changed(item, rest, value) : item));
  }
  const entries = Object.entries(document ?? {}).map(([name, item]) => {
    return [name, name === key ? changed(item, rest, value) : item];
  });
  return Object.fromEntries(entries);
}

/** The members that are booleans. */
const BOOLEANS: readonly unknown[] = ["held", "staged", "terminal"];

/** Members that may be missing. */
const OPTIONAL = [
  ...["before", "after", "staged", "detail", "process", "terminal"],
  ...["parentTid", "foreground", "deed"],
];

load("a value that is missing or of the wrong type is refused by its place", async () => {
  const recording = await recordingOf("inject");
  let places = 0;
  for (const path of placesIn(recording)) {
    const wrong = BOOLEANS.includes(path.at(-1)) ? "yes" : true;
    const message = refusal(JSON.stringify(changed(recording, path, wrong)));
    const place = placeOf(path);
    assert.ok(message.startsWith(`${place}: `), `${place}: ${message}`);
    places++;
    if (typeof path.at(-1) === "number" || OPTIONAL.some((name) => path.includes(name))) continue;
    const missing = refusal(JSON.stringify(changed(recording, path, undefined)));
    assert.match(missing, /got nothing$|not a recording of stublab$/);
    assert.ok(missing.startsWith(`${place}: `), missing);
  }
  assert.ok(places > 1000, `${places} places`);
});

/** What is refused: a value at a place of a recording, or another document. The message is a regular expression. */
interface Refused {
  readonly what: string;
  readonly path: Path;
  readonly value: unknown;
  readonly message: string;
}

const MANY = {
  ...{ what: "too many", path: ["steps"], value: Array(100_001).fill(0) },
  message: "^steps: expected at most 100000, got 100001$",
};

for (const { what, path, value, message } of [...jsonLines<Refused>("labs/record/refused"), MANY]) {
  load(`refused: ${what}`, async () => {
    const document = changed(await recordingOf("inject"), path, value);
    assert.match(refusal(JSON.stringify(document)), new RegExp(message));
  });
}

load("more than 20 MB are refused before they are read to the end", async () => {
  const path = join(folder, "huge.json");
  writeFileSync(path, "");
  truncateSync(path, 1e12);
  for (const file of [path, "/dev/zero"]) {
    const { message } = thrown(InputError, () => loadRecording(file));
    assert.is(message, `${file} has more than 20000000 bytes, the limit for a recording`);
  }
});

load("deep values, and too many, are refused before they are parsed", () => {
  assert.is(refusal("[".repeat(19_000_000)), "the document has more than 64 levels");
  assert.is(refusal(`[${"{},".repeat(6_000_000)}{}]`), "the document has more than 2000000 values");
});

load("what is written can be read again: without spaces if need be, or it is refused", async () => {
  const real = await recordingOf("inject");
  const [first] = real.steps;
  if (first === undefined) throw new RangeError("no steps");
  const line = { offset: 0, bytes: "", text: "", label: null };
  const lines = Array.from({ length: 99_000 }, (_, offset) => ({ ...line, offset }));
  const code = Array.from({ length: 3 }, (_, i) => ({ name: `code ${i}`, base: "0x0", lines }));
  const large = { ...real, code: [...real.code, ...code] };
  assert.ok(JSON.stringify(large, null, 1).length > 20e6);
  const text = renderJson(large);
  assert.ok(JSON.stringify(parseRecording(text)) === JSON.stringify(large));
  const wide = { ...real, introduction: ["é".repeat(3_500_000)] };
  const { message } = thrown(OutputError, () => renderJson(wide));
  assert.match(message, "has more than 20000000 bytes, the limit for a recording");
});

const HOSTILE = [
  "</script><script>alert(1)</script>",
  "\u001b[2J\u0007\u0000",
  "‮\u2028\ud800",
  "__proto__",
  "constructor",
  "a".repeat(100_000),
];

load("a register may have any name, and changes no prototype", async () => {
  const recording = await recordingOf("inject");
  const words = JSON.parse('{"__proto__":"0x1","constructor":"0x2"}');
  const text = JSON.stringify(changed(recording, ["steps", 7, "registers", "after"], words));
  const after = parseRecording(text).steps[7]?.registers?.after ?? {};
  assert.equal(Object.entries(after), [
    ["__proto__", "0x1"],
    ["constructor", "0x2"],
  ]);
  assert.is(Object.getPrototypeOf(after), Object.prototype);
});

load("an error shows nothing that a terminal would obey, and not much", async () => {
  const recording = await recordingOf("inject");
  for (const text of HOSTILE) {
    const register = JSON.parse(`{${JSON.stringify(text)}:1}`);
    for (const document of [
      changed(recording, ["steps", 3, "kind"], text),
      changed(recording, ["steps", 3, "lane"], text),
      changed(recording, ["schema"], `stublab.${text}`),
      changed(recording, ["steps", 7, "registers", "after"], register),
    ]) {
      assert.match(refusal(JSON.stringify(document)), /^[\x20-\x7e…]{1,250}$/);
    }
  }
});

load("what a later version adds is passed over", async () => {
  const recording = await recordingOf("inject");
  const more = {
    ...recording,
    more: 1,
    steps: recording.steps.map((step) => ({ ...step, more: [] })),
  };
  assert.equal(parseRecording(JSON.stringify(more)), JSON.parse(JSON.stringify(recording)));
});
