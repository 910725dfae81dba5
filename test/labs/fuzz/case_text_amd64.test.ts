/*
 * The text of cases: what the table test/support/case_documents_amd64.txt has, read here and by the probe; and documents
 * that are changed at random.
 */

import { caseOf as scriptOf } from "../../../src/labs/fuzz/case/case.ts";
import { fuzzModule } from "../../../src/labs/fuzz/case/module.ts";
import { parseCaseText } from "../../../src/labs/fuzz/case/text.ts";
import { caseOf, SPREAD } from "../../support/exported_cases.ts";

const documents = suite("fuzz: text of cases");
const PROBE = "dist/probe-amd64";
const withProbe = needs(documents, { "the probe, which wasm2c builds": existsSync(PROBE) });

const TABLE = "test/support/case_documents_amd64.txt";
/** In place of it documents have an ellipsis. */
const SCHEMA = '"schema":"stublab.case/1"';

/** Documents, each with the document that is written of it, or with why it is refused, and what helps. */
const ROWS = readFileSync(TABLE, "utf8")
  .trimEnd()
  .split("\n\n")
  .map((row) => {
    const [document = "", ...result] = row.split("\n");
    return { document, result: result.map((line) => line.slice(2)) };
  });

/** The bytes of a document: those that are not printable are escaped, \xNN. */
function bytesOf(document: string): Buffer {
  const text = document.replace("…", SCHEMA);
  return Buffer.from(
    text.replace(/\\x([0-9a-f]{2})/g, (_, digits) => String.fromCharCode(Number(`0x${digits}`))),
    "latin1",
  );
}

/** What is written of the text of a case, or why it is refused. */
function answerTo(text: Uint8Array): string[] {
  try {
    return [JSON.stringify(formatCase(parseCaseText(text)))];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [error.message, ...(error.remedy === undefined ? [] : [error.remedy])];
  }
}

documents("each document of the table is read, or refused with place and reason", () => {
  const answers = ROWS.map(({ document }) => answerTo(bytesOf(document)));
  if (process.env.WRITE_DOCUMENTS !== undefined) {
    const rows = ROWS.map(({ document }, i) =>
      [document, ...(answers[i] ?? []).map((line) => `  ${line}`)].join("\n"),
    );
    writeFileSync(TABLE, `${rows.join("\n\n")}\n`);
  } else for (const [i, row] of ROWS.entries()) assert.equal(answers[i], row.result, row.document);
});

withProbe("the probe reads each document as Node.js does", () => {
  for (const { document, result } of ROWS) {
    const input = bytesOf(document);
    const { stdout, status } = spawnSync(PROBE, ["replay", "--list", "-"], { input });
    const isRead = result[0]?.startsWith("{");
    const [first = "", second] = result;
    const refusal = [`Bail out! document 1: ${first}`, ...(second ? [`# ${second}`] : [])];
    const expected = isRead ? [first] : refusal;
    assert.equal(`${stdout}`.trimEnd().split("\n"), expected, document);
    assert.is(status, isRead ? 0 : 2, document);
  }
});

documents("documents made by chance are refused, or written and read back as they are", () => {
  const seeds = Object.values(SPREAD).map((document) => caseOf(document));
  const scripts = [scriptOf([...seeds.slice(0, 2).flatMap(stepsOf)])];
  const texts = [...seeds, ...scripts].map((it) => Buffer.from(JSON.stringify(formatCase(it))));
  const TOKENS = [...'{}[]",:\\0x1é\u0000'].map((token) => Buffer.from(token));
  let state = 1;
  const below = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const pick = (of: readonly Buffer[]): Buffer => of[below(of.length)] ?? Buffer.alloc(0);
  let accepted = 0;
  for (let i = 0; i < 40_000; i++) {
    let text = pick(texts);
    for (let n = 1 + below(3); n > 0; n--) {
      const [from, length] = [below(text.length + 1), below(8)];
      const other = pick(texts);
      const start = below(other.length);
      const between = pick([
        ...[pick(TOKENS), Buffer.of(below(256)), Buffer.alloc(0)],
        other.subarray(start, start + below(40)),
      ]);
      text = Buffer.concat([text.subarray(0, from), between, text.subarray(from + length)]);
    }
    const [answer = ""] = answerTo(text);
    if (!answer.startsWith("{")) continue;
    accepted++;
    assert.is(answerTo(Buffer.from(answer))[0], answer, text.toString("latin1"));
  }
  assert.ok(accepted > 500, `${accepted}`);
});

documents("the reader takes nothing from beyond the end of a text", () => {
  const whole = Buffer.from(`{${SCHEMA},"registers":{"rax":"0x1"},"signal":12}`);
  const module = fuzzModule();
  for (let length = 0; length < whole.length; length++) {
    // The rest of the document follows in memory.
    const at = module.reserve(whole.length);
    new Uint8Array(module.buffer).set(whole, at);
    module.release(at, whole.length);
    const [answer = ""] = answerTo(whole.subarray(0, length));
    assert.match(
      answer,
      /^the document is not JSON: line 1, column \d+: expected .*, got nothing$/,
    );
  }
});
