import { ForeignSubject } from "../../src/labs/compare/foreign.ts";
import { BrokenEncoder, RecordLayout } from "../../src/labs/compare/record.ts";
import { liar } from "../support/foreign_modules.ts";

const lies = suite("foreign encoders: lies on the channel");

/** How long the detection of a break may take, in milliseconds: lies are detected without waiting. */
const SOON = 60_000;
/** Lies that take the full time of a request, 2000 ms. */
const LATE = 5000;

/** How an encoder breaks, while it is opened or in its first batch. */
async function breakOf(file: string): Promise<BrokenEncoder> {
  let subject: ForeignSubject | undefined;
  try {
    subject = await ForeignSubject.open(file);
    const layout = new RecordLayout("waitValue", 0);
    await subject.run(layout, new BigUint64Array(2 * layout.words));
  } catch (error) {
    if (error instanceof BrokenEncoder) return error;
    throw error;
  } finally {
    subject?.close();
  }
  throw new Error("expected a BrokenEncoder");
}

function found(what: string, body: string, message: RegExp, limit = SOON): void {
  lies(what, async () => {
    const start = performance.now();
    const error = await breakOf(liar(body));
    assert.match(error.message, message);
    const took = performance.now() - start;
    assert.ok(took < limit, `took ${took} ms`);
    const gone = () => childrenOf(process.pid).filter(isAlive).length === 0;
    assert.ok(await eventually(gone, 1000), "its process is left");
  });
}

const NO_MESSAGE = /^sent bytes that are not a message: /;
const NO_REPLY = /^sent a message that is not a reply to the request$/;
const LOOP = "for (;;);";

found("garbage", `say("no message at all\\n"); ${LOOP}`, NO_MESSAGE);
found("a message of Node.js's own", `say('{"cmd":"NODE_HANDLE_ACK"}\\n'); ${LOOP}`, NO_MESSAGE);
found("an object that is not a reply", `say(frame({ cmd: "NODE_HANDLE" })); ${LOOP}`, NO_REPLY);
found("null", `say(frame("null")); ${LOOP}`, NO_REPLY);
found("no JSON", `say(frame("{")); ${LOOP}`, NO_MESSAGE);
found("nothing but brackets", `say(frame("[".repeat(500_000))); ${LOOP}`, NO_MESSAGE);
found("a length that none has", `say(Buffer.alloc(4, 255)); ${LOOP}`, NO_MESSAGE);
found(
  "endless messages",
  'const all = frame("{}"); for (;;) say(all);',
  /^sent (a message that is not a reply to the request|too many messages)$/,
);
found(
  "an incomplete message",
  'say(frame("x".repeat(1000)).subarray(0, 10)); for (;;);',
  /^did not return within 2000 ms$/,
  LATE,
);
found(
  "half a message before it exits",
  'say(frame("x".repeat(1000)).subarray(0, 10)); process.kill(process.pid, "SIGKILL");',
  /^was killed by SIGKILL$/,
);
found(
  "a channel that is closed",
  `for (const file of channels) closeSync(file); ${LOOP}`,
  /^closed its channel$/,
  LATE,
);

/** A whole reply to the first request, to load. */
const LOADED = 'id: 1, kind: "loaded", arch: "amd64", functions: ["waitValue"]';

for (const [what, message] of [
  ["a reply to a request that was not made", 'id: 7, kind: "ran"'],
  ["the reply to another request", 'id: 1, kind: "ran"'],
  ["an invalid architecture", `${LOADED}, arch: "vax", constants: []`],
  ["invalid constants", `${LOADED}, constants: 7`],
  ["a constant without a word", `${LOADED}, constants: [["X"]]`],
  ["a constant that is not a word", `${LOADED}, constants: [["X", "1e9"]]`],
  ["a name with control characters", `${LOADED}, constants: [["\\x1b[2J", "1"]]`],
  ["a break of an unknown kind", 'id: 1, kind: "broke", how: "joke", index: 0, message: ""'],
  ["a loop, which only a parent sees", 'id: 1, kind: "broke", how: "loop", index: 0, message: ""'],
  ["a break in no record", 'id: 1, kind: "broke", how: "trap", index: 5, message: ""'],
  ["a break without words", 'id: 1, kind: "broke", how: "trap", index: 0, message: {}'],
] as const) {
  found(what, `say(frame({ ${message} })); ${LOOP}`, NO_REPLY);
}

found(
  "words with control characters are made visible",
  `say(frame({ id: 1, kind: "broke", how: "refused", index: 0, message: "\\x1b[2J" })); ${LOOP}`,
  /^\\x1b\[2J$/,
);

/** A module whose waitValue does something when it is called. */
const calling = (what: string) => `
  let calls = 0;
  export function waitValue() { ${what} return 0; }`;

for (const [what, message] of [
  ["a record beyond the batch", 'id: 2, kind: "broke", how: "trap", index: 2, message: "x"'],
  ["half a record", 'id: 2, kind: "broke", how: "trap", index: 0.5, message: "x"'],
] as const) {
  found(what, calling(`say(frame({ ${message} })); ${LOOP}`), NO_REPLY);
}

lies("an unsolicited message between two requests", async () => {
  const subject = await ForeignSubject.open(
    liar(calling("if (calls++ === 0) setTimeout(() => say(frame({})), 20);")),
  );
  const layout = new RecordLayout("waitValue", 0);
  await subject.run(layout, new BigUint64Array(layout.words));
  // This process receives it before its next request.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const lied = subject.run(layout, new BigUint64Array(layout.words));
  assert.match((await rejected(BrokenEncoder, lied)).message, NO_REPLY);
  // A new process replies.
  await subject.run(layout, new BigUint64Array(layout.words));
  subject.close();
});
