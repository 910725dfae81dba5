import { ForeignSubject } from "../../src/labs/compare/foreign.ts";
import { type BreakKind, BrokenEncoder, RecordLayout } from "../../src/labs/compare/record.ts";
import {
  breakOf,
  compareFile,
  likeModel,
  type ModuleRow,
  moduleOf,
  script,
  wasm,
} from "../support/foreign_modules.ts";

const foreign = suite("foreign encoders");

/** The time limit for every report of a break, in milliseconds. */
const LIMIT = 60_000;

/** The case of waitValue in which a module misbehaves, among ordinary cases. */
const CASE = 77;
const CASE_AT = 300;

/** The layout and 512 cases of waitValue, one of which is CASE. */
function cases(): { layout: RecordLayout; records: BigUint64Array } {
  const layout = new RecordLayout("waitValue", 0);
  const records = new BigUint64Array(512 * layout.words);
  records[CASE_AT * layout.words] = BigInt(CASE);
  return { layout, records };
}

/** How `subject` breaks in one batch. */
function breakIn(subject: ForeignSubject): Promise<BrokenEncoder> {
  const { layout, records } = cases();
  return rejected(BrokenEncoder, subject.run(layout, records));
}

const noProcess = () => childrenOf(process.pid).filter(isAlive).length === 0;

/** Expects that waitValue of `file` breaks at CASE, and that other cases work afterwards. */
function breaks(what: string, file: () => string, kind: BreakKind, message: RegExp): void {
  foreign(`${what} in a call: ${kind}`, async () => {
    const start = performance.now();
    const subject = await ForeignSubject.open(file());
    const error = await breakIn(subject);
    assert.ok(performance.now() - start < LIMIT, `took ${performance.now() - start} ms`);
    assert.equal([error.kind, error.index], [kind, CASE_AT], error.message);
    assert.match(error.message, message);
    const { layout } = cases();
    const ordinary = new BigUint64Array(layout.words);
    await subject.run(layout, ordinary);
    subject.close();
    assert.ok(await eventually(noProcess, 1000), "its process is left");
  });
}

/** An ES module whose waitValue executes `what` at CASE. */
const at =
  (what: string, before = "") =>
  () =>
    script(`${before}
    export function waitValue(status) { if (status === ${CASE}) { ${what} } return 0; }`);

/** The same in WebAssembly. */
const wasmAt = (what: string, more?: string, imports?: string) => () =>
  wasm(
    `(func (export "waitValue") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const ${CASE})) (then ${what})) (i32.const 0)) ${more ?? ""}`,
    undefined,
    imports,
  );

/** What waitValue does at CASE: in JavaScript, or in WebAssembly, which may need more of a module. */
interface CallRow extends ModuleRow {
  readonly at?: string;
  readonly wasmAt?: string;
  readonly more?: string;
}

for (const row of jsonLines<CallRow>("sandbox/calls")) {
  const { what, at: does = "", wasmAt: executes, more, imports, kind, message } = row;
  const file = executes === undefined ? at(does) : wasmAt(executes, more, imports);
  breaks(what, file, kind, new RegExp(message));
}

foreign("a process that cannot be killed does not keep a comparison from its end", async () => {
  const [node, args] = stublabCommand(
    "compare",
    script("export const waitKind = () => { for (;;); };"),
    "--arch",
    "amd64",
  );
  const denied = [DENY, `${callNumber("tgkill")}`, `${constants.errno.EPERM}`, "--", node, ...args];
  const [command = "", ...rest] = denied;
  const { code, stdout } = await run([command, rest]);
  assert.is(code, 1);
  assert.match(stdout, /waitKind: loop\n/);
  // Its parent's end is its own.
  assert.ok(await eventually(noProcess, 5000));
});

/** A module that answers rightly only the first 1000 calls. */
const stateful = (later: string) =>
  script(`let calls = 0;
    export const cloneExitSignal = (w) => { if (++calls > 1000) ${later} return Number(w & 255n); };`);

for (const [what, later, message] of [
  [
    "an answer",
    "return 5;",
    /^answers the same case differently .*: cloneExitSignal is 0x5 .* after them, and should be 0x/,
  ],
  ["an exception", "throw new Error('late');", /^Error: late; alone, the case does not show it$/],
] as const) {
  foreign(`${what} that depends on earlier calls has no replay that denies it`, async () => {
    const { broken } = await breakOf(stateful(later), { only: ["cloneExitSignal"] });
    assert.match(broken.message, message);
    assert.is(broken.replay, null);
  });
}

/** Compares all of `file`, of which one function breaks at once. */
function compares(
  what: string,
  name: FunctionName,
  file: () => string,
  kind: BreakKind,
  message: RegExp,
): void {
  foreign(`${what}: ${kind}`, async () => {
    const { broken, milliseconds } = await breakOf(file(), { only: [name] });
    assert.equal([broken.name, broken.kind], [name, kind], broken.message);
    assert.match(broken.message, message);
    assert.match(broken.replay ?? "", `--operation ${name}`);
    assert.ok(milliseconds < LIMIT, `took ${milliseconds} ms`);
  });
}

for (const row of jsonLines<ModuleRow & { readonly name: FunctionName }>("sandbox/answers"))
  compares(row.what, row.name, () => moduleOf(row), row.kind, new RegExp(row.message));

/** A correct encodeSiginfo that also stores a word at an offset from its area. */
const storing =
  (offset: number, when = "true") =>
  () =>
    likeModel({
      encodeSiginfo: `(at, ...args) => {
      if (${when}) new DataView(memory.buffer).setUint8(at + ${offset}, 7);
      return model.encodeSiginfo(at, ...args);
    }`,
    });

