// The action of action/, whose steps run as a runner of GitHub runs them.

import { parse } from "yaml";

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const FOLDER = resolve("action");
const { inputs, runs }: Action = parse(readFileSync(join(FOLDER, "action.yml"), "utf8"));
const folder = temporaryFolder();
const STUBLAB = `${process.execPath} ${resolve("dist/cli.js")}`;

interface Job {
  /** Whether each step succeeded. */
  readonly isSuccess: boolean;
  readonly output: string;
  readonly summary: string;
  readonly results: string;
  /** By "inputs.NAME" and "steps.ID.outputs.NAME". */
  readonly values: Readonly<Record<string, string>>;
}

/** Runs the steps that are scripts, each with its environment and under its condition, until one fails. */
async function runJob(given: Readonly<Record<string, string>>): Promise<Job> {
  const cwd = mkdtempSync(join(folder, "job-"));
  const values: Record<string, string> = {};
  for (const [name, { default: text }] of Object.entries(inputs)) values[`inputs.${name}`] = text;
  for (const [name, text] of Object.entries({ stublab: STUBLAB, cases: "500", ...given })) {
    assert.ok(Object.hasOwn(inputs, name));
    values[`inputs.${name}`] = text;
  }
  const [outputs, summary] = [join(cwd, "outputs"), join(cwd, "summary")];
  writeFileSync(summary, "");
  let output = "";
  let isSuccess = true;
  for (const step of runs.steps) {
    if (step.run === undefined || !isSuccess || !isWanted(step, values)) continue;
    writeFileSync(outputs, "");
    const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, values)]);
    const env = {
      ...process.env,
      GITHUB_ACTION_PATH: FOLDER,
      GITHUB_OUTPUT: outputs,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(own),
    };
    const script = ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run];
    const { code, stdout, stderr } = await run(["bash", script], { cwd, env });
    output += stdout + stderr;
    isSuccess = code === 0;
    for (const [, name, text = ""] of readFileSync(outputs, "utf8").matchAll(/^(\w+)=(.*)$/gm)) {
      values[`steps.${step.id}.outputs.${name}`] = text;
    }
  }
  return {
    ...{ isSuccess, output, values, summary: readFileSync(summary, "utf8") },
    results: join(cwd, values["inputs.results"] ?? ""),
  };
}

/** The conditions of this action: an input is not empty. */
function isWanted({ if: condition }: Step, values: Readonly<Record<string, string>>): boolean {
  if (condition === undefined) return true;
  const [, name = ""] = /^(inputs\.\w+) != ''$/.exec(condition) ?? [];
  assert.ok(Object.hasOwn(values, name), condition);
  return values[name] !== "";
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ (\S+) \}\}/g, (_, name: string) => values[name] ?? "");
}

const action = suite("action");

action("tries this kernel: KTAP, the facts, a badge, and the score", async () => {
  const { isSuccess, output, values, results } = await runJob({ minimum: "1" });
  assert.ok(isSuccess, output);
  const { counts } = JSON.parse(readFileSync(join(results, "conformance.json"), "utf8"));
  const all = counts.held + counts.failed;
  assert.is(values["steps.try.outputs.score"], ((100 * counts.held) / all).toFixed(1));
  assert.match(values["steps.try.outputs.findings"] ?? "", /^\d+$/);
  assert.match(readFileSync(join(results, "console.ktap"), "utf8"), /^KTAP version 1\n1\.\.13\n/m);
  const badge = JSON.parse(readFileSync(join(results, "badge.json"), "utf8"));
  assert.is(badge.schemaVersion, 1);
  assert.is(badge.message, `${counts.held} of ${all}`);
});

const IMAGES = "build/kernels";
/** What `npm run kernels` has fetched. */
const [kernel = ""] = existsSync(IMAGES)
  ? readdirSync(IMAGES).filter((name) => /^vmlinuz-.*-cloud-amd64$/.test(name))
  : [];

