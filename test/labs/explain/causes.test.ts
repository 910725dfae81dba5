// Causes of status words, and of what cannot be made on each kernel: settings of Yama, threads of the kernel, other modules.

import { explain } from "../../../src/labs/explain/explain.ts";
import type { Source } from "../../../src/labs/explain/host.ts";
import { LESSONS } from "../../../src/labs/record/course.ts";
import LINES from "./causes.jsonl";

const causes = suite("explain: causes");

/** What /proc is to say of a process. */
interface Told {
  readonly name: string;
  readonly state: string;
  readonly flags: number;
  readonly exitCode: number;
  /** Of the process; that of its first thread by default. */
  readonly groupCode?: number;
  /** Real, effective, saved. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly owner: number;
  readonly permitted: string;
  readonly effective: string;
  readonly userNamespace: string;
  readonly uidMap: string;
  readonly functions: readonly string[];
  /** The errno with which /proc/PID/syscall fails, if it does. */
  readonly refuses: "EPERM" | "EACCES" | "no";
}

/** A sleeping process of an ordinary user, of which the kernel says nothing about an attach. */
const TOLD: Told = {
  ...{ name: "it", state: "S", flags: 0, exitCode: 0, uids: [5, 5, 5], gids: [5, 5, 5], owner: 5 },
  ...{ permitted: "0", effective: "0", userNamespace: "user:[1]", uidMap: "0 0 1", functions: [] },
  refuses: "EACCES",
};
const ROOT = {
  uids: [0, 0, 0],
  gids: [0, 0, 0],
  permitted: "1ffffffffff",
  effective: "1ffffffffff",
};

/** A line: what is changed of the process, or of the process that would attach; or a status word. And the ids. */
interface Line {
  readonly word?: string;
  readonly stop?: string;
  readonly says?: string;
  readonly attach?: string;
  readonly state?: string;
  readonly task?: Partial<Told> & { readonly pid?: number };
  readonly self?: Partial<Told> & {
    readonly root?: true;
    readonly yama?: string;
    readonly refused?: number;
  };
}

const OWN = 8;

type Files = Record<string, string | undefined>;

function filesOf(pid: number, told: Told): Files {
  const own = `/proc/${pid}/task/${pid}`;
  const fields = Array.from({ length: 50 }, () => "0");
  fields[0] = told.state;
  fields[6] = `${told.flags}`;
  const stat = (code: number) => `${pid} (${told.name}) ${fields.with(49, `${code}`).join(" ")}\n`;
  const lines = {
    ...{ Name: told.name, State: `${told.state} (…)`, Tgid: pid, PPid: 0, TracerPid: 0 },
    ...{ Uid: [...told.uids, 0].join("\t"), Gid: [...told.gids, 0].join("\t") },
    ...{ CapPrm: told.permitted, CapEff: told.effective },
  };
  return {
    [`/proc/${pid}/status`]: Object.entries(lines)
      .map(([key, value]) => `${key}:\t${value}\n`)
      .join(""),
    [`/proc/${pid}/stat`]: stat(told.groupCode ?? told.exitCode),
    [`${own}/stat`]: stat(told.exitCode),
    [`${own}/stack`]: told.functions.map((name) => `[<0>] ${name}+0x1/0x2\n`).join(""),
    [`${own}/wchan`]: "0",
    [`${own}/uid_map`]: told.uidMap,
    [`${own}/ns/user`]: told.userNamespace,
    [`/proc/${pid}/ns/user`]: told.userNamespace,
  };
}

const failing = (errno: keyof typeof constants.errno) =>
  Object.assign(new Error(errno), { errno: -constants.errno[errno] });

