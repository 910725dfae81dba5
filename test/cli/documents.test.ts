// What commands print and write, where a transcript cannot say it: relations between fields, and what another part prints.

import { encodeFilter } from "../../src/core/stub/filter.ts";
import { renderJson } from "../../src/labs/record/load.ts";
import { renderRecordingPage } from "../../src/labs/record/page/page.ts";
import { renderText } from "../../src/labs/record/text.ts";

const command = suite("documents of commands");
const folder = temporaryFolder();

/** A file in the folder. */
function file(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** What a command prints with this status, and nothing else. */
async function printed(args: readonly string[], status = 0): Promise<string> {
  const { code, stdout, stderr } = await stublab(args);
  assert.equal([code, status === 0 ? stderr : ""], [status, ""], args.join(" "));
  return stdout;
}

for (const encoder of ["assembly", "script", "native"]) {
  command(`bootstrap describes the stubs of encoder ${encoder}`, async () => {
    const args = ["bootstrap", "--exit-signal", "SIGCHLD", "--encoder", encoder, "--json"];
    const { encoder: used, arch, host, stubs, checks } = JSON.parse(await printed(args));
    assert.equal([used, arch, host.tid], [encoder, HOST_ARCH, host.pid]);
    const [master, ...grandchildren] = stubs;
    assert.equal([grandchildren.length, master?.parentPid], [3, host.pid]);
    for (const stub of stubs) {
      assert.equal([stub.tracerTid, stub.residentBytes], [host.tid, PAGE_SIZE]);
      assert.ok(stub.microseconds > 0);
      assert.equal(Object.keys(stub.registers), HOST_MACHINE.registers);
      assert.is(stub.registers[HOST_MACHINE.parent], `0x${stub.parentPid.toString(16)}`);
      assert.ok(BigInt(stub.registers[HOST_MACHINE.instructionPointer]) > BigInt(stub.stubAddress));
    }
    for (const { parentPid } of grandchildren) assert.is(parentPid, master?.pid);
    for (const { held, expected, seen } of checks) assert.equal([held, seen], [true, expected]);
    assert.equal(childrenOf(process.pid), []);
  });
}

command("inject prints the registers before and after", async () => {
  const { syscall, result, before, after } = JSON.parse(
    await printed(["inject", "getppid", "--json"]),
  );
  const number = callNumber("getppid");
  assert.equal(syscall, { name: "getppid", number, arguments: [] });
  const registers = HOST_MACHINE.callRegisters;
  assert.is(before[registers.number], `0x${number.toString(16)}`);
  assert.is(after[registers.result], result.value);
});

for (const encoder of ENCODERS) {
  command(`seccomp prints the filter of encoder ${encoder}`, async () => {
    const document = JSON.parse(await printed(["seccomp", "--encoder", encoder, "--json"]));
    assert.is(document.encoder, encoder);
    const bytes = new DataView(new ArrayBuffer(document.instructions.length * 8));
    for (const [i, { code, jt, jf, k }] of document.instructions.entries()) {
      bytes.setUint16(i * 8, code, true);
      bytes.setUint8(i * 8 + 2, jt);
      bytes.setUint8(i * 8 + 3, jf);
      bytes.setUint32(i * 8 + 4, k, true);
    }
    const own = openEncoder(encoder);
    assert.equal(
      new Uint8Array(bytes.buffer),
      encodeFilter(own, Number(own.constants.get("SIGCHLD"))),
    );
    const texts = document.instructions.map(({ text }: { text: string }) => text).join("\n");
    assert.not.match(texts, /^unknown$/m);
    for (const call of ["mmap", "clone", "prctl", "execveat", "restart_syscall"])
      assert.match(texts, ` ${call})`);
  });
}

command("compare: the replay of a disagreement repeats exactly that case", async () => {
  const found = JSON.parse(await printed(["compare", "--json", "gvisor", "--cases", "30000"], 1));
  assert.ok(found.disagreements.length >= 10);
  for (const own of found.disagreements) {
    if (own.name === null) continue;
    const words = own.replay.split(" ").slice(1);
    const args = words.map((word: string) => word.replaceAll("'", ""));
    const again = JSON.parse(await printed([...args, "--json"], own.apart === null ? 1 : 0));
    const [only] = again.disagreements;
    assert.equal([again.cases, only.field, only.own], [1, own.field, own.own], own.replay);
    assert.equal([only.other, only.input], [own.other, own.input], own.replay);
  }
});

command("compare prints words as hex strings", async () => {
  const args = ["compare", "--json", "--cases", "1000", "--seed", "0xfeed", "--arch", "arm64"];
  const report = JSON.parse(
    await printed([...args, "--operation", "wait4", "--operation", "signalSet"]),
  );
  assert.equal([report.schema, report.seed, report.cases], ["stublab.compare/1", "0xfeed", 1000]);
  const names = report.functions.map(({ arch, name }: Record<string, string>) => `${arch} ${name}`);
  assert.equal(names, ["arm64 encodeWaitOptions", "arm64 signalSet"]);
  assert.equal(report.layouts, []);
});

command("compare writes a page in addition to the text", async () => {
  const page = join(folder, "report.html");
  const text = await printed(["compare", "gvisor", "--cases", "3000", "--html", page], 1);
  assert.match(text, "gvisor: amd64 syscallErrno");
  assert.match(readFileSync(page, "utf8"), /^<!doctype html>(.|\n)*syscallErrno/i);
});

const hostile = hostileRecording(await recordingOf("grandchild"));
const path = file("hostile.json", hostile);

for (const [option, expected] of Object.entries({
  "--text": renderText(hostile),
  "--json": renderJson(hostile),
  "--html -": renderRecordingPage(hostile),
})) {
  command(`lesson ${option} is what the library renders`, async () => {
    assert.ok((await printed(["lesson", path, ...option.split(" ")])) === expected);
  });
}

command("lesson: text is the default, a document is the recording", async () => {
  assert.ok((await printed(["lesson", path])) === renderText(hostile));
  const document = await printed(["lesson", path, "--json"]);
  assert.is(document.match(/[^\n -~]/), null);
  assert.equal(parseRecording(document), hostile);
});

command("lesson prints text from a step on; an older recording has no replies", async () => {
  const recording = await recordingOf("inject");
  const own = file("inject.json", recording);
  assert.is(await printed(["lesson", own]), renderText(recording));
  assert.is(await printed(["lesson", own, "--step", "6"]), renderText(recording, { from: 5 }));
  const without = recording.questions.map(({ replies: _, ...question }) => question);
  const old = file("old.json", { ...recording, questions: without });
  const questions = without.map((question) => ({ ...question, replies: [] }));
  assert.is(await printed(["lesson", old]), renderText({ ...recording, questions }));
});

command("a recording cut anywhere is refused with the place; nothing is written", async () => {
  const whole = readFileSync(path);
  for (const [content, why] of [
    [whole.subarray(0, whole.length / 2), /the document is not JSON: "/],
    [Buffer.from([0xff, 0xfe]), /the document is not JSON: it is not UTF-8/],
    [
      Buffer.from(JSON.stringify({ ...hostile, lanes: [] })),
      /steps\[0\]\.lane: there is no lane "/,
    ],
  ] as const) {
    const bad = join(folder, "bad.json");
    writeFileSync(bad, content);
    const { code, stdout, stderr } = await stublab(["lesson", bad, "--html", join(folder, "none")]);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, why);
    assert.not.match(stderr.trimEnd(), /[^\n\x20-\x7e…]/);
    assert.not(readdirSync(folder).includes("none"));
  }
});

const RIGHT = "task = wait-options\nstudent = ada\noptions = WUNTRACED|__WALL|WNOHANG\n";
const WRONG = RIGHT.replace("WUNTRACED|__WALL|", "");

command("task: an answer is right, or wrong with reason, events and recording", async () => {
  assert.match(
    await printed(["lesson", "task", "check", file("right.in", RIGHT)]),
    /^wait-options, ada: right, 1 of 1 point\n/,
  );
  const secret = file("secret", "sixteen characters");
  const course = ["--student", "ada", "--secret", secret];
  const key = await printed(["lesson", "task", "failing-call", ...course, "--key"]);
  await printed(["lesson", "task", "check", file("key.in", key), "--secret", secret]);
  const output = join(folder, "wrong.json");
  const { code, stdout, stderr } = await stublab([
    "lesson",
    "task",
    "check",
    file("wrong.in", WRONG),
    "--record",
    output,
  ]);
  assert.is(code, 1);
  assert.match(
    stdout,
    /^wait-options, ada: wrong, 0 of 1 point\n {2}\S(.|\n)*\nwhat happened\n {2}\w+: /,
  );
  assert.match(stdout, /\n {2}FAIL wait4.*: expected \d+, seen \S+/);
  assert.match(stderr, /stublab lesson /);
  const { scenario, end } = loadRecording(output);
  assert.is(scenario, "task-wait-options");
  assert.ok(end.some(({ held }) => !held));
});

command("task: the student's name selects the variant", async () => {
  const signals = [];
  for (const name of ["ada", "bob", "cy", "dan"]) {
    const text = await printed(["lesson", "task", "clone-registers", "--student", name]);
    signals.push(/exit signal (SIG\w+)/.exec(text.replaceAll("\n# ", " "))?.[1]);
  }
  assert.ok(new Set(signals).size > 1);
});

command("task: a folder is graded as a whole", async () => {
  const answers = join(folder, "answers");
  mkdirSync(join(answers, "group"), { recursive: true });
  file("answers/ada.txt", RIGHT);
  file("answers/group/bob.txt", WRONG.replace("ada", "bob"));
  file("answers/group/CY.TXT", "task\n");
  file("answers/notes.md", "not an answer");
  symlinkSync("nowhere", join(answers, "gone.txt"));
  const recordings = join(folder, "recordings");
  const args = ["lesson", "task", "check", answers];
  const document = JSON.parse(await printed([...args, "--json", "--record", recordings], 1));
  assert.equal([document.right, document.wrong, document.unreadable], [1, 1, 1]);
  const rows = document.answers.map((row: Record<string, unknown>) => [
    row.file,
    row.student,
    row.result,
  ]);
  assert.equal(rows, [
    ["ada.txt", "ada", "right"],
    ["group/CY.TXT", null, "unreadable"],
    ["group/bob.txt", "bob", "wrong"],
  ]);
  assert.equal(document.skipped, ["notes.md"]);
  assert.is(document.answers[1].reason, 'line 1: expected "name = value", got "task"');
  assert.equal(readdirSync(recordings).sort(), ["ada.json", "group+bob.json"]);
  for (const name of readdirSync(recordings)) loadRecording(join(recordings, name));
  const names = file("names", "ada\nbob # works from home\ncy\n");
  const table = await printed([...args, "--class", names, "--csv"], 1);
  assert.equal(
    table.split("\r\n").map((row) => row.replace(/,".*",/, ",…,")),
    [
      "student,task,result,points,worth,reason,file,same",
      "ada,wait-options,right,1,1,,ada.txt,",
      ",,unreadable,0,,…,group/CY.TXT,",
      "bob,wait-options,wrong,0,1,…,group/bob.txt,",
      "cy,wait-options,missing,0,1,,,",
      "",
    ],
  );
  assert.is((await printed(args, 1)).split("\n").at(-2), "1 of 3 answers are right");
});

command(
  "task: what a machine cannot try is a row with student and task, and others go on",
  async () => {
    const { CC } = process.env;
    process.env.CC = "/nowhere/cc";
    try {
      const code = "task = guest-code\nstudent = eve\ncode:\n  nop\n";
      mkdirSync(join(folder, "mixed"));
      const paths = [file("mixed/a.txt", code), file("mixed/b.txt", RIGHT)];
      const { stdout } = await stublab(["lesson", "task", "check", join(folder, "mixed")]);
      const [ungraded = "", ...rest] = stdout.split("\n");
      assert.match(ungraded, /^ungraded {4}a.txt: guest-code, eve: 0\/3: .*C compiler/);
      assert.equal(rest.slice(0, 2), [
        "right       b.txt: wait-options, ada: 1/1",
        "1 of 2 answers are right",
      ]);
      assert.is((await stublab(["lesson", "task", "check", paths[0] ?? ""])).code, 3);
    } finally {
      if (CC === undefined) delete process.env.CC;
      else process.env.CC = CC;
    }
  },
);
