// The machines of `predict --machine` are those that trials have described.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KERNELS, machineNamed, PROCESSORS } from "../../src/cli/machines.ts";
import { HOST_ARCH } from "../../src/core/machine/index.ts";
import { stublab } from "../support/in_process.ts";

const machines = suite("machines by name");
const onAmd64 = HOST_ARCH === "amd64" ? machines : machines.skip;
const CASE = "examples/cases/restart.json";

const { results } = JSON.parse(readFileSync("test/kernels/results.json", "utf8"));
/** The features that trials found on a kernel, with a processor that has none of the others. */
const seenOn = (machine: string): string[] =>
  results
    .find((each: { machine: string }) => each.machine === machine)
    .features.replace(/ (XSAVE area|pages) of .*/, "")
    .split(" ");

onAmd64("kernels have the features that the probe found, and so have processors", () => {
  for (const [kernel, name] of KERNELS.map((each) => [each, each.replace("7.3", "newest")])) {
    const own = machineNamed(`${kernel}/amd-26,-fsgsbase`).features;
    const others = machineNamed(`${KERNELS[0]}/amd-26`).features;
    const seen = seenOn(`probe/linux-${name?.slice("linux-".length)}/EPYC`);
    const ofProcessor = others.filter((each) => !seenOn("probe/linux-5.10/EPYC").includes(each));
    assert.equal(
      own.filter((each) => !ofProcessor.includes(each)).sort(),
      seen.filter((each) => each !== "fsgsbase" && each !== "icebp_trap").sort(),
    );
  }
  const [recorded = ""] = gunzipSync(readFileSync("test/recordings/intel-6-207.jsonl.gz"))
    .toString()
    .split("\n", 1);
  const { features, release, ...others } = JSON.parse(recorded).machine;
  const { features: own, ...intel } = machineNamed("linux-6.18/intel-6-207");
  assert.equal({ ...intel, release }, { ...others, release });
  // A later kernel of that series checks the size again.
  assert.equal([...own, "xstate_size_check"].sort(), features.sort());
  assert.is(machineNamed("linux-5.10/intel-6-207").xstateLength, 2696);
});

machines("predict takes each, and lists them", async () => {
  for (const name of KERNELS.flatMap((kernel) => PROCESSORS.map((each) => `${kernel}/${each}`))) {
    const { code, stdout } = await stublab(["predict", CASE, "--machine", name, "--json"]);
    assert.is(code, HOST_ARCH === "amd64" ? 0 : 2);
    if (code === 0) assert.is(`linux-${JSON.parse(stdout).machine.release}`, name.split("/")[0]);
  }
  const { code, stderr } = await stublab(["predict", CASE, "--machine", "linux-5.10/a"]);
  assert.is(code, 2);
  assert.match(stderr, KERNELS.join(", "));
});

machines.run();
