// The machines of `predict --machine` are those that trials have described.

import { gunzipSync } from "node:zlib";
import { MACHINES, machineNamed } from "../../src/cli/machines.ts";

const machines = suite("machines by name");
const onAmd64 = needs(machines, { amd64: HOST_ARCH === "amd64" });
const CASE = "examples/cases/restart.json";

const { results } = JSON.parse(readFileSync("test/kernels/results.json", "utf8"));
/** The features that trials found on a kernel, with a processor that has none of the others. */
const seenOn = (machine: string): string[] =>
  results
    .find((each: { machine: string }) => each.machine === machine)
    .features.replace(/ (XSAVE area|pages) of .*/, "")
    .split(" ");

onAmd64("kernels have the features that the probe found, processors those of recordings", () => {
  const rows = readFileSync("src/cli/machines.jsonl", "utf8").trim().split("\n");
  const ofProcessors = new Set(
    rows.flatMap((row) => {
      const { processor, features } = JSON.parse(row);
      return processor === undefined ? [] : features;
    }),
  );
  const ofKernel = (features: readonly string[]) =>
    features.filter((each) => !ofProcessors.has(each)).sort();
  for (const name of MACHINES.filter((each) => each.endsWith("/amd-26,-fsgsbase"))) {
    const kernel = name.replace("7.3", "newest").replace(/\/.*/, "");
    const seen = ofKernel(seenOn(`probe/${kernel}/EPYC`));
    assert.ok(seen.length > 0);
    assert.equal(ofKernel(machineNamed(name).features), seen, name);
  }
  const recording = gunzipSync(readFileSync("test/recordings/intel-6-207.jsonl.gz")).toString();
  const { machine } = JSON.parse(recording.slice(0, recording.indexOf("\n")));
  const { features, ...intel } = machineNamed("linux-6.18/intel-6-207");
  assert.equal({ ...intel, features: [], release: "" }, { ...machine, features: [], release: "" });
  // A later kernel of that series checks the size again.
  assert.equal([...features, "xstate_size_check"].sort(), machine.features.sort());
  assert.is(machineNamed("linux-5.10/intel-6-207").xstateLength, 2696);
});

machines("predict takes each, and lists them", async () => {
  for (const name of MACHINES) {
    const { stdout } = await stublab(["predict", CASE, "--machine", name, "--json"]);
    if (HOST_ARCH === "amd64")
      assert.is(`linux-${JSON.parse(stdout).machine.release}`, name.replace(/\/.*/, ""));
  }
  const { code, stderr } = await stublab(["predict", CASE, "--machine", "linux-5.10/a"]);
  assert.is(code, 2);
  assert.match(stderr, MACHINES.join(" "));
});
