// The model for arm64, which predicts on any machine: here this one is taken for an arm64 one.

import type { Model as AnyModel } from "../../../src/labs/fuzz/predict/model.ts";

Object.defineProperty(process, "arch", { value: "arm64" });

// Modules look at the architecture when they are loaded.
const { Batch } = await import("../../../src/labs/fuzz/case/batch.ts");
const { stepsOf } = await import("../../../src/labs/fuzz/case/case.ts");
const { formatCase, parseCase } = await import("../../../src/labs/fuzz/case/text.ts");
const { Generator } = await import("../../../src/labs/fuzz/draw/generate.ts");
const { Model } = await import("../../../src/labs/fuzz/predict/model.ts");
const { testTrials } = await import("../../support/feature_trials.ts");
const { mutants } = await import("../../support/model_mutants.ts");
const { NO_XSTATE } = await import("../../../src/labs/fuzz/machine.ts");
const { predict } = await import("../../../src/labs/fuzz/predict/predict.ts");

const CASES = 40_000;

const arm64 = suite("fuzz: the model for arm64");

const machine: Machine = {
  ...{ release: "6.12.118", vendor: "0x00", family: 8, model: 0, stubCode: 0xffff_ffff_f000 },
  ...NO_XSTATE,
  features: ["dit", "ssbs", "tco", "bti", "orig_x0"],
};
const bare: Machine = { ...machine, features: [] };

const predicted = (document: object, on = machine) =>
  predict(parseCase({ schema: "stublab.case/1", arch: "arm64", ...document }), { machine: on })
    .predicted;

testTrials(arm64, []);

arm64("a case of another architecture is refused", () => {
  assert.throws(
    () => parseCase({ schema: "stublab.case/1" }),
    /^arch: the case is for amd64, and this machine is arm64/,
  );
});

arm64("a generated case is the same after it was written as a document", () => {
  using batch = new Batch(1000);
  new Generator(1n).generate(batch, 0, 0, 1000);
  for (let i = 0; i < batch.capacity; i++) {
    const it = batch.at(i);
    const document = formatCase(it);
    assert.is(document.arch, "arm64");
    assert.equal(parseCase(document), it);
  }
});

arm64("x7 tells the entry of a call from its exit, and what is written to it is lost", () => {
  const write = { way: "TLS", words: ["0x1"], on: "NONE" };
  assert.is(predicted({ ...write, from: "entry" }).get("written.x7"), 0n);
  assert.is(predicted({ ...write, from: "exit" }).get("written.x7"), 1n);
  const fields = predicted({ from: "exit", registers: { x7: "0x5" } });
  assert.is(fields.get("written.x7"), 5n);
  assert.is(fields.get("stopped.x7"), 0n);
});

arm64("a call is restarted at its exit, and not at a stop by a signal", () => {
  const registers = { x0: "0xfffffffffffffe00", syscallno: "0xac" };
  const atExit = predicted({ from: "exit", signal: "SIGUSR2", registers });
  assert.equal([atExit.get("stopped.x0"), atExit.get("stopped.syscallno")], [0n, 0xffff_ffffn]);
  assert.is(atExit.get("stopped.pc"), (atExit.get("written.pc") ?? 0n) - 4n);
  assert.is(predicted({ registers }).get("stopped.x0"), 2n ** 64n - 512n);
});

arm64("bits of pstate that a processor lacks are lost on the way to the program", () => {
  const registers = { pstate: "0x1001000" };
  assert.is(predicted({ registers }).get("stopped.pstate"), 0x100_1000n);
  assert.is(predicted({ registers }, bare).get("stopped.pstate"), 0n);
  assert.is(predicted({ registers }, bare).get("written.pstate"), 0x100_1000n);
});

arm64(
  "a bit that the kernel sets at each switch where the processor lacks it is not compared",
  () => {
    assert.is(new Model(machine).ignoredFlags, 0n);
    assert.is(new Model(bare).ignoredFlags, 0x1000n);
  },
);

arm64("the frame of a signal is shown where its handler stops", () => {
  const fields = predicted({ signal: "SIGUSR1" });
  assert.is(fields.get("frame.pstate"), fields.get("written.pstate"));
});

/** A further step that changes nothing, and is resumed with a signal. */
const goOn = (signal: number | string | null = null) => ({
  way: "TLS",
  words: [],
  length: 0,
  signal,
});
/** At the entry of a call a signal is sent, at its exit another one, and after its stop none. */
const sending = (first: number, second: number) => ({
  ...{ before: [{ from: "entry", on: "SYSCALL", signal: first }, goOn(second)] },
  ...goOn(),
});
/** A signal interrupts a call with a result that restarts it, and a handler is entered after that. */
const interrupted = (result: number, signal: string) => {
  const registers = { x0: hex(BigInt.asUintN(64, BigInt(result))), syscallno: "0xac" };
  return { before: [{ from: "exit", signal: "SIGTTOU", registers }], ...goOn(signal) };
};
const [SIGCONT, SIGSTOP, SIGTTOU] = [18, 19, 22];
/** Signals of which few generated cases have two. */
const GIVEN = [
  ...[sending(31, 31), sending(32, 32), sending(SIGSTOP, SIGCONT)],
  ...[sending(SIGCONT, SIGSTOP), sending(SIGCONT, SIGTTOU)],
  ...[-512, -514, -516].map((result) => interrupted(result, "SIGUSR1")),
  interrupted(-512, "SIGUSR2"),
];
/** Nothing is blocked here, and SIGILL is before SIGTRAP by its number, too. */
const SAME_HERE = ["R65 removed", "R73.SYNCHRONOUS_MASK = 0x400004d0", "R121 removed"];

arm64("each rule has mutants, and each predicts something else for a case", () => {
  const given = GIVEN.map((it) => parseCase({ schema: "stublab.case/1", arch: "arm64", ...it }));
  const count = CASES + given.reduce((sum, it) => sum + stepsOf(it).length, 0);
  using batch = new Batch(count);
  batch.put(given, CASES);
  new Model(machine).select();
  new Generator(2n, { near: "rare" }).generate(batch, 0, 0, CASES);
  const missed = [machine, bare].map((each) => {
    const right = hashesOf(new Model(each));
    return mutants(each).filter(({ change }) => {
      const wrong = new Model(each, change);
      return right.every((hash, i) => hashOf(wrong, i) === hash);
    });
  });
  lists(missed, [SAME_HERE, SAME_HERE], (names) => names.map(({ name }) => name));

  function hashOf(model: AnyModel, i: number): number {
    model.predict(batch, i);
    return model.hash(batch, i);
  }

  function hashesOf(model: AnyModel): number[] {
    return Array.from({ length: count }, (_, i) => hashOf(model, i));
  }
});