function sourceOf({ task: { pid = 7, ...task } = {}, self = {} }: Line): Source {
  const told = { ...TOLD, ...task };
  const { root, yama } = self;
  const own = { ...TOLD, ...(root ? ROOT : {}), ...self };
  const files: Files = {
    ...filesOf(OWN, own),
    "/proc/self/status": filesOf(OWN, own)[`/proc/${OWN}/status`],
    "/proc/sys/kernel/yama/ptrace_scope": yama,
    ...(pid === OWN ? {} : filesOf(pid, told)),
  };
  const textOf = (path: string) => {
    if (path === `/proc/${pid}/task/${pid}/syscall`) {
      if (told.refuses === "no") return "running\n";
      throw failing(told.refuses);
    }
    const text = files[path];
    if (text === undefined) throw failing("ENOENT");
    return text;
  };
  return {
    read: (path, offset, bytes) => Buffer.from(textOf(path)).copy(bytes, 0, Number(offset)),
    link: textOf,
    list: () => [`${pid}`],
    owner: () => told.owner,
    exists: () => false,
    stubCode: () => new Uint8Array(),
  };
}

interface Cause {
  readonly id: string;
  readonly text: string;
  readonly next: string | null;
}

async function found(line: Line): Promise<readonly Cause[]> {
  const { word = `${line.task?.pid ?? 7}`, attach, self } = line;
  const source = sourceOf(line);
  // Whether a filter may refuse ptrace is read of this process.
  const read: Source["read"] = (path, offset, bytes) => {
    const length = source.read(path, offset, bytes);
    if (path !== "/proc/self/status" || self?.refused === undefined) return length;
    return length + Buffer.from("Seccomp:\t2\n").copy(bytes, length);
  };
  const answer = await explain(
    { word, isStatus: false, isDocument: true },
    { ...source, read },
    async () => self?.refused ?? 0,
  );
  const { stop, attach: verdict } = JSON.parse(answer.text);
  if (attach === undefined) return [stop];
  assert.is(verdict.may, attach.includes("maybe") ? null : attach === "attach-may");
  return verdict.causes;
}

for (const text of LINES.trimEnd().split("\n")) {
  causes(text, async () => {
    const line: Line = JSON.parse(text);
    const all = await found(line);
    const ids = all.map(({ id }) => id).join(" ");
    assert.is(ids, line.attach ?? line.stop ?? line.state);
    const sentences = all.map((each) => `${each.text} ${each.next}`).join(" ");
    assert.match(sentences, new RegExp(line.says ?? ""));
    assert.not.match(sentences, /[{}]/);
  });
}

causes("a name neither ends a line nor reaches the terminal as it is", async () => {
  const name = 'a\x1b[31m\r\u2028\u{1f600}"\\\x9bé';
  const source = sourceOf({ task: { name } });
  const question = { word: "7", isStatus: false };
  const { text } = await explain({ ...question, isDocument: false }, source);
  assert.match(text, 'process      7 (a\\x1b[31m\\r\\u{2028}\\u{1f600}"\\\\x9b\\xe9)\n');
  const document = await explain({ ...question, isDocument: true }, source);
  assert.is(JSON.parse(document.text).name, name);
  assert.match(document.text, /^[ -~…\n]*$/);
});

causes("no lesson shows a process that merely runs or sleeps, and may be traced", async () => {
  for (const state of ["S", "R"]) {
    const source = sourceOf({ task: { state, refuses: "no" } });
    const { text } = await explain({ word: "7", isStatus: false, isDocument: true }, source);
    assert.equal(JSON.parse(text).lessons, []);
  }
});

causes("a word is a pid, a status word, or neither", async () => {
  const words = [`${process.pid}`, "--status 1407", "0x057f", "4294967295", "self", "0x1057f0000"];
  const codes = [];
  for (const each of words) codes.push((await stublab(["explain", ...each.split(" ")])).code);
  assert.equal(codes, [0, 0, 0, 1, 2, 2]);
});

causes("the probe says as stublab does why it explains nothing", async () => {
  for (const word of ["4294967295", "a\x1b\u2028", "0x1057f0000"]) {
    const probe = await run([`dist/probe-${HOST_ARCH}`, ["explain", word, "--json"]]);
    const { code, stdout } = await stublab(["explain", word, "--json"]);
    assert.equal([probe.code, probe.stdout], [code, stdout]);
  }
});

causes("each lesson that is named exists", async () => {
  const { default: all } = await import("../../../assembly/explain/causes.jsonl");
  const named = all
    .trimEnd()
    .split("\n")
    .flatMap((line) => JSON.parse(line).lesson ?? []);
  none(named, (name) => !LESSONS.includes(name));
});
