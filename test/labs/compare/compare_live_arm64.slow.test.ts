// The kernel as the judge of what encoders for arm64 answer: see compare_live_amd64.test.ts.
import {
  type CompleteEncoder,
  type EncoderFunctions,
  functionsOf,
} from "../../../src/core/encoder/abi.ts";
import { Judges } from "../../../src/labs/compare/live/judges.ts";
import { runLive } from "../../../src/labs/compare/live/live.ts";
import type { LiveReport } from "../../../src/labs/compare/report.ts";
import { localSubject, type Subject } from "../../../src/labs/compare/subject.ts";

const SEED = 0x5eed_0040n;
const CASES = 60;
/** No register shows the kernel that a call is in progress. */
const UNDECIDED: readonly FunctionName[] = ["restartsSyscall", "restartSyscall"];

async function judge(
  judges: Judges,
  subject: Subject,
  only: readonly FunctionName[],
): Promise<LiveReport[]> {
  const { functions } = await compare({ subjects: [subject], seed: SEED, cases: 0 });
  const its = functions.filter(({ arch, name }) => arch === "arm64" && only.includes(name));
  return runLive(judges, its, { seed: SEED, cases: CASES });
}

const right = suite("what the kernel holds to be right");

for (const encoder of ["assembly", "script"] as const) {
  right(`every answer of ${encoder}, of each function that it can judge`, async () => {
    using judges = new Judges();
    const names = functionsOf("arm64");
    const reports = await judge(judges, localSubject(openEncoder(encoder, "arm64")), names);
    for (const { name, held, undecided, failures, reasons } of reports) {
      assert.equal(failures, [], name);
      assert.is(held + undecided, CASES, name);
      assert.is(held > 0, !UNDECIDED.includes(name), `${name}: ${JSON.stringify(reasons)}`);
    }
    judges.close();
    assert.equal(childrenOf(process.pid), []);
  });
}

const wrong = suite("what the kernel finds wrong");

/** A register of a block. */
function register({ buffer, constants }: CompleteEncoder, block: number, name: string) {
  const at = block + Number(constants.get(`REG_${name}`));
  const view = new DataView(buffer);
  return {
    get: () => view.getBigUint64(at, true),
    set: (word: bigint) => view.setBigUint64(at, word, true),
  };
}

/** The field in which the kernel finds a mistake of each function. */
const FIELDS = {
  encodeSyscall: "block.x8",
  encodeBootstrap: "block.x9",
  rewindSyscall: "block.pc",
  encodeGuestResult: "block.x0",
  decodeGuestSyscall: "decodeGuestSyscall",
  cloneExitSignal: "cloneExitSignal",
  encodeSeccomp: "action",
} as const;

const mistakesOf = (encoder: CompleteEncoder): Pick<EncoderFunctions, keyof typeof FIELDS> => ({
  encodeSyscall(block, initial, number, ...args) {
    encoder.encodeSyscall(block, initial, number, ...args);
    register(encoder, block, "x8").set(number & 0xffn);
  },
  encodeBootstrap(block, parent) {
    encoder.encodeBootstrap(block, parent);
    register(encoder, block, "x9").set(0n);
  },
  rewindSyscall(block) {
    const pc = register(encoder, block, "pc");
    pc.set(pc.get() - 8n);
  },
  encodeGuestResult: (block, result) => register(encoder, block, "x1").set(result),
  decodeGuestSyscall: (block, at) => encoder.decodeGuestSyscall(block, at) ^ 1,
  cloneExitSignal: (word) => encoder.cloneExitSignal(word) & 0x1f,
  encodeSeccomp: (at, signal) => encoder.encodeSeccomp(at, signal ^ 1),
});

for (const name of FUNCTION_NAMES) {
  const field = Object.entries(FIELDS).find(([known]) => known === name)?.[1];
  if (field === undefined) continue;
  wrong(`a mistake in ${name}`, async () => {
    const encoder = openEncoder("assembly");
    const mistake = { [name]: { ...encoder, ...mistakesOf(encoder) }[name] };
    const subject = localSubject({ ...encoder, name: "wrong", ...mistake });
    using judges = new Judges();
    const [report] = await judge(judges, subject, [name]);
    lists(report?.failures, [field], (failure) => failure.field);
  });
}
