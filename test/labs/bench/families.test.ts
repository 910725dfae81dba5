import { boundsFor, familyOf } from "../../../bench/families.ts";

const families = suite("bounds of npm run bench, by families of processors");

const cpuinfo = (vendor: string, family: number) =>
  `processor\t: 0\nvendor_id\t: ${vendor}\ncpu family\t: ${family}\nmodel\t\t: 17\n`;

families("vendor and family choose them", () => {
  const amd = boundsFor(familyOf(cpuinfo("AuthenticAMD", 25)));
  const intel = boundsFor(familyOf(cpuinfo("GenuineIntel", 6)));
  assert.equal([amd.known, intel.known], [true, true]);
  assert.equal(amd.bounds["switch-apart"], { hops: 46 });
  assert.equal(intel.bounds["switch-apart"], { hops: 22 });
  assert.equal(amd.bounds["call-fast"], intel.bounds["call-fast"]);
});

families("an unknown processor has the loosest of each, and is reported", () => {
  const known = ["AuthenticAMD 25", "GenuineIntel 6"].map((family) => boundsFor(family).bounds);
  for (const text of [cpuinfo("AuthenticAMD", 99), "CPU implementer\t: 0x41\n", ""]) {
    const { bounds, known: isKnown } = boundsFor(familyOf(text));
    assert.not(isKnown);
    for (const [name, bound] of Object.entries(bounds)) {
      const limits = known.map((each) => Math.max(...Object.values(each[name] ?? {})));
      assert.is(Math.max(...Object.values(bound)), Math.max(...limits), name);
    }
  }
});
