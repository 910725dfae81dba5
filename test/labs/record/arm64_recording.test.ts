// A recording that was made on arm64 (`npm run kernels -- run node/linux-5.10-arm64/max 'stublab lesson inject --json'`), as
// every machine reads it.

import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { Annotator } from "../../../src/labs/record/annotate.ts";
import { renderBeside } from "../../../src/labs/record/beside.ts";
import { parseRecording } from "../../../src/labs/record/load.ts";
import { tasksOf } from "../../../src/labs/record/tasks/tasks.ts";
import { renderText } from "../../../src/labs/record/text.ts";

const arm64 = suite("a recording of arm64");

const recording = parseRecording(readFileSync("test/support/arm64_recording.json", "utf8"));
const moments = new Moments(recording);
const annotator = new Annotator(moments, openAssemblyEncoder("arm64").constants);

/** The first step whose title begins so. */
function find(title: string): number {
  const index = recording.steps.findIndex((step) => step.title.startsWith(title));
  assert.ok(index >= 0, title);
  return index;
}

/** The texts of the lines that a step has executed, and that come next. */
function linesAt(index: number): (string | undefined)[] {
  const place = moments.at(index).place;
  return [place?.executed, place?.next].map((line) => place?.code.lines[line ?? -1]?.text);
}

arm64("it says its architecture", () => {
  assert.is(recording.machine.arch, "arm64");
  assert.match(renderText(recording), /, arm64\.$/m);
});

arm64("the next instruction is at pc, which stays at a BRK", () => {
  assert.equal(linesAt(find("cmp x9, #1")), ["cmp x9, #1", "b.eq cloned"]);
  assert.equal(linesAt(find("brk #0")), ["brk #0", "brk #0"]);
});

arm64("the registers of a stub come first, with what they mean", () => {
  const first = annotator.registers(moments.at(find("ptrace(PTRACE_SETREGSET"))).slice(0, 11);
  assert.equal(
    first.map(({ name }) => name),
    ["pc", "x8", "x0", "x1", "x2", "x3", "x4", "x5", "x9", "x7", "pstate"],
  );
  const meaning = (name: string) => first.find((row) => row.name === name)?.meaning;
  assert.is(meaning("pc"), "stub code + 0x44");
  assert.is(meaning("x8"), "getpid");
  assert.is(meaning("x7"), `${recording.lanes[0]?.pid} host`);
  assert.match(meaning("pstate") ?? "", /^Z=[01]/);
});

arm64("x0 is the result of a call that was made, and x8 still its number", () => {
  const first = annotator.registers(moments.at(find("getpid() =")));
  const of = (name: string) => first.find((row) => row.name === name);
  assert.is(Number(of("x0")?.after), recording.lanes[1]?.pid);
  assert.is(of("x8")?.meaning, "getpid");
  lists(
    first.filter(({ used }) => used),
    ["x8", "x0"],
    ({ name }) => name,
  );
});

arm64("the operands of an instruction are marked", () => {
  assert.equal(annotator.operands(moments.at(find("cmp x9, #1"))), ["x9"]);
  assert.equal(annotator.operands(moments.at(find("b.eq cloned"))), ["pstate"]);
});

arm64("it is the same as itself", () => {
  assert.match(renderBeside(recording, recording), "They do not part");
});

arm64("it has tasks", () => {
  assert.ok(tasksOf(recording).length > 0);
});
