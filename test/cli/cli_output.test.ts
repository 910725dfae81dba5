// Time limit: 120 s

// Files that commands write to a place that the user names: -o, --html, --junit, and the pages of a gallery.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderMermaid } from "../../src/record/view/mermaid.ts";
import { eventually, Running, waitsInOpen } from "../support/processes.ts";
import { recordingOf } from "../support/recordings.ts";

const output = suite("output files");

const folder = mkdtempSync(join(tmpdir(), "stublab-output-"));
output.after(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
};

/** A copy of the package for a user who cannot read the sources. */
const bare = join(folder, "bare");
cpSync("dist", join(bare, "dist"), { recursive: true, filter: (path) => !/types/.test(path) });
cpSync("package.json", join(bare, "package.json"));
symlinkSync(resolve("node_modules"), join(bare, "node_modules"));
chmodSync(folder, 0o755);
const cli = join(bare, "dist/cli.js");

const recording = await recordingOf("inject");
const source = join(folder, "inject.json");
writeFileSync(source, JSON.stringify(recording));
const EXPECTED = renderMermaid(recording);

/** An unprivileged uid, as root may write everything; undefined if this process is not root. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

/** Runs a shell command line, in which "stublab" is the command. */
function sh(line: string, uid?: number) {
  const text = `umask 022; ${line.replaceAll("stublab ", `'${process.execPath}' '${cli}' `)}`;
  const { status, signal, stdout, stderr } = spawnSync("bash", ["--norc", "-c", text], {
    encoding: "utf8",
    timeout: 20_000,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 28,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  assert.is(signal, null, "it did not end");
  return { code: status, stdout, stderr };
}

const VIEW = `stublab view ${source} --mermaid -o`;
const write = (path: string, uid?: number) => sh(`${VIEW} ${path}`, uid);

function expectWritten(path: string) {
  assert.is(readFileSync(path, "utf8"), EXPECTED);
}

output("a new file has the mode that the umask permits", () => {
  const path = join(newFolder(), "new");
  assert.equal(write(path), { code: 0, stdout: "", stderr: "" });
  expectWritten(path);
  assert.is(statSync(path).mode & 0o777, 0o644);
});

output("a replaced file keeps its mode and its owner", () => {
  for (const mode of [0o600, 0o640, 0o666, 0o755]) {
    const path = join(newFolder(), "file");
    writeFileSync(path, "old");
    chmodSync(path, mode);
    if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
    const { uid } = statSync(path);
    assert.is(write(path).code, 0);
    expectWritten(path);
    assert.equal([statSync(path).mode & 0o777, statSync(path).uid], [mode, uid]);
  }
});

output("a file without write permission is refused, and not changed", () => {
  const own = newFolder();
  chmodSync(own, 0o777);
  const path = join(own, "file");
  writeFileSync(path, "old");
  if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
  chmodSync(path, 0o444);
  const { code, stderr } = write(path, NOBODY);
  assert.equal(
    [code, stderr],
    [1, `stublab: ${path} cannot be written: EACCES: permission denied\n`],
  );
  assert.is(readFileSync(path, "utf8"), "old");
  assert.equal(readdirSync(own), ["file"]);
});

output("a writable file in a read-only folder is overwritten in place", () => {
  const own = newFolder();
  const path = join(own, "file");
  writeFileSync(path, "old and longer than what is new, if that is possible\n".repeat(10_000));
  chmodSync(path, 0o666);
  const { ino } = statSync(path);
  chmodSync(own, 0o555);
  assert.equal(write(path, NOBODY), { code: 0, stdout: "", stderr: "" });
  expectWritten(path);
  assert.is(statSync(path).ino, ino);
  assert.equal(readdirSync(own), ["file"]);
  chmodSync(own, 0o755);
});

(NOBODY === undefined ? output.skip : output)(
  "another user's file in a sticky folder is overwritten in place",
  () => {
    const own = newFolder();
    chmodSync(own, 0o1777);
    const path = join(own, "file");
    writeFileSync(path, "old");
    chmodSync(path, 0o666);
    const { code, stderr } = write(path, NOBODY);
    // The kernel may forbid even that (fs.protected_regular only concerns O_CREAT).
    assert.equal([code, stderr], [0, ""]);
    expectWritten(path);
    assert.is(statSync(path).uid, 0);
  },
);

output("a link is followed, even if its target does not exist", () => {
  const own = newFolder();
  mkdirSync(join(own, "there"));
  symlinkSync("there/file", join(own, "first"));
  symlinkSync("first", join(own, "second"));
  for (const what of ["made", "replaced"]) {
    assert.is(write(join(own, "second")).code, 0, what);
    expectWritten(join(own, "there/file"));
    assert.ok(lstatSync(join(own, "first")).isSymbolicLink());
    writeFileSync(join(own, "there/file"), "old");
  }
  symlinkSync("loop", join(own, "loop"));
  assert.match(write(join(own, "loop")).stderr, "/loop cannot be written: ELOOP");
});

output("other hard links keep the old content", () => {
  const own = newFolder();
  writeFileSync(join(own, "file"), "old");
  linkSync(join(own, "file"), join(own, "other"));
  assert.is(write(join(own, "file")).code, 0);
  expectWritten(join(own, "file"));
  assert.is(readFileSync(join(own, "other"), "utf8"), "old");
});

output("a descriptor is written at its offset", () => {
  const own = newFolder();
  const path = join(own, "log");
  symlinkSync("/dev/stdout", join(own, "out"));
  for (const [name, redirection] of [
    ["/dev/stdout", ""],
    ["/dev/fd/1", ""],
    ["/proc/self/fd/1", ""],
    [join(own, "out"), ""],
    ["/dev/stderr", "2>&1"],
    ["/dev/fd/7", "7>&1"],
  ] as const) {
    writeFileSync(path, "before\n");
    const line = `{ ${VIEW} ${name} ${redirection}; echo after; } >> ${path}`;
    assert.equal(sh(line), { code: 0, stdout: "", stderr: "" }, name);
    assert.is(readFileSync(path, "utf8"), `before\n${EXPECTED}after\n`, name);
  }
  assert.is(sh(`${VIEW} /dev/stdout | cat`).stdout, EXPECTED);
  assert.is(sh(`${VIEW} >(cat) | cat`).stdout, EXPECTED);
  assert.match(sh(`${VIEW} /dev/fd/99`).stderr, "/dev/fd/99 cannot be written: EBADF");
});

output("a FIFO and a device are written to, and not replaced", () => {
  const own = newFolder();
  const fifo = join(own, "fifo");
  assert.is(sh(`mkfifo ${fifo}; cat ${fifo} & ${VIEW} ${fifo}; wait`).stdout, EXPECTED);
  assert.ok(lstatSync(fifo).isFIFO());
  assert.equal(write("/dev/null"), { code: 0, stdout: "", stderr: "" });
  const full = write("/dev/full");
  assert.equal([full.code, full.stdout], [1, ""]);
  assert.match(full.stderr, "/dev/full cannot be written: ENOSPC");
  assert.match(write(own).stderr, `${own} cannot be written: EISDIR`);
});

output("writing to a FIFO without a reader blocks until a signal ends it", async () => {
  const fifo = join(newFolder(), "fifo");
  sh(`mkfifo ${fifo}`);
  for (const args of [
    ["view", source, "--mermaid", "-o"],
    ["record", "host", "-o"],
    ["compare", "script", "--cases", "100", "--html"],
    ["conformance", "--only", "selectors", "--junit"],
  ]) {
    const waiting = new Running([process.execPath, [cli, ...args, fifo]]);
    assert.ok(await eventually(() => waitsInOpen(waiting.pid), 20_000), args[0]);
    process.kill(waiting.pid, "SIGTERM");
    assert.is((await waiting.ended).signal, "SIGTERM", args[0]);
  }
});

output("a name may be as long as the system allows", () => {
  const path = join(newFolder(), "n".repeat(255));
  assert.is(write(path).code, 0);
  expectWritten(path);
});

for (const [what, line] of [
  ["record", "stublab record host -o"],
  ["conformance", "stublab conformance --junit"],
  ["compare", "stublab compare script --html"],
] as const) {
  output(`${what}: an unwritable file is refused before any work`, () => {
    for (const [path, why] of [
      ["/nowhere/file", "ENOENT"],
      [newFolder(), "EISDIR"],
      ["/dev/null/file", "ENOTDIR"],
    ] as const) {
      const { code, stdout, stderr } = sh(`${line} ${path}`);
      assert.ok(code === 1 || code === 2);
      assert.is(stdout, "");
      assert.match(stderr, `${path} cannot be written: ${why}`);
    }
  });
}

const gallery = (pages: string, ...files: string[]) =>
  sh(`stublab gallery ${pages} ${files.join(" ")}`);

output("the files of a gallery are not written through links", () => {
  for (const name of ["index.html", "inject.html", "inject.json"]) {
    const [pages, precious] = [newFolder(), join(newFolder(), "precious")];
    writeFileSync(precious, "precious");
    symlinkSync(precious, join(pages, name));
    const { code, stderr } = gallery(pages, source);
    assert.is(code, 2);
    assert.match(stderr, `${pages}/${name} is a symbolic link, expected a regular file`);
    assert.is(readFileSync(precious, "utf8"), "precious");
  }
});

output("a gallery that is rewritten keeps the modes of its files", () => {
  const pages = join(newFolder(), "a/b");
  assert.is(gallery(pages, source).code, 0);
  chmodSync(join(pages, "index.html"), 0o600);
  assert.is(gallery(pages, source).code, 0);
  assert.is(statSync(join(pages, "index.html")).mode & 0o777, 0o600);
  const files = ["encoder.html", "index.html", "inject.html", "inject.json"];
  assert.equal(readdirSync(pages).sort(), files);
});

output("a recording too large to be read again is refused, and leaves no gallery behind", () => {
  const wide = join(newFolder(), "wide.json");
  // It is small, but its escaped form, which is ASCII, exceeds the limit for reading.
  writeFileSync(wide, JSON.stringify({ ...recording, introduction: ["é".repeat(3_500_000)] }));
  const pages = join(newFolder(), "pages");
  const { code, stderr } = gallery(pages, source, wide);
  assert.is(code, 1);
  assert.match(stderr, "has more than 20000000 bytes, the limit for a recording");
  assert.not(existsSync(pages));
});

const bind = (path: string) => spawnSync("mount", ["--bind", path, path]).status === 0;
const canMount = bind(folder) && spawnSync("umount", [folder]).status === 0;
(canMount ? output : output.skip)("a file that is a mount point is overwritten in place", () => {
  const own = newFolder();
  const [path, mounted] = [join(own, "file"), join(own, "mounted")];
  writeFileSync(path, "old");
  writeFileSync(mounted, "");
  assert.is(sh(`mount --bind ${path} ${mounted}`).code, 0);
  try {
    assert.equal(write(mounted), { code: 0, stdout: "", stderr: "" });
    expectWritten(path);
  } finally {
    sh(`umount ${mounted}`);
  }
});

output.run();