compares(
  "a store beyond all records",
  "encodeSiginfo",
  storing(400),
  "memory",
  /beyond that which/,
);
compares(
  "a store before all records",
  "encodeSiginfo",
  storing(-400),
  "memory",
  /before that which/,
);

for (const offset of [-1, 128]) {
  foreign(`a store at ${offset} of its area is a disagreement about what is outside`, async () => {
    const { report } = await compareFile(storing(offset)(), { only: ["encodeSiginfo"] });
    assert.equal(report.broken, []);
    lists(report.disagreements, ["outside"], ({ field }) => field);
  });
}

foreign("a store into the record of another case makes results irreproducible", async () => {
  const once = storing(-240, "globalThis.calls = 1 + (globalThis.calls ?? 0), calls === 500");
  const { broken } = await breakOf(once(), { only: ["encodeSiginfo"] });
  assert.equal([broken.name, broken.kind], ["encodeSiginfo", "answer"]);
  assert.match(broken.message, "answers the same case differently after other cases: ");
});

foreign("random results are distinguished from wrong ones", async () => {
  const file = script("export const cloneExitSignal = () => Math.floor(Math.random() * 2 ** 31);");
  const { report } = await compareFile(file);
  assert.ok(report.broken.length + report.disagreements.length > 0);
});

foreign("a BigInt of any size is taken modulo 2^64", async () => {
  const file = script(`
    const beyond = 2n ** 3000n;
    export const blockableSignals = (set) => (set & ~0x40100n) - beyond;
    export const cloneFlags = (word) => (word & 0xffffff00n) + beyond;`);
  const { report } = await compareFile(file);
  assert.equal([report.broken, report.disagreements], [[], []]);
});

foreign("later changes of a module's exports have no effect", async () => {
  const file = script(`
    export let cloneExitSignal = (word) => {
      cloneExitSignal = () => { throw new Error("called"); };
      return Number(word & 255n);
    };`);
  const { report } = await compareFile(file);
  assert.equal([report.broken, report.disagreements], [[], []]);
});

for (const [what, piece] of [
  ["objects", "new Array(1e6).fill(all)"],
  ["buffers", "new Uint8Array(64 << 20).fill(1)"],
] as const) {
  foreign(`a module that allocates ${what} without limit is ended early`, async () => {
    const hog = `const all = []; for (;;) all.push(${piece});`;
    const subject = await ForeignSubject.open(at(hog)());
    const { kind, index, message } = await breakIn(subject);
    // On a slow machine the time limit comes first.
    assert.match(message, /was killed by SIG|Array buffer allocation failed|within 2000 ms/);
    assert.is.not(kind, "refused");
    assert.is(index, CASE_AT);
    subject.close();
  });
}

foreign("if one function breaks, the others are still compared", async () => {
  const file = script(`
    export const waitValue = () => { for (;;); };
    export const waitEvent = () => process.exit(1);
    export const cloneExitSignal = (word) => Number(word & 255n);
    export const signalSet = (signal) => signal > 0 && signal < 65 ? 1n << BigInt(signal - 1) : 0n;`);
  const { report } = await compareFile(file, { cases: 20_000 });
  assert.equal(
    report.broken.map(({ name, kind }) => [name, kind]),
    [
      ["waitValue", "loop"],
      ["waitEvent", "crash"],
    ],
  );
  assert.equal(report.disagreements, []);
  const whole = report.functions.filter(({ pairs }) => pairs.some((pair) => pair.cases > 2000));
  lists(whole, ["cloneExitSignal", "signalSet"], ({ name }) => name);
});

foreign("a wrong result before a break is reported, too", async () => {
  const file = script(`
    let calls = 0;
    export function cloneExitSignal(word) {
      if (++calls === 1500) throw new Error("enough");
      return Number(word & 239n);
    }`);
  const { report } = await compareFile(file);
  assert.equal(
    report.broken.map(({ kind, message }) => [kind, message]),
    [["trap", "Error: enough; alone, the case does not show it"]],
  );
  assert.equal(
    report.disagreements.map(({ field, input }) => [field, input.map(({ word }) => word)]),
    [["cloneExitSignal", ["0x10"]]],
  );
});

foreign("a module that breaks too often is abandoned", async () => {
  const names =
    "waitValue waitEvent waitKind waitCoreDumped encodeStop cloneExitSignal syscallErrno";
  const functions = names.split(" ").map((name) => `export const ${name} = () => { for (;;); };`);
  const { report, milliseconds } = await compareFile(script(functions.join("\n")));
  assert.is(report.broken.length, functions.length);
  assert.is(report.broken.filter(({ kind }) => kind === "loop").length, 4);
  assert.match(report.broken.at(-1)?.message ?? "", /given up after 4 breaks/);
  assert.ok(milliseconds < 5 * LIMIT, `took ${milliseconds} ms`);
});

foreign("little memory only makes batches smaller", async () => {
  const file = script(`
    export const heap = memory.byteLength - 4096;
    const words = new BigUint64Array(memory);
    export function encodeClone3(at, ...members) { words.set(members, at / 8); return 88; }
    export const encodeSeccomp = () => 0;`);
  const { report } = await compareFile(file);
  assert.equal(report.broken, []);
  assert.ok(report.disagreements.some(({ name }) => name === "encodeClone3"));
});

adoptOrphans();

foreign("a looping child dies with a parent that is killed", async () => {
  const host = new Running(hostCommand("comparing", at("for (;;);")()));
  assert.ok(await host.says(/^loops$/m), host.stderr);
  const [init = -1] = childrenOf(host.pid);
  const [child = -1] = childrenOf(init);
  assert.ok(isAlive(child));
  process.kill(host.pid, "SIGKILL");
  await host.ended;
  assert.ok(await eventually(() => !isAlive(child), 1000));
});
