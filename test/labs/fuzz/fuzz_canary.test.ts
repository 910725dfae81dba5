import { execFileSync } from "node:child_process";
import { join } from "node:path";
import koffi from "koffi";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseMaps, readProc } from "../../../src/core/stub/proc.ts";
import { BASELINE } from "../../../src/labs/fuzz/case/amd64/baseline.ts";
import { indexOf } from "../../../src/labs/fuzz/case/amd64/registers.ts";
import type { Way } from "../../../src/labs/fuzz/case/arch.ts";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import { writeSetup } from "../../../src/labs/fuzz/case/case_record.ts";
import { CONSTANTS } from "../../../src/labs/fuzz/case/records.ts";
import { nameCulprit } from "../../../src/labs/fuzz/try/culprit.ts";
import { Trier } from "../../../src/labs/fuzz/try/trial.ts";
import { CorruptionError } from "../../../src/lib/errors.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { thrown } from "../../support/thrown.ts";

const canary = suite("fuzz: floating point of others");

const SIZE = 256;
const MOST_RUNS = 500;

function caseOf(way: Way): Case {
  return {
    ...{ from: "signal", way, on: "CONT", signal: 0 },
    ...{ block: BASELINE, pairs: [], words: [], length: 0 },
    ...(way === "SIGRETURN" && { frame: { ucFlags: 4, fpstate: true } }),
  };
}

function batchOf(it: Case): Batch {
  const batch = new Batch(SIZE);
  for (let i = 0; i < SIZE; i++) writeSetup(it, batch, i);
  return batch;
}

/** Calls a function while vector registers of this thread change whenever the shim runs. */
function whileCorrupting(work: () => void): void {
  const library = join(temporaryFolder(), "corrupt.so");
  execFileSync(process.env.CC || "cc", [
    "-shared",
    "-fPIC",
    "-o",
    library,
    "test/support/corrupt.c",
  ]);
  const corrupt = koffi.load(library);
  const start = corrupt.func("int start_corrupting(uintptr_t, uintptr_t)");
  const stop = corrupt.func("int stop_corrupting()");
  const shim = parseMaps(readProc("/proc/self/maps")).filter(({ name }) =>
    /\/fuzz-\w+\.so$/.test(name),
  );
  try {
    assert.is(start(shim[0]?.start, shim.at(-1)?.end), 0);
    work();
  } finally {
    stop();
  }
}

for (const way of ["SETREGS", "SIGRETURN"] as const) {
  canary(`a change of the tracing thread's vector registers is an error: ${way}`, () => {
    using trier = new Trier();
    const batch = batchOf(caseOf(way));
    trier.run(batch, SIZE);
    const runAll = () => {
      for (let n = 0; n < MOST_RUNS; n++) trier.run(batch, SIZE);
    };
    whileCorrupting(() => {
      const { message, remedy } = thrown(CorruptionError, runAll);
      assert.match(
        message,
        /^the floating point of the tracing thread changed .*: [xy]mm5 has the words/,
      );
      assert.match(remedy ?? "", "fuzz replay");
    });
    for (let n = 0; n < 16; n++) trier.run(batch, SIZE);
  });
}

canary("a change of an idle stub's vector registers is an error", () => {
  using trier = new Trier();
  const batch = batchOf(caseOf("SETREGS"));
  const runs = () => {
    for (let n = 0; n < 32; n++) trier.run(batch, SIZE);
  };
  runs();
  const idle = [...trier.tracer.stubs.values()].at(-1);
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const { shim } = trier.tracer;
  const length = shim.readXstate(idle?.pid ?? 0, area, area.length);
  area[200] = (area[200] ?? 0) ^ 4;
  assert.is(shim.writeXstate(idle?.pid ?? 0, area, length), length);
  assert.match(thrown(CorruptionError, runs).message, /idle.* at offset 200 of its XSAVE area/);
  runs();
});

/** Floating point changes whenever a case has this word in rax. */
const CULPRIT = 0xbadn;
const RAX = indexOf("rax");

class BrokenTrier extends Trier {
  override run(batch: Batch, count: number, first = 0): void {
    for (let i = first; i < first + count; i++) {
      if (batch.at(i).block[RAX] === CULPRIT) throw new CorruptionError("it changed");
    }
  }
}

canary("the error names the case, if that does it alone", () => {
  using trier = new BrokenTrier();
  const batch = batchOf(caseOf("SETREGS"));
  const block = BASELINE.with(RAX, CULPRIT);
  writeSetup({ ...caseOf("SETREGS"), block }, batch, 7);
  const { message } = thrown(CorruptionError, () =>
    nameCulprit(() => trier.run(batch, SIZE), trier, batch, SIZE, 1000),
  );
  assert.match(message, /^case 1007: it changed: \{"schema":"stublab.case\/1".*"rax":"0xbad"/);
});

canary("otherwise it names the cases of the batch", () => {
  using trier = new Trier();
  const batch = batchOf(caseOf("SETREGS"));
  let first = true;
  trier.run = () => {
    if (!first) return;
    first = false;
    throw new CorruptionError("it changed");
  };
  const { message } = thrown(CorruptionError, () =>
    nameCulprit(() => trier.run(batch, SIZE), trier, batch, SIZE, 1000),
  );
  assert.is(message, "one of the cases 1000 to 1255: it changed");
});

canary.run();
