// What others have put into a corpus folder: no link in it is followed, and only regular files are opened.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stublabCommand } from "../../support/processes.ts";
import "../../support/hermetic.ts";

const foreign = suite("a corpus folder that others have written to");

const folder = mkdtempSync(join(tmpdir(), "stublab-foreign-"));
foreign.after(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(folder, String(folders++));

const PRECIOUS = "precious\n";
const precious = join(folder, "precious");
foreign.before.each(() => writeFileSync(precious, PRECIOUS));

/** How long a command may take, in milliseconds; one that waits for a FIFO takes for ever. */
const LIMIT = 20_000;

function stublab(...args: string[]) {
  const [node, words] = stublabCommand("fuzz", ...args);
  const { status, signal, stdout, stderr } = spawnSync(node, words, {
    encoding: "utf8",
    timeout: LIMIT,
    killSignal: "SIGKILL",
  });
  assert.is(signal, null, "it hung");
  return { code: status, stdout, stderr };
}

const fuzz = (corpus: string, ...args: string[]) =>
  stublab(...(args.includes("--cases") ? [] : ["--cases", "100"]), "--corpus", corpus, ...args);

/** A folder with a run and a finding. */
const whole = newFolder();
foreign.before(() => {
  assert.is(fuzz(whole, "--plant", "R12", "--cases", "6000").code, 1);
  assert.ok(readdirSync(join(whole, "findings")).length > 0);
});

const mkfifo = (path: string) => assert.is(spawnSync("mkfifo", [path]).status, 0);

const THINGS: readonly [what: string, put: (path: string) => void][] = [
  ["a symbolic link", (path) => symlinkSync(precious, path)],
  ["a symbolic link", (path) => symlinkSync(join(folder, "not there"), path)],
  ["a FIFO", mkfifo],
  ["a folder", (path) => mkdirSync(path)],
  ["a hard link", (path) => linkSync(precious, path)],
];

for (const name of ["lock", "journal.jsonl"]) {
  for (const [i, [what, put]] of THINGS.entries()) {
    foreign(`${name} is ${what} (${i}): refused, and what it leads to stays as it is`, () => {
      const corpus = newFolder();
      mkdirSync(corpus);
      put(join(corpus, name));
      const { code, stderr } = fuzz(corpus);
      assert.is(code, 2, stderr);
      assert.match(stderr, `stublab: ${corpus}/${name} is ${what}`);
      assert.is(readFileSync(precious, "utf8"), PRECIOUS);
      assert.not(existsSync(join(folder, "not there")));
    });
  }
}

for (const [what, put] of THINGS.slice(0, 4)) {
  foreign(`a case is ${what}: refused`, () => {
    const corpus = newFolder();
    mkdirSync(corpus);
    put(join(corpus, "mine.json"));
    const { code, stderr } = fuzz(corpus);
    assert.is(code, 2, stderr);
    assert.match(stderr, `stublab: ${corpus}/mine.json is ${what}`);
    assert.not.match(stderr, "precious\n");
  });
}

foreign("a file under the name that a case has while it is written is not written through", () => {
  const corpus = newFolder();
  assert.is(fuzz(corpus).code, 0);
  const name = readdirSync(corpus).find((each) => /^[0-9a-f]{14}\.json$/.test(each)) ?? "";
  rmSync(join(corpus, name));
  symlinkSync(precious, join(corpus, `${name}.new`));
  assert.is(fuzz(corpus).code, 0);
  assert.ok(existsSync(join(corpus, name)));
  assert.is(readFileSync(precious, "utf8"), PRECIOUS);
});

foreign("a journal or a case that never ends is refused with its limit", () => {
  for (const [name, limit] of [
    ["journal.jsonl", "500000000 bytes, the limit for a journal"],
    ["mine.json", "1048576 bytes, the limit for a case"],
  ] as const) {
    const corpus = newFolder();
    mkdirSync(corpus);
    writeFileSync(join(corpus, name), "");
    truncateSync(join(corpus, name), 1e12);
    const { code, stderr } = fuzz(corpus);
    assert.is(code, 2);
    assert.match(stderr, `${corpus}/${name} has more than ${limit}`);
  }
});

foreign("findings that lead elsewhere are refused, and nothing is written there", () => {
  const [corpus, elsewhere] = [newFolder(), newFolder()];
  mkdirSync(corpus);
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(corpus, "findings"));
  const { code, stderr } = fuzz(corpus, "--plant", "R12", "--cases", "6000");
  assert.is(code, 2, stderr);
  assert.match(stderr, `stublab: ${corpus}/findings is a symbolic link`);
  assert.equal(readdirSync(elsewhere), []);
});

