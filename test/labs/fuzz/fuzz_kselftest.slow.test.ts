import { parsePlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { exportC } from "../../../src/labs/fuzz/tell/export_c.ts";
import { caseOf, KINDS, SPREAD } from "../../support/exported_cases.ts";

/** Debian's package of the kernel's source, linux-source-6.12 or another. */
const SOURCE = readdirSync("/usr/src").find((name) => /^linux-source-.*\.tar\.xz$/.test(name));
const NEEDED = ["checkpatch.pl", "spelling.txt", "const_structs.checkpatch"]
  .map((name) => `scripts/${name}`)
  .concat("tools/testing/selftests/kselftest.h");

/** Without SOAK, one or two of each kind. */
const TRIED = process.env.SOAK ? Object.entries(SPREAD) : [...KINDS];

const tree = temporaryFolder();
const folder = join(tree, "tools/testing/selftests/x86");
const examiner = new Examiner();

const selftests = suite("fuzz: selftests of the kernel");
selftests.before(() => {
  if (SOURCE === undefined) return;
  const members = NEEDED.map((path) => `${SOURCE.replace(".tar.xz", "")}/${path}`);
  const archive = ["-xf", `/usr/src/${SOURCE}`, ...members];
  execFileSync("tar", ["-C", tree, "--strip-components=1", ...archive]);
  mkdirSync(folder);
});
selftests.after(() => examiner.close());

const source = { "a linux-source package": SOURCE !== undefined };
const withSource = needs(selftests, source, "cc");
const withStrace = needs(selftests, source, "cc", "strace");
const withPerl = needs(selftests, source, "perl");

/** Writes the selftest of a case into the tree and returns its path without ".c". */
function write(name: string, it: Case, by = examiner): string {
  const program = join(folder, name.replaceAll(/\W+/g, "_"));
  const { machine } = by;
  writeFileSync(`${program}.c`, exportC(by.examine(it), { machine, kselftest: true }));
  return program;
}

/** As the Makefile of the selftests does, and with more warnings. */
function compile(program: string, compiler = process.env.CC || "cc"): void {
  const flags = ["-O2", "-std=gnu99", "-Wall", "-Wextra", "-Werror"];
  const args = [...flags, "-o", program, `${program}.c`];
  execFileSync(compiler, args, { stdio: ["ignore", "pipe", "pipe"] });
}

function test(program: string) {
  const { status, stdout, stderr } = spawnSync(program, { encoding: "utf8" });
  return { status, stdout, stderr };
}

withSource("each passes, without a warning from any compiler", () => {
  const compilers = ["gcc", "clang"].filter(hasTool);
  for (const [name, document] of TRIED) {
    const program = write(name, caseOf(document));
    for (const compiler of compilers) {
      compile(program, compiler);
      const { status, stdout } = test(program);
      assert.is(status, 0, `${name}\n${stdout}`);
      assert.match(stdout, /^TAP version 13\n1\.\.\d+\nok 1 /);
      assert.match(stdout, /\n# Totals: pass:[1-9]\d* fail:0 xfail:0 xpass:0 skip:\d error:0\n$/);
      assert.not.match(stdout, /# SKIP (?!.*: not predicted$)/m);
    }
  }
});

for (const [plant, name, failing, fields] of [
  ["R47.code=2", "rip elsewhere", "siginfo", "code: expected 0x2, got 0x1, as seen before"],
  [
    "R10",
    "a restart",
    "registers at the stop",
    "stopped.rax: expected 0xfffffffffffffe00, got 0x1",
  ],
  ["W7", "no resume", undefined, undefined],
] as const) {
  withSource(`a kernel that differs by ${plant} fails: ${name}`, () => {
    using planted = new Examiner({ change: parsePlant(plant) });
    const program = write(`${name} ${plant}`, caseOf(SPREAD[name] ?? {}), planted);
    compile(program);
    const { status, stdout } = test(program);
    assert.is(status, failing === undefined ? 0 : 1, stdout);
    if (failing === undefined) return;
    assert.match(stdout, new RegExp(`^not ok \\d+ ${failing}$`, "m"));
    assert.ok(stdout.includes(`# ${fields}`), stdout);
  });
}

withSource("a case whose stop is not predicted is skipped from there on", () => {
  // A function of the vsyscall page.
  const program = write("not predicted", caseOf({ registers: { rip: "0xffffffffff600000" } }));
  compile(program);
  const { status, stdout } = test(program);
  assert.is(status, 0, stdout);
  assert.match(stdout, /^ok 1 result of the write$/m);
  assert.match(stdout, /^ok \d # SKIP status: not predicted$/m);
});

withStrace("a process that cannot be traced is a test that fails, and says why", () => {
  const program = write("untraceable", caseOf({}));
  compile(program);
  const { status, stdout } = spawnSync("strace", ["-qq", "-f", "-o", "/dev/null", program], {
    encoding: "utf8",
  });
  assert.is(status, 1, stdout);
  assert.match(stdout, /^not ok 1 result of the write: failed to start a child: /m);
});

/**
 * ENOSYS is what the filter answers: checkpatch thinks of calls that a driver refuses. CAMELCASE is _Alignas, and
 * BIT_MACRO a constant of a header that a libc lacks: programs have neither __aligned nor BIT.
 */
const IGNORED = "ENOSYS,CAMELCASE,BIT_MACRO";

withPerl("checkpatch finds nothing in any kind", () => {
  const programs = TRIED.map(([name, document]) => `${write(name, caseOf(document))}.c`);
  const flags = ["--no-tree", "--strict", "--terse", "--no-summary", "--ignore", IGNORED];
  const { status, stdout } = spawnSync(
    "perl",
    [join(tree, "scripts/checkpatch.pl"), ...flags, "-f", ...programs],
    { cwd: tree, encoding: "utf8" },
  );
  assert.is(stdout, "");
  assert.is(status, 0);
});