needs(action, "qemu-system-x86_64", { "a kernel (npm run kernels -- linux-6.12)": kernel !== "" })(
  "boots a kernel of Debian under QEMU, without the fuzzer",
  async () => {
    const job = await runJob({ kernel: resolve(IMAGES, kernel), cases: "0" });
    assert.ok(job.isSuccess, job.output);
    assert.is(job.values["steps.try.outputs.score"], "100.0");
    const text = readFileSync(join(job.results, "console.ktap"), "utf8");
    assert.match(text, `# kernel: ${kernel.replace("vmlinuz-", "Linux ")}`);
    assert.not.match(text, "# seed");
  },
);

needs(action, "qemu-system-x86_64")("fails if an image does not boot", async () => {
  const { isSuccess, output } = await runJob({ kernel: resolve("package.json") });
  assert.not.ok(isSuccess);
  assert.match(output, /^::error::the probe has no result:%0Aqemu/);
});

action("a score below the minimum fails the job, and only after the upload", async () => {
  const steps = runs.steps.map(({ uses, run }) => uses ?? run ?? "");
  const upload = steps.findIndex((text) => text.startsWith("actions/upload-artifact@"));
  assert.is(steps.length - 1, upload + 1);
  const script = steps.at(-1) ?? "";
  const judge = (SCORE: string) =>
    run(["bash", ["-c", script]], { env: { ...process.env, SCORE, MINIMUM: "99.5" } });
  assert.is((await judge("99.5")).code, 0);
  const { code, stdout } = await judge("99.4");
  assert.is(code, 1);
  assert.is(stdout, "::error::99.4 % of the facts hold, expected 99.5 %\n");
});