foreign("what is left of a finding is removed, and not what a link in its place leads to", () => {
  const [corpus, elsewhere] = [newFolder(), newFolder()];
  mkdirSync(join(corpus, "findings"), { recursive: true });
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "case.json"), PRECIOUS);
  const [name = ""] = readdirSync(join(whole, "findings"));
  symlinkSync(elsewhere, join(corpus, "findings", `.${name}.partial`));
  assert.is(fuzz(corpus, "--plant", "R12", "--cases", "6000").code, 1);
  assert.ok(existsSync(join(corpus, "findings", name, "case.json")));
  assert.equal(readdirSync(elsewhere), ["case.json"]);
});

foreign("the folder itself may be named by a link", () => {
  const [link, corpus] = [newFolder(), newFolder()];
  mkdirSync(corpus);
  symlinkSync(corpus, link);
  assert.is(fuzz(link).code, 0);
  assert.ok(existsSync(join(corpus, "journal.jsonl")));
});

/** Copies of the folder with a finding, in which something is other than it should be. */
function spoiled(spoil: (corpus: string, finding: string) => void): string {
  const corpus = newFolder();
  assert.is(spawnSync("cp", ["-r", whole, corpus]).status, 0);
  const [finding = ""] = readdirSync(join(corpus, "findings"));
  spoil(corpus, join(corpus, "findings", finding));
  return corpus;
}

const MERGED: readonly [what: string, place: string, spoil: Parameters<typeof spoiled>[0]][] = [
  [
    "the findings are a symbolic link",
    "findings is a symbolic link",
    (corpus) => {
      renameSync(join(corpus, "findings"), join(folder, "outside"));
      symlinkSync(join(folder, "outside"), join(corpus, "findings"));
    },
  ],
  [
    "a finding is a symbolic link",
    "is a symbolic link",
    (_, finding) => {
      rmSync(finding, { recursive: true });
      symlinkSync(folder, finding);
    },
  ],
  [
    "a file of a finding is a symbolic link",
    "repro.c is a symbolic link",
    (_, finding) => {
      rmSync(join(finding, "repro.c"));
      symlinkSync(precious, join(finding, "repro.c"));
    },
  ],
  [
    "a file of a finding is a FIFO",
    "repro.c is a FIFO",
    (_, finding) => {
      rmSync(join(finding, "repro.c"));
      mkfifo(join(finding, "repro.c"));
    },
  ],
  [
    "a case is a symbolic link",
    "mine.json is a symbolic link",
    (corpus) => symlinkSync(precious, join(corpus, "mine.json")),
  ],
  [
    "the journal is a FIFO",
    "journal.jsonl is a FIFO",
    (corpus) => {
      rmSync(join(corpus, "journal.jsonl"));
      mkfifo(join(corpus, "journal.jsonl"));
    },
  ],
];

for (const [what, place, spoil] of MERGED) {
  foreign(`merge: ${what}: refused, and nothing of the new folder is left`, () => {
    const [corpus, to] = [spoiled(spoil), newFolder()];
    const { code, stderr } = stublab("merge", corpus, "-o", to);
    assert.is(code, 2, stderr);
    assert.match(stderr, place);
    assert.not(existsSync(to));
    assert.equal(
      readdirSync(folder).filter((name) => name.startsWith(".")),
      [],
    );
  });
}

