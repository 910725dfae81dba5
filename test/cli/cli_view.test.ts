// Time limit: 120 s

import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRecording, renderMermaid, renderPerfetto } from "../../src/record/index.ts";
import { renderJson } from "../../src/record/view/json.ts";
import { renderBesidePage } from "../../src/record/view/page/beside_page.ts";
import { renderRecordingPage } from "../../src/record/view/page/page.ts";
import { renderText } from "../../src/record/view/text.ts";
import { hostileRecording } from "../support/hostile_recording.ts";
import { stublabCommand } from "../support/processes.ts";
import { recordingOf } from "../support/recordings.ts";

const command = suite("stublab view");

const folder = mkdtempSync(join(tmpdir(), "stublab-view-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, "hostile.json");
/** Runs a process until it has ended and all its output is read: a view may be long. */
function run([command, args]: [string, string[]]) {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { code, stdout, stderr };
}

const stublab = (...args: string[]) => run(stublabCommand("view", ...args));
const recording = hostileRecording(await recordingOf("grandchild"));
writeFileSync(file, JSON.stringify(recording));

const FORMS = {
  "--text": renderText(recording),
  "--mermaid": renderMermaid(recording),
  "--perfetto": renderPerfetto(recording),
  "--json": renderJson(recording),
};

for (const [option, expected] of Object.entries(FORMS)) {
  command(`${option} goes to stdout, or into a file`, async () => {
    const { code, stdout, stderr } = stublab(file, option);
    assert.equal([code, stderr], [0, ""]);
    assert.ok(stdout === expected);
    const output = join(folder, `out${option}`);
    const written = stublab(option, "-o", output, file);
    assert.equal([written.code, written.stdout, written.stderr], [0, "", ""]);
    assert.ok(readFileSync(output, "utf8") === expected);
  });
}

command("--html goes into a file, or to stdout", async () => {
  const expected = renderRecordingPage(recording);
  const output = join(folder, "out.html");
  const { code, stdout, stderr } = stublab(file, "--html", output);
  assert.equal([code, stdout, stderr], [0, "", ""]);
  assert.ok(readFileSync(output, "utf8") === expected);
  assert.ok(stublab(file, "--html", "-").stdout === expected);
});

command("without a form it is text", async () => {
  assert.ok(stublab(file).stdout === FORMS["--text"]);
});

command("--json prints the recording unchanged", async () => {
  assert.equal(parseRecording(stublab(file, "--json").stdout), recording);
});

command("two recordings are shown side by side, as text, page or document", async () => {
  const text = stublab(file, file);
  assert.equal([text.code, text.stderr], [0, ""]);
  assert.match(text.stdout, /^They do not part: all steps are the same\.$/m);
  const document = JSON.parse(stublab(file, file, "--json").stdout);
  assert.equal([document.schema, document.part], ["stublab.beside/1", null]);
  assert.is(document.rows.length, recording.steps.length);
  const output = join(folder, "beside.html");
  assert.is(stublab(file, file, "--html", output).code, 0);
  assert.ok(readFileSync(output, "utf8") === renderBesidePage(recording, recording));
});

command("- is standard input: a pipe, or a file", async () => {
  const [node, args] = stublabCommand("view", "-", "--mermaid");
  const typed = [node, ...args].join(" ");
  for (const line of [`cat ${file} | ${typed}`, `${typed} <${file}`]) {
    const { code, stdout, stderr } = run(["sh", ["-c", line]]);
    assert.equal([code, stderr], [0, ""]);
    assert.ok(stdout === FORMS["--mermaid"]);
  }
});

const WRONG: readonly [args: string[], message: RegExp][] = [
  [[], /^stublab: view needs a recording\n {2}remedy: /],
  [
    ["a.json", "b.json", "c.json"],
    /^stublab: view takes one recording or two, got another, "c\.json"\n/,
  ],
  [
    ["a.json", "b.json", "--mermaid"],
    /^stublab: --mermaid takes one recording, got another, "b\.json"\n/,
  ],
  [["-", "-"], /^stublab: only one recording can be standard input\n/],
  [[file, "--text", "--json"], /^stublab: --text and --json exclude each other\n/],
  [[file, "--html", "", "--json"], /^stublab: --html and --json exclude each other\n/],
  [[file, "--html", "x", "-o", "y"], /^stublab: --html and --output exclude each other/],
  [[file, "--html", ""], /^stublab: the name of the output is empty\n/],
  [[file, "--svg"], /^stublab: unknown option --svg\n/],
  [[file, "--html"], /^stublab: --html: the value is missing\n/],
  [
    ["grandchild"],
    /^stublab: grandchild is a scenario, and no file has that name\n {2}remedy: record it first: stublab record grandchild -o grandchild\.json\n/,
  ],
  [
    ["grandchld.json"],
    /^stublab: grandchld\.json cannot be read: ENOENT: no such file or directory/,
  ],
  [["constructor"], /^stublab: constructor cannot be read: ENOENT/],
  [[folder], /EISDIR/],
];

for (const [args, message] of WRONG) {
  command(`wrong usage: ${args.join(" ").replaceAll(folder, "DIR")}`, async () => {
    const { code, stdout, stderr } = stublab(...args);
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
    if (args.includes("--json")) assert.is(JSON.parse(stdout).schema, "stublab.error/1");
    else assert.is(stdout, "");
  });
}

command(
  "an invalid recording is refused with the place and the reason, and nothing is written",
  async () => {
    const whole = readFileSync(file);
    const bad = {
      "cut.json": [whole.subarray(0, whole.length / 2), /the document is not JSON: "/],
      "empty.json": ["", /the document is not JSON: "/],
      "bytes.json": [Buffer.from([0xff, 0xfe]), /the document is not JSON: it is not UTF-8/],
      "other.json": [
        '{"schema":"stublab.compare/1"}',
        /schema: expected "stublab\.recording\/1", got/,
      ],
      "lane.json": [
        JSON.stringify({ ...recording, lanes: [] }),
        /steps\[0\]\.lane: there is no lane "/,
      ],
    } as const;
    const own = join(folder, "bad");
    mkdirSync(own);
    for (const [name, [content, why]] of Object.entries(bad)) {
      writeFileSync(join(own, name), content);
      const { code, stdout, stderr } = stublab(join(own, name), "--html", join(own, "out"));
      assert.equal([code, stdout], [2, ""]);
      assert.ok(stderr.startsWith(`stublab: ${join(own, name)}: `));
      assert.match(stderr, why);
      assert.not.match(stderr.trimEnd(), /[^\n\x20-\x7e…]/);
    }
    assert.equal(readdirSync(own).sort(), Object.keys(bad).sort());
  },
);

command(
  "a file that is too large is refused, and an endless stream is read up to the limit",
  async () => {
    const large = join(folder, "large.json");
    writeFileSync(large, "");
    truncateSync(large, 30_000_000);
    const why = "has more than 20000000 bytes, the limit for a recording";
    const { code, stderr } = stublab(large);
    assert.equal([code, stderr], [2, `stublab: ${large} ${why}\n`]);
    const [node, args] = stublabCommand("view", "-");
    const typed = [node, ...args].join(" ");
    for (const line of [`cat /dev/zero | ${typed}`, `${typed} </dev/zero`]) {
      const endless = run(["sh", ["-c", line]]);
      assert.equal([endless.code, endless.stderr], [2, `stublab: standard input ${why}\n`]);
    }
  },
);

command("a reader that closes the pipe early is not a failure", async () => {
  const big = join(folder, "big.json");
  const real = await recordingOf("grandchild");
  const steps = Array.from({ length: 60 }, () => real.steps).flat();
  writeFileSync(
    big,
    JSON.stringify({ ...real, steps: steps.map((step) => ({ ...step, microseconds: 0 })) }),
  );
  for (const option of Object.keys(FORMS)) {
    const [node, args] = stublabCommand("view", big, option);
    const child = spawn(node, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((done) => child.on("close", done));
    assert.equal([code, stderr], [0, ""], option);
  }
});

command("an unwritable file causes an error, and the old content stays", async () => {
  const { code, stderr } = stublab(file, "--html", join(folder, "nowhere/x.html"));
  assert.is(code, 1);
  assert.match(stderr, /nowhere\/x\.html cannot be written: ENOENT/);
  const full = stublab(file, "--json", "-o", "/dev/full");
  assert.is(full.code, 1);
  assert.match(full.stderr, "/dev/full cannot be written: ENOSPC");
});

command("it needs neither the libraries nor koffi", async () => {
  const bare = join(folder, "bare");
  cpSync("dist", join(bare, "dist"), {
    recursive: true,
    filter: (path) => !/\.so$|types/.test(path),
  });
  cpSync("package.json", join(bare, "package.json"));
  const cli = join(resolve(bare), "dist/cli.js");
  for (const [option, expected] of Object.entries(FORMS)) {
    const { code, stdout, stderr } = run([process.execPath, [cli, "view", file, option]]);
    assert.equal([code, stderr], [0, ""]);
    assert.ok(stdout === expected);
  }
  const page = run([process.execPath, [cli, "view", file, "--html", "-"]]);
  assert.ok(page.stdout === renderRecordingPage(recording), page.stderr);
  const pages = join(bare, "pages");
  const { code } = run([process.execPath, [cli, "gallery", pages, file]]);
  assert.is(code, recording.end.every(({ held }) => held) ? 0 : 1);
});

command("--help has every form, and an example", async () => {
  const { code, stdout } = stublab("--help");
  assert.is(code, 0);
  for (const option of [...Object.keys(FORMS), "--html", "examples:"]) assert.match(stdout, option);
});

command.run();
