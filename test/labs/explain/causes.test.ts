// Causes of status words, and of what cannot be made on each kernel: settings of Yama, threads of the kernel, other modules.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { type Attacher, mayAttach } from "../../../src/labs/explain/attach.ts";
import { type Cause, LESSONS_NAMED } from "../../../src/labs/explain/cause.ts";
import { stateOf } from "../../../src/labs/explain/state.ts";
import { explainWord } from "../../../src/labs/explain/status_word.ts";
import { readTask, type Task } from "../../../src/labs/explain/task.ts";
import { LESSONS } from "../../../src/labs/record/course.ts";
import { stublab } from "../../support/in_process.ts";
import LINES from "./causes.jsonl";

const causes = suite("explain: causes");
const encoder = openAssemblyEncoder();
const own = readTask(process.pid);
assert.ok(own);

/** A sleeping process of an ordinary user, of which the kernel says nothing about an attach. */
const TASK: Task = {
  ...{ ...own, pid: 7, tid: 7, threads: [], state: "S", functions: [], exitCode: 0 },
  ...{ uids: [5, 5, 5], gids: [5, 5, 5], owner: 5, permitted: 0n, isPermitted: undefined },
  ...{
    userNamespace: "user:[1]",
    uidMap: "",
    groupCode: undefined,
    tracer: undefined,
    freezer: undefined,
  },
};
const SELF: Attacher = { ...TASK, pid: 8, effective: 0n, yama: undefined, refused: undefined };
const ROOT = { uids: [0, 0, 0], gids: [0, 0, 0], permitted: ~0n, effective: ~0n };

/** A line has what is changed of the task, or of the process that would attach, or a status word; and the ids. */
interface Line {
  readonly word?: string;
  readonly stop: string;
  readonly says: string;
  readonly attach?: string;
  readonly state: string;
  readonly task: Partial<Task>;
  readonly self?: Partial<Attacher> & { readonly root?: true };
}

function found({ word, attach, task, self = {} }: Line): readonly Cause[] {
  if (word !== undefined) return [explainWord(Number(word), encoder).stop];
  const changed = { ...TASK, ...task };
  if (attach === undefined) return [stateOf(changed, encoder)];
  const attacher = { ...SELF, ...(self.root ? ROOT : {}), ...self };
  const { may, causes } = mayAttach(changed, attacher, "sleeping");
  assert.is(may, attach.includes("maybe") ? null : attach === "attach-may");
  return causes;
}

for (const text of LINES.trimEnd().split("\n")) {
  causes(text, () => {
    const line: Line = JSON.parse(text);
    const all = found(line);
    const ids = all.map(({ id }) => id).join(" ");
    assert.is(ids, line.attach ?? line.stop ?? line.state);
    const sentences = all.map((each) => `${each.text} ${each.next}`).join(" ");
    assert.match(sentences, line.says ?? "");
    assert.not.match(sentences, /[{}]/);
  });
}

causes("a word is a pid, a status word, or neither", async () => {
  const words = [`${process.pid}`, "--status 1407", "0x057f", "4294967295", "self", "0x1057f0000"];
  const codes = [];
  for (const each of words) codes.push((await stublab(["explain", ...each.split(" ")])).code);
  assert.equal(codes, [0, 0, 0, 1, 2, 2]);
});

causes("each lesson that is named exists", () => {
  assert.equal(
    [...LESSONS_NAMED].filter((name) => !LESSONS.includes(name)),
    [],
  );
});

causes.run();