foreign("merge copies a finding as it is, with what somebody put into it", () => {
  const corpus = spoiled((_, finding) => {
    mkdirSync(join(finding, "notes"));
    writeFileSync(join(finding, "notes", "mine.txt"), PRECIOUS);
  });
  const to = newFolder();
  const { code, stderr } = stublab("merge", corpus, "-o", to);
  assert.is(code, 0, stderr);
  const [finding = ""] = readdirSync(join(to, "findings"));
  const copied = (...path: string[]) =>
    readFileSync(join(to, "findings", finding, ...path), "utf8");
  assert.is(copied("notes", "mine.txt"), PRECIOUS);
  assert.is(copied("repro.c"), readFileSync(join(whole, "findings", finding, "repro.c"), "utf8"));
});

foreign("merge into an empty folder keeps that folder, with its mode", () => {
  const to = newFolder();
  mkdirSync(to, { mode: 0o700 });
  const { ino } = statSync(to);
  assert.is(stublab("merge", whole, "-o", to).code, 0);
  assert.equal([statSync(to).ino, statSync(to).mode & 0o777], [ino, 0o700]);
});

foreign("a name that is not UTF-8 is an error, and no file is left out", () => {
  const odd = (path: string) =>
    assert.is(
      spawnSync("bash", ["--norc", "-c", `cp examples/cases/restart.json "$0"/$'\\xff.json'`, path])
        .status,
      0,
    );
  const corpus = newFolder();
  mkdirSync(corpus);
  odd(corpus);
  const { code, stderr } = fuzz(corpus);
  assert.is(code, 2, stderr);
  assert.match(stderr, "its name is not UTF-8");
  const merged = stublab(
    "merge",
    spoiled((_, finding) => odd(finding)),
    "-o",
    newFolder(),
  );
  assert.is(merged.code, 2);
  assert.match(merged.stderr, "its name is not UTF-8");
});

foreign("the case of a finding that is a link or a FIFO is not read", () => {
  for (const [what, put] of THINGS.slice(0, 3)) {
    const finding = newFolder();
    mkdirSync(finding);
    put(join(finding, "case.json"));
    const { code, stderr } = stublab("replay", finding);
    assert.is(code, 2, stderr);
    assert.match(stderr, `${finding}/case.json is ${what}`);
  }
});

foreign("a folder that the kernel refuses is an error, and not a wait", () => {
  for (const path of ["/proc/stublab", "/proc/stublab/run"]) {
    const { code, stderr } = fuzz(path);
    assert.is(code, 1);
    assert.match(stderr, `corpus ${path} cannot be written: ENOENT`);
  }
  assert.match(stublab("merge", whole, "-o", "/proc/stublab/run").stderr, "ENOENT");
});

const FOREIGN: readonly [what: string, name: string, content: string, message: RegExp][] = [
  ["a file", "notes.txt", "mine", /is not the folder of a run: .*has "notes.txt"/],
  ["a hidden file", ".profile", "mine", /is not the folder of a run: .*has ".profile"/],
  ["a document that is no case", "package.json", "{}", /package.json: schema: /],
];

for (const [what, name, content, message] of FOREIGN) {
  foreign(`a folder without a journal, and with ${what}, is refused and left as it is`, () => {
    const path = newFolder();
    mkdirSync(path);
    writeFileSync(join(path, name), content);
    const { code, stderr } = fuzz(path);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.equal(readdirSync(path), [name]);
    assert.is(readFileSync(join(path, name), "utf8"), content);
  });
}

foreign("a folder with cases, a lock and findings, but without a journal, begins a run", () => {
  const path = newFolder();
  mkdirSync(join(path, "findings"), { recursive: true });
  writeFileSync(join(path, "lock"), "");
  writeFileSync(join(path, "own.json"), '{"schema":"stublab.case/1","registers":{"rax":"0x7"}}');
  assert.is(fuzz(path).code, 0);
  // What somebody puts into the folder of a run is not in its way.
  writeFileSync(join(path, "notes.txt"), "mine");
  assert.is(fuzz(path, "--cases", "200").code, 0);
});

foreign.run();
