// The kernel as a judge, if it refuses or accepts what other kernels do not: synthetic kernels stand for those.

import { layoutOf } from "../../../src/labs/compare/function.ts";
import { blockJudges } from "../../../src/labs/compare/live/blocks.ts";
import {
  type CloneOutcome,
  Clones,
  prepareClones,
} from "../../../src/labs/compare/live/children.ts";
import { cloneJudges } from "../../../src/labs/compare/live/clones.ts";
import { changed, Frames, registerOf } from "../../../src/labs/compare/live/frames.ts";
import {
  Fields,
  type Judgement,
  type JudgeTable,
  judgementOf,
  REFUSED,
} from "../../../src/labs/compare/live/judge.ts";
import { Tracee, TraceeSlot } from "../../../src/labs/compare/live/tracee.ts";

const kernels = suite("encoders on other kernels");

const REFUSAL: CloneOutcome = { errno: "EINVAL", child: [] };
const SIGCHLD = 17n;

/** A kernel that also refuses what a predicate says. */
class StricterClones extends Clones {
  readonly #refuses: (flags: bigint, signal: bigint) => boolean;

  constructor(slot: TraceeSlot, refuses: (flags: bigint, signal: bigint) => boolean) {
    super(slot);
    this.#refuses = refuses;
  }

  override clone(word: bigint): CloneOutcome {
    return this.#refuses(word & ~0xffn, word & 0xffn) ? REFUSAL : super.clone(word);
  }

  override clone3(members: BigUint64Array, size: bigint): CloneOutcome {
    return this.#refuses(members[0] ?? 0n, 0n) ? REFUSAL : super.clone3(members, size);
  }
}

/** Linux 5.10: no call with a negative number restarts. */
class OlderFrames extends Frames {
  override run(block: BigUint64Array) {
    if (BigInt.asIntN(32, registerOf(block, "orig_rax")) >= 0n) return super.run(block);
    return { registers: block.slice(), stepped: false };
  }
}

/** gVisor: a data selector is lost. */
class LossyFrames extends Frames {
  override run(block: BigUint64Array) {
    return { registers: changed(block, { ds: 0n }), stepped: false };
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
  judges: JudgeTable,
  tracer: Tracer,
  name: FunctionName,
  write: (input: Fields) => void,
  result: bigint,
): Judgement {
  const layout = layoutOf(name, tracer.host.encoder.constants);
  const input = new Fields(layout, new BigUint64Array(layout.words));
  write(input);
  const answered = new Fields(layout, input.record.slice());
  answered.record[layout.result] = result;
  return judgementOf(() => {
    const right = judges[name]?.ask(input);
    if (typeof right === "function") right(answered);
    else assert.is(answered.result, right);
  });
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
  const flags = names.reduce((set, name) => set | tracer.host.flag(name), 0n);
  const write = (input: Fields) => {
    input.put("flags", flags);
    input.put("exitSignal", exitSignal);
  };
  const judges = cloneJudges(new StricterClones(slot, refuses));
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

kernels("CLONE_PIDFD for a thread: neither refusing nor accepting it is wrong", () => {
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

kernels("what every kernel refuses is wrong beside these", () => {
  const thread = ["CLONE_THREAD", "CLONE_VM", "CLONE_PIDFD"];
  assert.is(judgeClone(refusesPidfd, thread, 0n, true).verdict, "failed");
  assert.is(judgeClone(refusesSignal, ["CLONE_SIGHAND"], 100n, true).verdict, "failed");
});

kernels("clone3 with CLONE_PIDFD for a thread", () => {
  using stubs = openStubs(prepareClones);
  const { tracer, slot } = stubs;
  const flags = [...THREAD, "CLONE_PIDFD"].reduce((set, name) => set | tracer.host.flag(name), 0n);
  const judges = cloneJudges(new StricterClones(slot, refusesPidfd));
  const write = (input: Fields) => input.put("flags", flags);
  expectOpen(judgeRecord(judges, tracer, "encodeClone3", write, 88n), /6\.9/);
});

kernels("a restart of a call with a negative number", () => {
  using stubs = openStubs();
  const frames = new OlderFrames(stubs.slot);
  const restarts = (orig_rax: bigint, result: bigint) => {
    const rax = BigInt.asUintN(64, -512n);
    const write = (input: Fields) => input.words("block").set(frames.atEntry({ rax, orig_rax }));
    return judgeRecord(blockJudges(frames), stubs.tracer, "restartSyscall", write, result);
  };
  expectOpen(restarts(0x8000_0001n, 1n), /from Linux 5\.14 on, and this kernel does not restart/);
  assert.is(restarts(0x8000_0001n, 0n).verdict, "held");
  assert.is(restarts(62n, 0n).verdict, "failed", "a positive number restarts on each kernel");
  assert.is(restarts(0xffff_ffffn, 1n).verdict, "failed", "-1 is not a call on any kernel");
});

kernels("a register that the kernel does not keep: only to write another one is wrong", () => {
  using stubs = openStubs();
  const frames = new LossyFrames(stubs.slot);
  const meant = frames.atEntry({ ds: 0x2bn });
  const layout = layoutOf("rewindSyscall", stubs.tracer.host.encoder.constants);
  const given = (changes: Readonly<Record<string, bigint>>) => {
    const answered = new Fields(layout, new BigUint64Array(layout.words));
    answered.words("block").set(changed(meant, changes));
    return judgementOf(() => frames.examine(meant)(answered));
  };
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
