// Files that a user names are written completely or not at all, and keep what they were: mode, owner, links, kind.

import { chownSync, linkSync, lstatSync } from "node:fs";
import { writeOutput } from "../../src/cli/output_file.ts";

const output = suite("output files");
const folder = temporaryFolder();
chmodSync(folder, 0o755);
let folders = 0;

/** An empty folder, with a file of this content and mode. */
function newFolder(mode?: number, content = "old"): { own: string; path: string } {
  const own = join(folder, String(folders++));
  mkdirSync(own);
  const path = join(own, "file");
  if (mode !== undefined) {
    writeFileSync(path, content);
    chmodSync(path, mode);
  }
  return { own, path };
}

/** An unprivileged user, as root may write everything; undefined if this process is not root. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;
const asRoot = needs(output, { root: NOBODY !== undefined });

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (NOBODY !== undefined) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (NOBODY !== undefined) process.seteuid?.(0);
  }
}

const NEW = "new\n";
const write = (path: string) => writeOutput(path, NEW);
const read = (path: string) => readFileSync(path, "utf8");
const refusal = async (path: string) => String(await rejection(write(path)));

output("a new file has the mode that the umask permits, and the longest name allowed", async () => {
  const before = process.umask(0o027);
  const path = join(newFolder().own, "n".repeat(255));
  await write(path);
  process.umask(before);
  assert.equal([read(path), statSync(path).mode & 0o777], [NEW, 0o640]);
});

output("a replaced file keeps mode and owner; other hard links keep the content", async () => {
  for (const mode of [0o600, 0o640, 0o666, 0o755]) {
    const { own, path } = newFolder(mode);
    if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
    const { uid } = statSync(path);
    linkSync(path, join(own, "other"));
    await write(path);
    assert.equal([statSync(path).mode & 0o777, statSync(path).uid, read(path)], [mode, uid, NEW]);
    assert.is(read(join(own, "other")), "old");
  }
});

output("a file without write permission is refused, and not changed", async () => {
  const { own, path } = newFolder(0o444);
  chmodSync(own, 0o777);
  if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
  assert.match(await asNobody(() => refusal(path)), `${path} cannot be written: EACCES`);
  assert.equal([read(path), readdirSync(own)], ["old", ["file"]]);
});

output("a writable file in a read-only folder is overwritten in place", async () => {
  const { own, path } = newFolder(0o666, "old and longer\n".repeat(10_000));
  const { ino } = statSync(path);
  chmodSync(own, 0o555);
  await asNobody(() => write(path));
  assert.equal([read(path), statSync(path).ino, readdirSync(own)], [NEW, ino, ["file"]]);
  chmodSync(own, 0o755);
});

asRoot("another user's file in a sticky folder is overwritten in place", async () => {
  const { own, path } = newFolder(0o666);
  chmodSync(own, 0o1777);
  await asNobody(() => write(path));
  assert.equal([read(path), statSync(path).uid], [NEW, 0]);
});

output("a link is followed, even if its target does not exist", async () => {
  const { own } = newFolder();
  mkdirSync(join(own, "there"));
  symlinkSync("there/file", join(own, "first"));
  symlinkSync("first", join(own, "second"));
  for (const _ of ["made", "replaced"]) {
    await write(join(own, "second"));
    assert.is(read(join(own, "there/file")), NEW);
    assert.ok(lstatSync(join(own, "first")).isSymbolicLink());
    writeFileSync(join(own, "there/file"), "old");
  }
  symlinkSync("loop", join(own, "loop"));
  assert.match(await refusal(join(own, "loop")), "/loop cannot be written: ELOOP");
});

const mount = (...args: string[]) => spawnSync("mount", args).status === 0;
const canMount = mount("--bind", folder, folder) && spawnSync("umount", [folder]).status === 0;
needs(output, { "the right to mount": canMount })(
  "a file that is a mount point is overwritten in place",
  async () => {
    const { own, path } = newFolder(0o644);
    const mounted = join(own, "mounted");
    writeFileSync(mounted, "");
    assert.ok(mount("--bind", path, mounted));
    try {
      await write(mounted);
      assert.is(read(path), NEW);
    } finally {
      spawnSync("umount", [mounted]);
    }
  },
);

const source = join(folder, "inject.json");
const recording = await recordingOf("inject");
writeFileSync(source, JSON.stringify(recording));
const EXPECTED = renderText(recording);
const VIEW = `stublab lesson ${source} -o`;

/** Runs a shell command line, in which "stublab" is the command. */
function sh(line: string) {
  const [node, [script = ""]] = stublabCommand();
  const text = line.replaceAll("stublab ", `'${node}' '${resolve(script)}' `);
  return run(["bash", ["--norc", "-c", text]]);
}

