// Recordings of machines are judged anywhere, by the machines that they describe.

import { gunzipSync, gzipSync } from "node:zlib";
import { judge } from "../../../src/labs/fuzz/index.ts";
import { NO_XSTATE } from "../../../src/labs/fuzz/machine.ts";
import { holds, rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { RecordedCases } from "../../../src/labs/fuzz/recordings/judge_here.ts";
import { formatRecording, RecordingFile } from "../../../src/labs/fuzz/recordings/recording.ts";
import { RECORDINGS } from "../../support/feature_trials.ts";

/** The most cases of each recording that contradict the model, and that it does not predict. */
const BOUNDS: Readonly<Record<string, readonly [contradicted: number, unpredicted: number]>> = {
  "amd-25-17.jsonl.gz": [0, 60],
  "amd64-tcg.jsonl.gz": [0, 26],
  "arm64-tcg.jsonl.gz": [0, 127],
  "dispatch-6.6.jsonl": [0, 0],
  "intel-6-167.jsonl.gz": [0, 125],
  "intel-6-207.jsonl.gz": [0, 251],
  "intel-6-causes.jsonl": [0, 0],
  "x32.jsonl": [0, 0],
};

const recordings = suite("fuzz: recordings");
const folder = temporaryFolder();
const onAmd64 = needs(recordings, { amd64: HOST_ARCH === "amd64" });

const contentOf = (name: string) => readFileSync(join(RECORDINGS, name));
const write = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

recordings("each recording of the repository has bounds", () => {
  assert.equal(readdirSync(RECORDINGS).sort(), Object.keys(BOUNDS).sort());
});

for (const [name, [contradicted, unpredicted]] of Object.entries(BOUNDS)) {
  recordings(`${name}: no outcome contradicts the model; nearly all are predicted`, async () => {
    const judgement = await judge(contentOf(name));
    const { length } = judgement.contradictions;
    assert.ok(length <= contradicted, `${length} contradictions`);
    const hidden = judgement.unpredicted.reduce((sum, { cases }) => sum + cases, 0);
    assert.ok(hidden <= unpredicted, `${hidden} not predicted`);
  });
}

/** Rules whose absence the recording of the Intel processor does not show; the second line is about further steps. */
const NOT_SHOWN: readonly string[] = [
  ..."W16 W22 W33 W61 W71 W76 S12 S13 S14 S15 S19 S22 S25 S26 S27 R60 R67 R75 R112 R116".split(" "),
  ..."W80 W81 W82 W83 W84 R118 R119 R120 R122 R123 R125".split(" "),
];

onAmd64("the recording of the Intel processor shows when a rule is missing", () => {
  const file = new RecordingFile(contentOf("intel-6-207.jsonl.gz"));
  const { machine } = file.header;
  using cases = new RecordedCases(file);
  const old = new Set([...cases.contradictions(new Model(machine))].map(({ line }) => line));
  const isFound = (id: string) => {
    for (const { line } of cases.contradictions(new Model(machine, { id, remove: true }))) {
      if (!old.has(line)) return true;
    }
    return false;
  };
  const held = rules().filter(
    (rule) => rule.phase !== "unpredicted" && holds(rule, machine.features),
  );
  const missed = held.filter(({ id }) => !NOT_SHOWN.includes(id) && !isFound(id));
  lists(missed, [], ({ id }) => id);
});

recordings("what the command records is what is read again, and is judged", async () => {
  const path = join(folder, "mine.jsonl.gz");
  const made = await stublab(["fuzz", "--cases", "6000", "--record", path]);
  assert.ok(made.code === 0 || made.code === 1, made.stderr);
  const file = new RecordingFile(readFileSync(path));
  const cases = [...file.cases()];
  assert.ok(cases.length > 100, `${cases.length} cases`);
  assert.ok(
    cases.some(({ it }) => it.before !== undefined),
    "some have several steps",
  );
  assert.is(formatRecording(file.header, cases), gunzipSync(readFileSync(path)).toString());
  const { code, stdout } = await stublab(["fuzz", "judge", path, "--json"]);
  const { schema, cases: count, machine, contradictions } = JSON.parse(stdout);
  assert.equal([schema, count], ["stublab.judgement/1", cases.length]);
  assert.equal(machine, JSON.parse(JSON.stringify(file.header.machine)));
  assert.is(code, contradictions.cases === 0 ? 0 : 1);
});

const LINES = {
  amd64: [
    '{"schema":"stublab.recorded-outcomes/1","machine":{"release":"6.12.1","vendor":"V","family":1,"model":null,"features":[],"xstateLength":832,"xcr0":7,"frameLength":832,"xfeatures":7,"permitted":7,"mxcsrMask":65535,"components":[],"stubCode":0}}',
    '{"case":{"schema":"stublab.case/1","on":"NONE","registers":{"cs":"0x33"}},"seen":{"error":0,"written":{}}}',
    '{"case":{"schema":"stublab.case/1","on":"NONE","registers":{"cs":"0x10"}},"seen":{"error":0,"written":{"r15":null,"cs":"0x10"}}}',
  ],
};
const [HEAD, HELD, BROKEN] = LINES.amd64;
const lines = (...parts: (string | undefined)[]) => Buffer.from(parts.join("\n"));

/** Lines, of which HEAD, HELD and BROKEN are those above; in the last one something is replaced. */
interface Refused {
  readonly name: string;
  readonly lines: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly message: string;
}

const refused = jsonLines<Refused>("labs/fuzz/refused_recordings").map((row) => {
  const known = new Map(Object.entries({ HEAD, HELD, BROKEN }));
  const all = row.lines.map((line) => known.get(line) ?? line);
  const last = all.pop()?.replace(row.from ?? "", row.to ?? "");
  return [row.name, lines(...all, last), new RegExp(row.message)] as const;
});

const GARBAGE: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ...refused,
  ["nothing", Buffer.alloc(0), /^line 1: the document is not JSON/],
  ["bytes", Buffer.from([0xff, 0xfe, 0]), /^line 1: the document is not JSON: it is not UTF-8/],
  ["a cut line", lines(HEAD, HELD, BROKEN?.slice(0, 50)), /^line 3: the document is not JSON/],
  ["20 MiB of brackets", Buffer.alloc(20 << 20, "["), /^line 1: it has more than 65536 bytes/],
  ["a long line", lines(HEAD, `${HELD}${" ".repeat(1 << 16)}`), /^line 2: it has more than 65536/],
  ["deep values", lines(HEAD, "[".repeat(65)), /^line 2: the document has more than 64 levels$/],
  ["cut gzip", gzipSync(lines(HEAD, HELD)).subarray(0, 60), /^it cannot be decompressed: /],
];

