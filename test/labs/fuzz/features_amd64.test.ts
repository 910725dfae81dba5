import { isProbe, readResults } from "../../kernels/results.ts";
import { recordedMachines, testTrials } from "../../support/feature_trials.ts";

/** Their trials run code that the model does not know, make a call that a target's filter refuses, or keep a selector at times. */
const UNKNOWN = [
  ...["pku", "div_flags", "iret_cuts_rip", "pop_reads_selector", "movss_breakpoint"],
  ...["syscall32_undefined"],
  ...["xrstor_reads_all", "xrstor_reads_legacy", "xrstor_reads_unasked", "xrstor_reads_compacted"],
  ...["xstate_size_check", "altstack_first", "la57", "ia32", "sysret_limit"],
];

const features = suite("trials of features");

testTrials(features, UNKNOWN);

features("machines have shown what the model does not know", () => {
  const recorded = [...recordedMachines().values()].map(({ machine }) => machine.features);
  const probed = readResults()
    .results.filter(isProbe)
    .map((result) => result.features.split(" "));
  const machines: readonly (readonly string[])[] = [...recorded, ...probed];
  for (const name of UNKNOWN) {
    const found = machines.filter((own) => own.includes(name)).length;
    assert.ok(found > 0 && found < machines.length, `${name}: ${found} of ${machines.length}`);
  }
});
