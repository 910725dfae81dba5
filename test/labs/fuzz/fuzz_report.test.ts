import { parsePlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { caseReport, readSightings } from "../../../src/labs/fuzz/tell/case_report.ts";
import { caseOf } from "../../support/exported_cases.ts";

const CASE = resolve("examples/cases/restart.json");
const SCRIPT = resolve("src/labs/fuzz/tell/bisect.sh");

const folder = temporaryFolder();
const reports = suite("fuzz: the report about a case");
const withProbe = needs(reports, {
  "the probe for amd64": existsSync("dist/probe-amd64"),
});

const exportCase = (...args: string[]) => run(stublabCommand("fuzz", "export", ...args));

const SEEN = `SeaBIOS
# kernel: Linux 5.10.0-32\r
# machine: fsgsbase amd XSAVE area of 2696 bytes\r
KTAP version 1\r
# stopped.rax: predicted 0x18, got 0xfffffffffffffe00\r
# rules R10\r
not ok 1 case\r
1..1\r
# exit status 1\r
`;
const OTHERS = `# kernel: Linux 6.1 | <b>
ok 1 case
# kernel: Linux 6.2
ok 1 case # SKIP it cannot be tried: EIO
# kernel: Linux 6.3
`;

withProbe("a folder has what repeats the case, and its commands work", async () => {
  const [place, log, others] = ["report", "a.log", "b.log"].map((name) => join(folder, name));
  writeFileSync(log ?? "", SEEN);
  writeFileSync(others ?? "", OTHERS);
  const seen = ["--seen", log ?? "", "--seen", others ?? ""];
  const { stdout } = await succeeded(
    exportCase(CASE, "--as", "report", "-o", place ?? "", ...seen),
  );
  assert.is(stdout, "");
  const text = readFileSync(join(place ?? "", "report.md"), "utf8");
  assert.match(text, /^# The outcome matches the prediction\.$/m);
  assert.match(text, /^\| stopped\.rax \| 0x18 \| 0x18 \|$/m);
  assert.match(text, /^- R10: .*arch\/x86\/kernel\/signal\.c/m);
  assert.match(text, /^\| Linux \S+ \| as predicted \| x86-64, /m);
  assert.match(
    text,
    /^\| Linux 5\.10\.0-32 \| differs: stopped\.rax is 0xf+e00, and 0x18 is expected \| fsgsbase amd XSAVE area of 2696 bytes \|$/m,
  );
  assert.match(text, /^\| Linux 6\.1 \\\| \\<b\\> \| as predicted \| \? \|$/m);
  assert.match(text, /^\| Linux 6\.2 \| it cannot be tried: EIO \| \? \|$/m);
  assert.match(text, /^\| Linux 6\.3 \| no result \| \? \|$/m);
  const [commands = ""] = /(?<=```sh\n)cc .*?(?=```)/s.exec(text) ?? [];
  const shell = spawnSync("sh", ["-e", "-c", commands], { cwd: place, encoding: "utf8" });
  assert.is(shell.status, 0, shell.stderr);
  assert.match(shell.stdout, /\n0 fields are not as predicted, and 0 not as seen there\n/);
  assert.match(shell.stdout, /\nok 1 case\n/);
  const archive = readFileSync(join(place ?? "", "probe.cpio"));
  assert.ok(archive.includes("case.json\0"));
  assert.match(
    readFileSync(join(place ?? "", "selftest.c"), "utf8"),
    /#include "\.\.\/kselftest\.h"/,
  );
});

withProbe("stublab probe puts a case into an initramfs", async () => {
  const archive = join(folder, "probe.cpio");
  const written = await run(stublabCommand("probe", "--initrd", "--case", CASE, "-o", archive));
  assert.is(written.code, 0, written.stderr);
  const content = readFileSync(archive, "latin1");
  assert.ok(content.includes("case.json\0"));
  assert.ok(content.includes('"orig_rax": "0x18"'));
});

reports("a difference is the title, and its field is bold", () => {
  using planted = new Examiner({ change: parsePlant("R47.code=2") });
  const outcome = planted.examine(caseOf({ registers: { rip: "0x401000" } }));
  const text = caseReport(outcome, { machine: planted.machine });
  assert.match(text, /^# code is 1; predicted: 2\.\n/);
  assert.match(text, /^\| \*\*code\*\* \| 2 \| 1 \|$/m);
  assert.match(text, /^\| Linux \S+ \| differs: code is 1; predicted: 2\. \| /m);
});

withProbe("with known deviations, each command of a report has them", async () => {
  const target = join(folder, "known");
  await succeeded(exportCase(...[CASE, "--as", "report", "-o", target, "--known", "qemu-tcg"]));
  const read = (name: string) => readFileSync(join(target, name), "utf8");
  const report = read("report.md");
  assert.match(report, /^The prediction has the known deviations of qemu-tcg/m);
  assert.match(report, /^\.\/probe replay --known qemu-tcg case\.json$/m);
  assert.match(report, / -- replay --known qemu-tcg \/case\.json"$/m);
  assert.match(
    report,
    /`stublab fuzz export case\.json --as report -o \. --known qemu-tcg --seen LOG`/,
  );
  assert.match(read("bisect.sh"), / -- replay --known qemu-tcg \/case\.json"/);
  assert.match(read("repro.c"), /fuzz replay - --known qemu-tcg <</);
  assert.match(read("selftest.c"), /fuzz replay - --known qemu-tcg"/);
});

reports("what is not predicted is said", () => {
  using examiner = new Examiner();
  const outcome = examiner.examine(caseOf({ registers: { rip: "0xffffffffff600000" } }));
  const text = caseReport(outcome, { machine: examiner.machine });
  assert.match(text, /^The stop is not predicted, because of rule U1\.$/m);
  assert.match(text, /^\| status \| not predicted \| /m);
});

reports("a log without a kernel has its file's name; several cases are refused", () => {
  assert.equal(readSightings("ok 1 case\n", "x.log"), [
    { kernel: "x.log", machine: "?", result: "as predicted" },
  ]);
  assert.throws(() => readSightings("ok 1 case\nok 2 case\n", "x.log"), /results of several cases/);
});

const bisection = suite("fuzz: the script of bisections");

/** A folder with the script, an archive, and an emulator that prints the kernel. */
const place = join(folder, "bisection");
const QEMU = `sh ${place}/qemu`;
bisection.before(() => {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "bisect.sh"), readFileSync(SCRIPT), { mode: 0o755 });
  writeFileSync(join(place, "probe.cpio"), "");
  writeFileSync(
    join(place, "qemu"),
    'while [ "$1" != -kernel ]; do shift; done\ngrep -q hang "$2" && sleep 9\ngrep -q fail "$2" && exit 1\ncat "$2"\n',
  );
});

const log = (result: string, status: number) =>
  `Linux\r\n${result} 1 case\r\n1..1\r\n# exit status ${status}\r\n`;

/** What a kernel prints, and the exit status of the bisection; of one that looks for the repair. */
interface Bisection {
  readonly what: string;
  readonly kernel: string;
  readonly status: number;
  readonly fixed: number;
}

for (const { what, kernel, status, fixed } of jsonLines<Bisection>("labs/fuzz/bisections")) {
  bisection(`${what}: exit status ${status}`, () => {
    const image = join(folder, "image");
    writeFileSync(image, kernel);
    const env = { ...process.env, QEMU, BZIMAGE: image, SECONDS_TO_BOOT: "1" };
    assert.is(spawnSync("sh", [join(place, "bisect.sh")], { env }).status, status);
    const other = spawnSync("sh", [join(place, "bisect.sh")], { env: { ...env, FIXED: "1" } });
    assert.is(other.status, fixed);
  });
}

needs(bisection, "git")("git bisect run finds the commit, past one that cannot be built", () => {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  const git = (...args: string[]) => {
    const names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
    return execFileSync("git", [...names, ...args], {
      cwd: tree,
      encoding: "utf8",
      env: { ...process.env, QEMU, BZIMAGE: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  };
  git("init", "-q");
  for (let i = 0; i < 12; i++) {
    const makefile =
      i === 4
        ? "x86_64_defconfig:\nbzImage:\n\tfalse\n"
        : "x86_64_defconfig:\nbzImage:\n\tmkdir -p arch/x86/boot\n\tcp log arch/x86/boot/bzImage\n";
    writeFileSync(join(tree, "Makefile"), makefile);
    writeFileSync(join(tree, "log"), `${log(i < 7 ? "ok" : "not ok", i < 7 ? 0 : 1)}# ${i}\n`);
    git("add", "Makefile", "log");
    git("commit", "-q", "-m", `commit ${i}`);
  }
  git("bisect", "start", "HEAD", "HEAD~11");
  const told = git("bisect", "run", join(place, "bisect.sh"));
  assert.match(told, /is the first bad commit/);
  assert.match(told, /commit 7/);
});

bisection("a shell and a linter find nothing wrong", () => {
  execFileSync("sh", ["-n", SCRIPT]);
  if (hasTool("shellcheck")) execFileSync("shellcheck", [SCRIPT]);
});

/** BZIMAGE=vmlinuz node test/run.mjs fuzz_report: boots it. */
const { BZIMAGE } = process.env;
const withKernel = BZIMAGE === undefined ? () => {} : bisection;
withKernel("a kernel that boots tries the case", async () => {
  const target = join(folder, "booted");
  await exportCase(CASE, "--as", "report", "-o", target);
  const booted = spawnSync(join(target, "bisect.sh"), { encoding: "utf8" });
  assert.is(booted.status, 0, booted.stderr);
  assert.match(booted.stdout, /^# kernel: Linux \d.*\n# machine: .*\nKTAP version 1\nok 1 case\n/m);
});
