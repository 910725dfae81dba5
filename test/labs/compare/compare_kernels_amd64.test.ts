// The kernel as a judge, if it refuses or accepts what other kernels do not: synthetic kernels stand for those.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FunctionName } from "../../../src/core/encoder/abi.ts";
import { Tracer } from "../../../src/index.ts";
import { layoutOf } from "../../../src/labs/compare/function.ts";
import { cloneJudges } from "../../../src/labs/compare/live/clone.ts";
import { clone3Judge } from "../../../src/labs/compare/live/clone3.ts";
import { type CloneOutcome, Clones, prepareClones } from "../../../src/labs/compare/live/clones.ts";
import { Frames } from "../../../src/labs/compare/live/frame.ts";
import {
  Fields,
  type Judge,
  type Judgement,
  judgementOf,
  REFUSED,
} from "../../../src/labs/compare/live/judge.ts";
import { restartJudges } from "../../../src/labs/compare/live/own/amd64/restarts.ts";
import { Tracee, TraceeSlot } from "../../../src/labs/compare/live/tracee.ts";

const kernels = suite("encoders on other kernels");

const REFUSAL: CloneOutcome = { errno: "EINVAL", effects: new Map() };
const SIGCHLD = 17n;

/** A kernel that also refuses what a predicate says. */
class StricterClones extends Clones {
  readonly #refuses: (flags: bigint, signal: bigint) => boolean;

  constructor(
    tracer: Tracer,
    slot: TraceeSlot,
    refuses: (flags: bigint, signal: bigint) => boolean,
  ) {
    super(tracer, slot);
    this.#refuses = refuses;
  }

  override clone(word: bigint, look = false): CloneOutcome {
    return this.#refuses(word & ~0xffn, word & 0xffn) ? REFUSAL : super.clone(word, look);
  }

  override clone3(members: BigUint64Array, size: bigint, look = false): CloneOutcome {
    const refused = this.#refuses(members[0] ?? 0n, 0n);
    return refused ? REFUSAL : super.clone3(members, size, look);
  }
}

/** Linux 5.10: no call with a negative number restarts. */
class OlderFrames extends Frames {
  override run(block: BigUint64Array): BigUint64Array {
    const number = this.registers.get(block, "orig_rax");
    if (BigInt.asIntN(32, number) >= 0n) return super.run(block);
    return block.slice();
  }
}

/** gVisor: a data selector is lost. */
class LossyFrames extends Frames {
  override run(block: BigUint64Array): BigUint64Array {
    return this.registers.with(block, { ds: 0n });
  }
}

/** A tracer, and a slot of its stubs. */
function openStubs(prepare = (tracee: Tracee) => tracee) {
  const tracer = new Tracer();
  const slot = new TraceeSlot(() => prepare(Tracee.prepare(tracer.createStub())));
  const close = () => {
    slot.close();
    tracer.close();
  };
  return { tracer, slot, [Symbol.dispose]: close };
}

/** The judgement of the judge of a function. */
function judgeRecord(
  judges: readonly Judge[],
  tracer: Tracer,
  name: FunctionName,
  write: (input: Fields) => void,
  result: bigint,
): Judgement {
  const layout = layoutOf(name, tracer.encoder.constants);
  const input = new Fields(layout, new BigUint64Array(layout.words));
  write(input);
  const answered = input.copy();
  answered.record[layout.result] = result;
  const judge = judges.find((each) => each.name === name);
  assert.ok(judge !== undefined);
  return judgementOf(() => judge.judge(input, answered));
}

/** What a kernel that refuses more says about an encoder that refuses a clone or does not. */
function judgeClone(
  refuses: (flags: bigint, signal: bigint) => boolean,
  names: readonly string[],
  exitSignal: bigint,
  accepts: boolean,
): Judgement {
  using stubs = openStubs(prepareClones);
  const { tracer, slot } = stubs;
  const flags = names.reduce((set, name) => set | tracer.flag(name), 0n);
  const write = (input: Fields) => {
    input.put("flags", flags);
    input.put("exitSignal", exitSignal);
  };
  const judges = cloneJudges(new StricterClones(tracer, slot, refuses));
  const result = BigInt.asUintN(64, accepts ? flags | exitSignal : REFUSED);
  return judgeRecord(judges, tracer, "encodeClone", write, result);
}

