import { Tracer } from "../../../src/core/stub/tracer.ts";
import { CONSTANTS } from "../../../src/labs/fuzz/case/amd64/code.ts";

const spoiling = suite("fuzz: stubs that a setup leaves in another state");

const engine = new Engine();
const experiment = new Experiment({ capacity: 2 }, engine);
const ID = 1n << 21n;
const POPF = 0x9d;

/** An address in the stub code at which the processor finds POPF: a byte of the number of prctl, 157. */
function popfInStubCode(): bigint {
  using tracer = new Tracer();
  const code = tracer.createStub().read(tracer.host.stubAddress, PAGE_SIZE);
  return BigInt(engine.machine.stubCode + code.indexOf(POPF));
}
const rip = popfInStubCode();
const traced = () => stubsOf(engine).traced;
experiment.try([SIMPLE]);

spoiling("one in which a program has set ID is replaced, for no request clears it", () => {
  const before = traced();
  // Unaligned, the constants have a word there with ID in it, and without TF.
  const popf = seed("int3", { rip, rsp: CONSTANTS + 0x1en });
  const [first, second] = experiment.try([popf, SIMPLE]);
  assert.is((first?.get("stopped.eflags") ?? 0n) & ID, ID, "the program has set it");
  assert.is(second?.get("stopped.eflags"), 0x202n, "the next does not see it");
  assert.is.not(traced(), before);
  assert.is(first?.get("status"), 0xb7fn, "the stub has not ended by itself");
});

spoiling("a step over a POPF leaves no note for the step after it", () => {
  // What is popped has no TF in it.
  const popf = seed("int3", { rip, rsp: CONSTANTS + 0x18n }, { on: "SINGLESTEP" });
  const [, second] = experiment.try([popf, seed("nops", {}, { on: "SINGLESTEP" })]);
  assert.is(second?.get("stopped.eflags"), 0x202n);
});

spoiling("one that has had a breakpoint is replaced", () => {
  for (const [offset, replaced] of [
    [880n, false],
    [896n, false],
    [904n, true],
    [848n, true],
  ] as const) {
    experiment.try([SIMPLE]);
    const before = traced();
    const pairs = [{ offset, word: 0n }];
    experiment.try([{ ...SIMPLE, ...{ way: "POKEUSER", on: "NONE", block: [] }, pairs }]);
    experiment.try([SIMPLE]);
    assert.is(traced() !== before, replaced, `offset ${offset}`);
  }
});

spoiling.after(() => experiment[Symbol.dispose]());