/** A stublab whose probe is a script. */
function stublabWithProbe(name: string, script: string): string {
  const [probe, command] = [join(folder, `${name}-probe`), join(folder, name)];
  writeFileSync(probe, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const asked = 'if [ "$1" = probe ]; then cp';
  writeFileSync(command, `${asked} ${probe} "$3"; else exec ${STUBLAB} "$@"; fi\n`);
  return `sh ${command}`;
}

const HOSTILE =
  "\n::warning title=forged::x\r::set-output name=score::100\u2028\x1b[31m<h1>&\u202e";

/** As its own log has it, which is split at what may separate lines. */
const escapedJson = (text: string) => JSON.stringify(text).replaceAll("\u2028", "\\u2028");

action("a hostile log gives no command to the runner, and no markup to the summary", async () => {
  const { stdout } = await run([
    resolve(`dist/probe-${HOST_ARCH}`),
    ["conformance", "--only", "write order"],
  ]);
  const machine = stdout.replace(/"release":"[^"]*"/, `"release":${escapedJson(HOSTILE)}`);
  const finding = `# finding 1: case 1${HOSTILE.replaceAll("\n", "")}\n# \`\`\`</pre><h1>\n`;
  const log = join(folder, "hostile.log");
  writeFileSync(log, `${machine}${finding}::warning::of the kernel\n`);
  const stublab = stublabWithProbe("hostile", `cat ${log}`);
  const { isSuccess, output, summary, values } = await runJob({ stublab });
  assert.ok(isSuccess, output);
  assert.match(values["steps.try.outputs.score"] ?? "", /^\d+\.\d$/);
  assert.is(values["steps.try.outputs.findings"], "1");
  const [, token = ""] = /^::stop-commands::([\w-]{36})\n/.exec(output) ?? [];
  assert.ok(output.endsWith(`\n::${token}::\n`), output);
  assert.match(output, "\\n::warning title=forged::x");
  for (const text of [output, summary]) assert.not.match(text, /^::warning|(?!\n)[\p{C}\u2028]/mu);
  assert.match(summary, /^<pre>\n[^<]*<\/pre>\n$/);
});

for (const [name, given, script, expected] of [
  ["that does not end", { minutes: "0.05" }, "exec sleep 1000", "took more than 0.05 minutes"],
  ["with endless output", {}, "exec yes a line", "the console has more than 67108864 bytes"],
  ["with an endless line", {}, "exec cat /dev/zero", "the console has more than 67108864 bytes"],
] as const) {
  action(`fails on a kernel ${name}, and ends it`, async () => {
    const pidFile = join(folder, "pid");
    const stublab = stublabWithProbe("endless", `echo $$ > ${pidFile}; ${script}`);
    const { isSuccess, output } = await runJob({ stublab, ...given });
    assert.not.ok(isSuccess);
    assert.match(output, new RegExp(`^::error::.*${expected}[^\n]*\n$`));
    assert.not(isAlive(Number(readFileSync(pidFile, "utf8"))));
  });
}

action("takes the status in a last line whose line feed was lost with the machine", async () => {
  const log = await run([
    resolve(`dist/probe-${HOST_ARCH}`),
    ["conformance", "--only", "write order"],
  ]);
  const console = join(folder, "cut.log");
  writeFileSync(console, `${log.stdout}# exit status 0`);
  const machine = HOST_ARCH === "amd64" ? "x86_64" : "aarch64";
  const machines = mkdtempSync(join(folder, "machines-"));
  const qemu = join(machines, `qemu-system-${machine}`);
  writeFileSync(qemu, `#!/bin/sh\nexec cat ${console}\n`, { mode: 0o755 });
  const { PATH } = process.env;
  process.env.PATH = `${machines}:${PATH}`;
  const { isSuccess, output } = await runJob({ kernel: qemu, arch: HOST_ARCH, cases: "0" });
  process.env.PATH = PATH;
  assert.ok(isSuccess, output);
});

action("ends the machine if the job is cancelled", async () => {
  const pidFile = join(folder, "cancelled-pid");
  const cwd = mkdtempSync(join(folder, "job-"));
  const given = Object.entries(inputs).map(([name, it]) => [name.toUpperCase(), it.default]);
  const stublab = stublabWithProbe("cancelled", `echo $$ > ${pidFile}; exec sleep 1000`);
  const env = { ...process.env, ...Object.fromEntries(given), STUBLAB: stublab };
  const job = new Running([process.execPath, [join(FOLDER, "run.mjs")]], { cwd, env });
  assert.ok(await eventually(() => existsSync(pidFile), 60_000));
  process.kill(job.pid, "SIGINT");
  await job.ended;
  assert.not(isAlive(Number(readFileSync(pidFile, "utf8"))));
});

action("uploads what it made only", () => {
  const upload = runs.steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
  const made = "steps.try.outputs.results";
  assert.is(upload?.if, `always() && ${made} != ''`);
  assert.is(upload?.with?.path, `\${{ ${made} }}`);
});

const WRONG = {
  kernel: ["missing", "the path of an image"],
  arch: ["mips64", "amd64, arm64 or riscv64"],
  accel: ["hvf", "tcg or kvm"],
  cases: ["-1", "a number"],
  minutes: ["0", "a number greater than 0, at most 10000"],
  minimum: ["101", "a percentage"],
};
const REFUSED = [
  ...Object.entries(WRONG).map(
    ([name, [value = "", expected]]) => [name, value, expected] as const,
  ),
  ...["../up", ".", "..", ".git", "-f", ""].map(
    (value) => ["results", value, "the name of a folder"] as const,
  ),
  ["results", "outputs", "the name of a folder that does not exist"],
] as const;

for (const [name, value, expected] of REFUSED) {
  action(`refuses ${name}: "${value}"`, async () => {
    const { isSuccess, output, values } = await runJob({ [name]: value });
    assert.not.ok(isSuccess);
    assert.is(values["steps.try.outputs.results"], undefined);
    assert.is(output, `::error::invalid input ${name} "${value}": expected ${expected}\n`);
  });
}

action("fails, and has no score, if the probe cannot run", async () => {
  const { isSuccess, output, values } = await runJob({ stublab: "false" });
  assert.not.ok(isSuccess);
  assert.match(output, /^::error::false probe -o \S+: status 1/);
  assert.is(values["steps.try.outputs.score"], undefined);
});