function expectOpen(judgement: Judgement, why: RegExp): void {
  assert.ok(judgement.verdict === "undecided", JSON.stringify(judgement.verdict));
  assert.match(judgement.why, why);
}

const THREAD = ["CLONE_THREAD", "CLONE_SIGHAND", "CLONE_VM"];
const CLONE_PIDFD = 0x1000n;
const CLONE_THREAD = 0x1_0000n;
const refusesPidfd = (flags: bigint) =>
  (flags & CLONE_PIDFD) !== 0n && (flags & CLONE_THREAD) !== 0n;
const refusesSignal = (_: bigint, signal: bigint) => signal > 64n;

kernels("CLONE_PIDFD for a thread: neither who refuses it is blamed, nor who accepts it", () => {
  const both = [...THREAD, "CLONE_PIDFD"];
  expectOpen(
    judgeClone(refusesPidfd, both, 0n, true),
    /from Linux 6\.9 on, and this kernel refuses/,
  );
  expectOpen(
    judgeClone(() => false, both, 0n, false),
    /6\.9/,
  );
  assert.is(judgeClone(refusesPidfd, both, 0n, false).verdict, "held");
});

kernels("an exit signal above 64", () => {
  expectOpen(
    judgeClone(refusesSignal, [], 100n, true),
    /from Linux 7\.1 on, and this kernel refuses/,
  );
  assert.is(judgeClone(refusesSignal, [], 100n, false).verdict, "held");
  assert.is(judgeClone(refusesSignal, [], SIGCHLD, false).verdict, "failed");
});

kernels("what every kernel refuses is blamed beside these", () => {
  const thread = ["CLONE_THREAD", "CLONE_VM", "CLONE_PIDFD"];
  assert.is(judgeClone(refusesPidfd, thread, 0n, true).verdict, "failed");
  assert.is(judgeClone(refusesSignal, ["CLONE_SIGHAND"], 100n, true).verdict, "failed");
});

kernels("clone3 with CLONE_PIDFD for a thread", () => {
  using stubs = openStubs(prepareClones);
  const { tracer, slot } = stubs;
  const flags = [...THREAD, "CLONE_PIDFD"].reduce((set, name) => set | tracer.flag(name), 0n);
  const judges = [clone3Judge(new StricterClones(tracer, slot, refusesPidfd))];
  const write = (input: Fields) => input.put("flags", flags);
  expectOpen(judgeRecord(judges, tracer, "encodeClone3", write, 88n), /6\.9/);
});

kernels("a restart of a call with a negative number", () => {
  using stubs = openStubs();
  const frames = new OlderFrames(stubs.slot);
  const restarts = (orig_rax: bigint, result: bigint) => {
    const rax = BigInt.asUintN(64, -512n);
    const write = (input: Fields) => input.block().set(frames.registers.atEntry({ rax, orig_rax }));
    return judgeRecord(restartJudges(frames), stubs.tracer, "restartSyscall", write, result);
  };
  expectOpen(restarts(0x8000_0001n, 1n), /from Linux 5\.14 on, and this kernel does not restart/);
  assert.is(restarts(0x8000_0001n, 0n).verdict, "held");
  assert.is(restarts(62n, 0n).verdict, "failed", "a positive number restarts on each kernel");
  assert.is(restarts(0xffff_ffffn, 1n).verdict, "failed", "-1 is no call on any");
});

kernels("a register that the kernel does not keep: only who wrote another one is blamed", () => {
  using stubs = openStubs();
  const frames = new LossyFrames(stubs.slot);
  const meant = frames.registers.atEntry({ ds: 0x2bn });
  const given = (changes: Readonly<Record<string, bigint>>) =>
    judgementOf(() => frames.judge(meant, frames.registers.with(meant, changes)));
  expectOpen(given({}), /^this kernel does not keep block\.ds: 0x2b became 0x0$/);
  assert.is(given({ ds: 0n }).verdict, "failed");
  assert.is(given({ rax: 7n }).verdict, "failed");
});

kernels("a kernel without CLONE_PIDFD", () => {
  const lacks = (flags: bigint) => (flags & CLONE_PIDFD) !== 0n;
  const why = /EINVAL for CLONE_PIDFD alone: this kernel lacks it/;
  expectOpen(judgeClone(lacks, ["CLONE_PIDFD"], SIGCHLD, true), why);
  assert.is(judgeClone(lacks, ["CLONE_SIGHAND"], SIGCHLD, true).verdict, "failed");
});

kernels.run();