for (const [name, content, message] of GARBAGE) {
  onAmd64(`${name} is refused, with the place`, async () => {
    assert.match((await rejected(InputError, judge(content))).message, message);
  });
}

recordings("what is longer than the limit is refused, compressed or not", () => {
  const long = Buffer.alloc(2000, " ");
  for (const content of [long, gzipSync(long)]) {
    const { message } = thrown(InputError, () => new RecordingFile(content, 1000));
    assert.is(message, "it has more than 1000 bytes, the limit for a recording");
  }
});

onAmd64("as many cases as the limit allows are judged, and no more", async () => {
  const steps = `"before":[{},{},{},{}],${HELD?.slice(`{"case":{`.length)}`;
  const five = `{"case":{${steps}`;
  const most = Array.from({ length: 50_000 }, () => five);
  const { cases, contradictions } = await judge(lines(HEAD, ...most));
  assert.equal([cases, contradictions.length], [50_000, 0]);
  const { message } = await rejected(InputError, judge(lines(HEAD, ...most, five)));
  assert.is(message, "there are more than 50000 cases");
});

onAmd64("the command reports contradictions, and says what is wrong with a file", async () => {
  const judged = (...args: string[]) => stublab(["fuzz", "judge", ...args]);
  const path = write("broken.jsonl", lines(HEAD, HELD, BROKEN));
  const broken = await judged(path);
  assert.is(broken.code, 1);
  assert.match(broken.stdout, /^recording {4}Linux 6\.12\.1 on x86-64, V family 1/);
  assert.match(
    broken.stdout,
    /\ncontradicted 1 cases?\n {2}1 vanishes without W3: .*\n {4}line 3 {2}error: predicted EIO, got none\n/,
  );
  assert.is((await judged(path, "--plant", "W3")).code, 0);
  const cut = await judged(write("cut.jsonl", lines(HEAD, HELD?.slice(0, 20))));
  assert.is(cut.code, 2);
  assert.match(cut.stderr, /cut\.jsonl: line 2: the document is not JSON/);
});

recordings("a recording of another architecture is judged in a thread of its own", async () => {
  const [arch, registers] =
    HOST_ARCH === "amd64" ? ["arm64", { x1: "0x5" }] : [undefined, { r9: "0x5" }];
  const machine = {
    ...{ arch, release: "6.12.1", vendor: "0x00", family: 8, model: 0, features: [] },
    ...NO_XSTATE,
    stubCode: 0,
  };
  const [name = ""] = Object.keys(registers);
  const other = { schema: "stublab.case/1", arch, on: "NONE", registers };
  const line = (written: object) => JSON.stringify({ case: other, seen: { error: 0, written } });
  const head = JSON.stringify({ schema: "stublab.recorded-outcomes/1", machine });
  const { cases, contradictions } = await judge(lines(head, line({}), line({ [name]: "0x6" })));
  assert.is(cases, 2);
  assert.equal(
    contradictions.map(({ line, case: { registers: own }, differences }) => [
      line,
      own,
      differences,
    ]),
    [[3, registers, [{ field: `written.${name}`, predicted: 5n, seen: 6n }]]],
  );
  assert.match((await rejected(InputError, judge(lines(head, "{}")))).message, /^line 2: case: /);
});