const inBash = needs(output, "bash");

inBash("a descriptor is written at its offset", async () => {
  const { own, path } = newFolder(0o644);
  symlinkSync("/dev/stdout", join(own, "out"));
  for (const [name, redirection] of [
    ["/dev/stdout", ""],
    [join(own, "out"), ""],
    ["/dev/stderr", "2>&1"],
    ["/dev/fd/7", "7>&1"],
  ] as const) {
    writeFileSync(path, "before\n");
    const { code, stderr } = await sh(`{ ${VIEW} ${name} ${redirection}; echo after; } >> ${path}`);
    assert.equal([code, stderr], [0, ""], name);
    assert.is(read(path), `before\n${EXPECTED}after\n`, name);
  }
  assert.match(await refusal("/dev/fd/99"), "/dev/fd/99 cannot be written: EBADF");
});

inBash("a FIFO and a device are written to, and not replaced", async () => {
  const fifo = join(newFolder().own, "fifo");
  assert.is((await sh(`mkfifo ${fifo}; cat ${fifo} & ${VIEW} ${fifo}; wait`)).stdout, EXPECTED);
  assert.ok(lstatSync(fifo).isFIFO());
  assert.is((await sh(`${VIEW} >(cat) | cat`)).stdout, EXPECTED);
  await write("/dev/null");
});

needs(output, "prlimit")("on a full disk no part of it is left; the old file stays", async () => {
  for (const content of [undefined, 0o644]) {
    const { own, path } = newFolder(content);
    const [node, args] = stublabCommand("lesson", "host", "--record", path);
    const { code, stderr } = await run(["prlimit", ["--fsize=20000", node, ...args]]);
    assert.is(code, 1);
    assert.match(stderr, "cannot be written: EFBIG");
    assert.equal(readdirSync(own), content === undefined ? [] : ["file"]);
    if (content !== undefined) assert.is(read(path), "old");
  }
});

const gallery = (pages: string, ...files: string[]) =>
  stublab(["lesson", "--pages", pages, ...files]);

output("the files of a gallery are not written through links", async () => {
  for (const name of ["index.html", "inject.html", "inject.json"]) {
    const [{ own }, { path }] = [newFolder(), newFolder(0o644, "precious")];
    symlinkSync(path, join(own, name));
    const { code, stderr } = await gallery(own, source);
    assert.is(code, 2);
    assert.match(stderr, `${own}/${name} is a symbolic link, expected a regular file`);
    assert.is(read(path), "precious");
  }
});

output("a gallery that is rewritten keeps the modes of its files", async () => {
  const pages = join(newFolder().own, "a/b");
  assert.is((await gallery(pages, source)).code, 0);
  chmodSync(join(pages, "index.html"), 0o600);
  assert.is((await gallery(pages, source)).code, 0);
  assert.is(statSync(join(pages, "index.html")).mode & 0o777, 0o600);
  const files = [
    "index.html",
    "inject.html",
    "inject.json",
    "inject.svg",
    "protocol.html",
    "registers.html",
  ];
  assert.equal(readdirSync(pages).sort(), files);
});

output("a recording too large to be read again is refused, and leaves no gallery", async () => {
  const { own, path: wide } = newFolder();
  // It is small, but its escaped form, which is ASCII, exceeds the limit for reading.
  writeFileSync(wide, JSON.stringify({ ...recording, introduction: ["é".repeat(3_500_000)] }));
  const { code, stderr } = await gallery(join(own, "pages"), source, wide);
  assert.is(code, 1);
  assert.match(stderr, "has more than 20000000 bytes, the limit for a recording");
  assert.equal(readdirSync(own), ["file"]);
});
