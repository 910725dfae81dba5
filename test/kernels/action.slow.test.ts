// The action of action/, whose steps run as a runner of GitHub runs them.

import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { needs } from "../support/needs.ts";
import { run } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary.ts";

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
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
  let output = "";
  let isSuccess = true;
  for (const step of runs.steps) {
    if (step.run === undefined || !isSuccess || !isWanted(step, values)) continue;
    const outputs = join(cwd, "outputs");
    writeFileSync(outputs, "");
    const own = Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, values)]);
    const env = {
      ...process.env,
      GITHUB_ACTION_PATH: FOLDER,
      GITHUB_OUTPUT: outputs,
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
  return { isSuccess, output, values, results: join(cwd, values["inputs.results"] ?? "") };
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

const WRONG = {
  kernel: ["missing", "the path of an image"],
  arch: ["mips64", "amd64, arm64 or riscv64"],
  accel: ["hvf", "tcg or kvm"],
  cases: ["-1", "a number"],
  minutes: ["0", "a number greater than 0"],
  minimum: ["101", "a percentage"],
  results: ["../up", "the name of a folder"],
};

for (const [name, [value = "", expected]] of Object.entries(WRONG)) {
  action(`refuses a wrong input ${name}`, async () => {
    const { isSuccess, output } = await runJob({ [name]: value });
    assert.not.ok(isSuccess);
    assert.is(output, `::error::invalid input ${name} "${value}": expected ${expected}\n`);
  });
}

action("fails, and has no score, if the probe cannot run", async () => {
  const { isSuccess, output, values } = await runJob({ stublab: "false" });
  assert.not.ok(isSuccess);
  assert.match(output, /^::error::false probe -o \S+: status 1/);
  assert.is(values["steps.try.outputs.score"], undefined);
});

action.run();
