import { causesOf } from "../../../src/labs/fuzz/against/causes.ts";
import { compareOutcomes, streamOf } from "../../../src/labs/fuzz/against/compare.ts";
import { type OutcomeLog, parseOutcomes } from "../../../src/labs/fuzz/against/log.ts";
import { inGvisor } from "../../support/gvisor.ts";

const PROBE = resolve("dist/probe-amd64");

const against = suite("stublab fuzz --against");
const folder = temporaryFolder();
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const stublab = (...args: string[]) => run(stublabCommand("fuzz", ...args));

/** The log of a kernel that breaks a rule: this one, beside a model that lacks the rule. */
async function logOf(rule: string, cases = 6000): Promise<string> {
  const path = join(folder, `${rule}-${cases}`);
  if (existsSync(path)) return path;
  const made = await stublab("--outcomes", path, "--cases", `${cases}`, "--plant", rule);
  assert.is(made.code, 1, made.stderr);
  return path;
}

against("each outcome that contradicts its prediction is a line of the log", async () => {
  const path = join(folder, "none");
  const { code, stdout, stderr } = await stublab("--outcomes", path, "--cases", "5000");
  assert.is(stdout, "");
  const [head, ...rest] = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.match(head ?? "", /^# outcomes \{"schema":"stublab.outcomes\/1",/);
  const differ = rest.filter((line) => !line.startsWith("# at ")).length;
  assert.match(rest.join("\n"), /^# at 4096: \d+ differ$/m);
  assert.is(rest.at(-1), `# at 5000: ${differ} differ`);
  assert.match(stderr, `5,000 cases: the outcomes of ${differ} contradict the predictions`);
  assert.is(code, differ === 0 ? 0 : 1);
});

against("a console is read: carriage returns, messages between lines and after them", async () => {
  const lines = readFileSync(await logOf("W3"), "utf8").split("\n");
  const noisy = lines.flatMap((line, i) => {
    const message = `[ ${i}.123456] a message: 0x1 # 5 differ\r`;
    return [message, i % 3 === 1 ? `${line}[ 9.9] late\r` : `${line}\r`];
  });
  const console = ["SeaBIOS\r", "KTAP version 1\r", "1..1\r", ...noisy, "not ok 1 fuzz\r"];
  const { stdout } = await succeeded(
    stublab("diff", await logOf("W3"), file("noisy", console.join("\n"))),
  );
  assert.not.match(stdout, /cannot be read|not complete/);
});

against("one log is compared with the model", async () => {
  const { code, stdout } = await stublab("diff", await logOf("W3"));
  assert.is(code, 1);
  assert.match(stdout, /^b +the model: /im);
  assert.match(stdout, /^W3, on A only: the outcome contradicts the prediction /m);
});

against("lines that were lost, and a run that ended early, are reported", async () => {
  const lines = readFileSync(await logOf("W3"), "utf8").split("\n");
  const at = lines.findIndex((line) => line.startsWith("# at "));
  const broken = lines.slice(0, at + 1).map((line, i) => (i === 2 ? line.slice(0, 9) : line));
  const parsed = parseOutcomes(broken.join("\n"));
  assert.equal([parsed.done, parsed.lost, parsed.cases], [4096, 1, 6000]);
  const { stdout } = await stublab("diff", await logOf("W3"), file("broken", broken.join("\n")));
  assert.match(
    stdout,
    /the run is not complete: it has 4,096 cases\n +1 line of the log cannot be read\n/,
  );
});

against("cases of another XSAVE area, or without 32-bit calls, are not compared", async () => {
  const log = parseOutcomes(readFileSync(await logOf("W3"), "utf8"));
  const { xstateLength, frameLength, features } = log.machine;
  const other = (machine: Partial<OutcomeLog["machine"]>) =>
    compareOutcomes(log, { ...log, machine: { ...log.machine, ...machine } });
  const longer = other({ xstateLength: xstateLength + 64, frameLength: frameLength + 64 });
  assert.ok(longer.others > 10 && longer.others < log.done / 10, `${longer.others}`);
  // They change no other case: in the same places all others are the same.
  using one = new Batch(512);
  using two = new Batch(512);
  streamOf(log, log.machine).generate(one, 0, 2048, 512);
  streamOf(log, { xstateLength: 832, frameLength: 832, xcr0: 7, features: [] }).generate(
    two,
    0,
    2048,
    512,
  );
  const same = Array.from({ length: 512 }, (_, i) => i).filter(
    (i) => JSON.stringify(one.at(i), hexes) === JSON.stringify(two.at(i), hexes),
  );
  assert.ok(same.length > 400, `${same.length}`);
  const without = other({ features: features.filter((name) => name !== "ia32") });
  assert.ok(without.others > 10, `${without.others}`);
});

const hexes = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);

against("outcomes that differ as the model predicts are counted, and are no cause", async () => {
  const path = join(folder, "plain");
  await stublab("--outcomes", path, "--cases", "3000");
  const log = parseOutcomes(readFileSync(path, "utf8"));
  const features = log.machine.features.filter(
    (name) => name !== "sud" && name !== "sud_inclusive",
  );
  const other = { ...log, machine: { ...log.machine, features } };
  const contrast = compareOutcomes(log, other);
  assert.ok(contrast.explained > 10, `${contrast.explained}`);
  assert.equal(causesOf(contrast), []);
});

against("logs of other cases are refused", async () => {
  const log = parseOutcomes(readFileSync(await logOf("W3"), "utf8"));
  assert.throws(
    () => compareOutcomes(log, { ...log, seed: 2n }),
    /not the same cases: seed is 1 and 2/,
  );
  const text = readFileSync(await logOf("W3"), "utf8");
  assert.throws(() => parseOutcomes(text + text), /the outcomes of more than one run/);
});

against("a probe that Ctrl-C interrupts has logged what it has", async () => {
  const probe = new Running([PROBE, ["fuzz", "--outcomes", "--cases", "100000000"]], {
    detached: true,
  });
  assert.ok((await probe.says(/^# at \d+: \d+ differ$/m)) !== null, probe.stdout);
  process.kill(-probe.pid, "SIGINT");
  const { code, stdout } = await probe.ended;
  assert.match(stdout, code === 0 ? /\nok 1 fuzz\n$/ : /\nnot ok 1 fuzz\n$/);
  const { done, cases, lost } = parseOutcomes(stdout);
  assert.ok(done >= 4096 && done < 100_000_000, `${done}`);
  assert.equal([cases, lost], [100_000_000, 0]);
});

needs(against, "runsc")("finds how gVisor differs from this kernel", async () => {
  const inside = [PROBE, "fuzz", "--outcomes", "--cases", "1000", "--path", "ptrace"];
  const { stdout } = inGvisor(...inside);
  const { code, stdout: told } = await stublab("--against", file("runsc", stdout), "--json");
  assert.is(code, 1);
  const causes: { side: string; trait: string }[] = JSON.parse(told).causes;
  // A refused SETREGS writes nothing, and the header of an XSAVE area is not checked.
  assert.ok(
    causes.some(({ side, trait }) => side === "a" && trait === "W1"),
    told,
  );
});
