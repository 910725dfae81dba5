// Status words, and what cannot be made on each kernel: Yama's settings, threads of the kernel, other modules.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { type Attacher, mayAttach } from "../../../src/labs/explain/attach.ts";
import { stateOf } from "../../../src/labs/explain/state.ts";
import { explainWord } from "../../../src/labs/explain/status_word.ts";
import { readTask, type Task } from "../../../src/labs/explain/task.ts";
import { LESSONS_NAMED } from "../../../src/labs/explain/texts.ts";
import { LESSONS } from "../../../src/labs/record/course.ts";
import { stublab } from "../../support/in_process.ts";

const causes = suite("explain: causes");
const encoder = openAssemblyEncoder();

/** Status words: the id, and a part of the text. */
const WORDS: readonly [word: string, id: string, says: string][] = [
  ["0x0000", "exited", "status 0"],
  ["0x0700", "exited", "status 7"],
  ["0x000b", "killed", "SIGSEGV"],
  ["0x8b", "killed", "SIGSEGV, with a core dump"],
  ["0xffff", "continued", "SIGCONT"],
  ["0x857f", "syscall", "entry or the exit"],
  ["0x057f", "signal-trap", "SIGTRAP"],
  ["0xa7f", "signal-delivery", "SIGUSR1"],
  ["0x137f", "stop-signal", "SIGSTOP"],
  ["0x1057f", "event-fork", "FORK"],
  ["0x2057f", "event-vfork", "VFORK"],
  ["0x3057f", "event-clone", "CLONE"],
  ["0x4057f", "event-exec", "EXEC"],
  ["0x5057f", "event-vfork-done", "VFORK_DONE"],
  ["0x6057f", "event-exit", "EXIT"],
  ["0x7057f", "event-seccomp", "SECCOMP"],
  ["0x80137f", "group-stop", "SIGSTOP"],
  ["0x80057f", "event-stop", "PTRACE_INTERRUPT"],
  ["0x9057f", "event-other", "event 9"],
  ["0x1ff00", "not-a-status", "never"],
];

for (const [word, id, says] of WORDS) {
  causes(`status word ${word}: ${id}`, () => {
    const { stop } = explainWord(Number(word), encoder);
    assert.is(stop.id, id);
    assert.match(stop.text, says);
    assert.not.match(`${stop.text} ${stop.next}`, /[{}]/);
  });
}

causes("a word is a pid, a status word, or neither", async () => {
  const codeOf = async (...words: string[]) => (await stublab(["explain", ...words])).code;
  assert.equal(
    [
      await codeOf(`${process.pid}`),
      await codeOf("--status", "1407"),
      await codeOf("0x057f"),
      await codeOf("4294967295"),
      await codeOf("self"),
      await codeOf("0x1057f0000"),
    ],
    [0, 0, 0, 1, 2, 2],
  );
});

const own = readTask(process.pid);
assert.ok(own);
/** A sleeping process of an ordinary user, of which the kernel says nothing about an attach. */
const TASK: Task = {
  ...{ ...own, pid: 7, tid: 7, threads: [], state: "S", functions: [], exitCode: 0 },
  ...{ uids: [5, 5, 5], gids: [5, 5, 5], owner: 5, permitted: 0n, isPermitted: undefined },
  ...{ userNamespace: "user:[1]", uidMap: "", label: "profile (enforce)", tracer: undefined },
};
const SELF: Attacher = {
  ...{ pid: 8, uid: 5, gid: 5, permitted: 0n, effective: 0n, yama: undefined },
  ...{ userNamespace: "user:[1]", uidMap: "", refused: undefined },
};
const ROOT = { uid: 0, gid: 0, permitted: ~0n, effective: ~0n };

/** What is changed of a task and of the process that would attach, and the causes. */
const VERDICTS: readonly [causes: string, task: Partial<Task>, self?: Partial<Attacher>][] = [
  ["attach-may", {}],
  ["attach-yama-1", {}, { yama: "1" }],
  ["attach-may", { isPermitted: true }, { yama: "1" }],
  ["attach-may", {}, { yama: "1", ...ROOT }],
  ["attach-yama-2", {}, { yama: "2" }],
  ["attach-may", {}, { yama: "2", ...ROOT }],
  ["attach-yama-3", {}, { yama: "3", ...ROOT }],
  ["attach-uid", {}, { yama: "1", uid: 6 }],
  ["attach-uid", { gids: [5, 6, 5] }],
  ["attach-dumpable", { owner: 0 }, { yama: "1" }],
  ["attach-user-namespace", { userNamespace: "user:[2]" }],
  ["attach-may", { userNamespace: "user:[2]" }, { ...ROOT, userNamespace: "user:[4026531837]" }],
  ["attach-capabilities", { permitted: 1n << 13n }],
  ["attach-module", { isPermitted: false }],
  ["attach-kernel-thread", { isKernelThread: true, isPermitted: false }, ROOT],
  ["attach-own-thread", { pid: 8 }],
  ["attach-traced-outside", { state: "t" }],
  ["attach-uid attach-ended", { state: "Z", isPermitted: false }, { uid: 6 }],
  ["attach-seccomp attach-uid", {}, { uid: 6, refused: "EPERM" }],
  ["attach-seccomp-maybe", {}, { refused: "?" }],
];

for (const [expected, task, self = {}] of VERDICTS) {
  causes(`may attach: ${expected}: ${Object.keys({ ...task, ...self })}`, () => {
    const verdict = mayAttach({ ...TASK, ...task }, { ...SELF, ...self }, "sleeping");
    assert.is(verdict.causes.map(({ id }) => id).join(" "), expected);
    for (const { text, next } of verdict.causes) assert.not.match(`${text} ${next}`, /[{}]/);
    const may = expected === "attach-seccomp-maybe" ? null : expected === "attach-may";
    assert.is(verdict.may, may);
  });
}

/** Waits in functions of the kernel that are not made here, and stops as other kernels show them. */
const STATES: readonly [id: string, task: Partial<Task>][] = [
  ["frozen", { state: "D", functions: ["__refrigerator"] }],
  ["frozen", { functions: ["do_freezer_trap"] }],
  ["vfork-waits", { state: "D", functions: ["wait_for_vfork_done", "kernel_clone"] }],
  ["uninterruptible", { state: "D" }],
  ["kernel-thread", { isKernelThread: true }],
  ["traced-stop", { state: "t" }],
  [
    "event-stop",
    { state: "t", groupCode: 0, functions: ["ptrace_stop", "do_jobctl_trap", "get_signal"] },
  ],
  ["trap-stop", { state: "t", groupCode: undefined, functions: ["do_jobctl_trap"] }],
  ["event-exit", { state: "t", functions: ["ptrace_notify", "do_exit", "get_signal"] }],
  ["syscall-exit", { state: "t", functions: ["ptrace_notify", "syscall_trace_exit"] }],
];

for (const [id, task] of STATES)
  causes(`state: ${id}: ${task.functions ?? ""}`, () => {
    assert.is(stateOf({ ...TASK, ...task }, encoder).id, id);
  });

causes("each lesson that is named exists", () => {
  assert.equal(
    LESSONS_NAMED.filter((name) => !LESSONS.includes(name)),
    [],
  );
});

causes.run();
