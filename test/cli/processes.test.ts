// Each command once as a process of its own, with real standard streams. What else commands do is tested within a process.

import { prolonged } from "../support/recordings.ts";

const cli = suite("commands as processes");
const folder = temporaryFolder();
const inject = await recordingOf("inject");
const recording = join(folder, "inject.json");
writeFileSync(recording, JSON.stringify(inject));
const long = join(folder, "long.json");
writeFileSync(long, JSON.stringify(prolonged(inject, 1000)));
const program = join(folder, "exit.bin");
writeFileSync(program, EXIT_7);
const text = join(folder, "text");
writeFileSync(text, "from a file");

const CASE = "examples/cases/restart.json";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const OF_CALL = HOST_MACHINE.callRegisters;

for (const [args, status, expected] of [
  [["--version"], 0, new RegExp(`^${version}\n$`)],
  [["bootstrap", "--grandchildren", "20"], 0, /\n315 of 315 checks held\n$/],
  [["inject", "write", "1", "hello\\n", "6"], 0, /^hello\nwrite\(1, "hello\\n", 6\) = 6\n/],
  [["inject", "write", "1", "x", "1"], 0, new RegExp(`\n. ${OF_CALL.result} +0x1 +0x1\n`)],
  [["inject", "write", "1", `@${text}`, "11"], 0, /^from a filewrite/],
  [["inject", "write", "1", "a\\x41\\102\\0\\e", "0b101"], 0, "aAB\0\x1bwrite("],
  [["inject", "write", "1", "str:SIGKILL", "0x7"], 0, /^SIGKILLwrite/],
  [["inject", "write", "1", "ä→", "05"], 0, /^ä→write/],
  [["inject", "write", "--", "1", "--json", "6"], 0, /^--jsonwrite\(/],
  // The stub's files are not those of its host.
  [["inject", "close_range", "0", "0x7fffffff", "0"], 0, /^close_range\(0, 0x7fffffff, 0\) = 0\n/],
  [
    ["compare", "script", "--cases", "10"],
    0,
    /^script agrees with the headers: 10 cases of \d+ functions and [\d,]+ constants on .*; \d+ functions were not compared\n$/,
  ],
  [["lesson", "host", "--json"], 0, /^\{\s*"schema": "stublab\.recording\/1"/],
  [["lesson", "inject"], 0, /\nLesson inject, encoder assembly; /],
  [["lesson", recording], 0, /\nLesson inject, encoder assembly; /],
  [["lesson", "--pages", join(folder, "pages"), recording], 0, /^$/],
  [["lesson", "task", "wait-options", "--hint", "1"], 0, /^hint 1 of 2: /],
  [["fuzz", "--cases", "0"], 0, /\nfindings {5}none: no case was tried\n/],
  [["predict", CASE], 0, /^ +predicted\n/m],
  [["conformance", "--list"], 0, /^single-step\n/m],
  [["probe", "-o", join(folder, "probe")], 0, /^$/],
  [["seccomp"], 0, /return KILL_PROCESS\n/],
  [["guest", program], 1, /^$/],
  [["bench", "--list"], 0, / {2}call-c /],
  [["bootstrp"], 2, /^$/],
] as const) {
  cli(args.join(" ").replaceAll(folder, "DIR"), async () => {
    const { code, stdout, stderr } = await run(stublabCommand(...args));
    assert.is(code, status, stderr);
    assert.match(stdout, expected);
  });
}

/** Runs a shell command line, in which "stublab" is the command; 0 only if every command of a pipe has status 0. */
function sh(line: string) {
  const [node, [script = ""]] = stublabCommand();
  const own = line.replaceAll("stublab ", `'${node}' '${script}' `);
  return run(["bash", ["--norc", "-o", "pipefail", "-c", own]]);
}

/** The shell of the tests below has process substitution and pipefail. */
const inBash = needs(cli, "bash");

inBash("standard input and pipes work like files", async () => {
  const { stdout: expected } = await sh(`stublab predict ${CASE}`);
  for (const input of [`- <${CASE}`, `<(cat ${CASE})`])
    assert.is((await sh(`stublab predict ${input}`)).stdout, expected, input);
  const piped = await sh(`cat ${recording} | stublab lesson -`);
  assert.is(piped.stdout, renderText(inject));
  const endless = await sh("cat /dev/zero | stublab lesson - ");
  assert.match(endless.stderr, "standard input has more than 20000000 bytes, the limit for a");
});

needs(
  cli,
  "perl",
  "bash",
)("a non-blocking pipe is waited for", async () => {
  const unblock = "fcntl(STDIN, F_SETFL, O_NONBLOCK) and exec @ARGV";
  const { code, stderr } = await sh(
    `(sleep 0.3; cat ${CASE}) | perl -MFcntl -e '${unblock}' stublab predict -`,
  );
  assert.is(code, 0, stderr);
});

for (const line of [
  `lesson ${long}`,
  `lesson ${long} --json`,
  "lesson host",
  "bootstrap --grandchildren 50",
]) {
  inBash(`a reader may close the pipe early: ${line.replace(long, "FILE")}`, async () => {
    const { code, stderr } = await sh(`stublab ${line} | head -n 1`);
    assert.equal([code, stderr], [0, ""]);
  });
}

inBash("a full standard output is an error", async () => {
  for (const line of ["lesson inject", "--version"]) {
    const { code, stderr } = await sh(`stublab ${line} >/dev/full`);
    assert.is(code, 1);
    assert.match(stderr, /^stublab: standard output cannot be written: ENOSPC/);
  }
});
