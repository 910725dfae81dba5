import type {
  CompleteEncoder,
  EncoderFunctions,
  PartialEncoder,
} from "../../../src/core/encoder/abi.ts";
import type { CompareReport, Disagreement } from "../../../src/labs/compare/report.ts";
import { localSubject, type Subject } from "../../../src/labs/compare/subject.ts";
import { subjects } from "../../support/compare_reports.ts";

const SEED = 0x5eed_0010n;
/** Of one function that is changed. */
const CASES_OF_ONE = 6000;

/** `script` for amd64, with changes. */
function variant(changes: (own: CompleteEncoder) => Partial<PartialEncoder>): Subject {
  const own = openEncoder("script", "amd64");
  const functions = FUNCTION_NAMES.map((name) => [name, own[name].bind(own)]);
  const { arch, buffer, heap, constants } = own;
  const encoder = { ...Object.fromEntries(functions), arch, buffer, heap, constants };
  return localSubject({ ...encoder, ...changes(own), name: "variant" });
}

async function run(subject: Subject, only?: readonly FunctionName[]): Promise<CompareReport> {
  const limits = { seed: SEED, cases: CASES_OF_ONE, ...(only === undefined ? {} : { only }) };
  return (await compare({ subjects: [subject], ...limits })).report;
}

/** What encodeSyscall gets after its blocks. */
type Rest = [number: bigint, a: bigint, b: bigint, c: bigint, d: bigint, e: bigint, f: bigint];

/** The report on one function that is changed. */
function runWith<N extends FunctionName>(
  name: N,
  change: (own: CompleteEncoder) => EncoderFunctions[N],
): Promise<CompareReport> {
  return run(
    variant((own) => ({ [name]: change(own) })),
    [name],
  );
}

/** The one disagreement that there is to be. */
function single(report: CompareReport): Disagreement {
  const [found, ...others] = report.disagreements;
  if (found === undefined) throw new Error("no disagreement was found");
  lists(others, [], ({ field, input }) => ({ field, input }));
  return found;
}

const findings = suite("compare: findings");

findings("a dropped option is named, alone", async () => {
  const report = await runWith("encodeWaitOptions", (own) => (options) => {
    return own.encodeWaitOptions(options & ~0x4000_0000n);
  });
  const found = single(report);
  assert.equal(found.flags, ["__WALL"]);
  assert.equal(found.input, [{ name: "options", word: "0x40000000", told: "0x40000000 (__WALL)" }]);
  assert.is(found.own.word, "0x0");
  assert.is(found.other.word, "0x40000000");
  assert.is(found.byte, 3);
});

findings("a refusal that is forgotten shows by the flags that are refused together", async () => {
  const both = 0x0200n | 0x0002_0000n;
  const report = await runWith("encodeClone", (own) => (flags, signal) => {
    return flags === both ? flags | BigInt(signal) : own.encodeClone(flags, signal);
  });
  const found = single(report);
  assert.equal(found.flags, ["CLONE_FS", "CLONE_NEWNS"]);
  assert.is(found.other.told, "0xffffffffffffffea (-EINVAL)");
  assert.is(found.own.told, "0x20200 (CLONE_FS|CLONE_NEWNS)");
});

findings("many signals are a number", async () => {
  const report = await runWith("signalSet", (own) => (signal) => {
    return BigInt.asIntN(32, own.signalSet(signal));
  });
  const found = report.disagreements.find(({ apart }) => apart === null);
  assert.is(found?.own.told, "0xffffffff80000000 (33 signals)");
});

findings("a write outside of the block is reported, though the block is right", async () => {
  const report = await runWith("rewindSyscall", (own) => (block) => {
    own.rewindSyscall(block);
    new DataView(own.buffer).setUint8(block + 216, 0);
  });
  const found = single(report);
  assert.equal([found.field, found.verdict.by], ["outside", "abi"]);
});

findings("a member of clone3's struct and of a siginfo is called by its name", async () => {
  const write = (own: PartialEncoder, at: number) => new DataView(own.buffer).setUint8(at, 0x5a);
  const changed = variant((own) => ({
    encodeSiginfo: (at, ...rest) => {
      const form = own.encodeSiginfo(at, ...rest);
      if (form === 5) write(own, at + 24);
      return form;
    },
    encodeClone3: (at, ...members) => {
      const size = own.encodeClone3(at, ...members);
      if (size > 0) write(own, at + 56);
      return size;
    },
  }));
  const report = await run(changed, ["encodeSiginfo", "encodeClone3"]);
  assert.equal([...new Set(report.disagreements.map(({ field }) => field))].sort(), [
    "at.si_value",
    "at.tls",
  ]);
});

findings("a constant that differs from the headers is reported with both values", async () => {
  const changes = [["CLONE_FILES", 0x200n] as const, ["REG_r10", 64n] as const];
  const changed = variant((own) => ({ constants: new Map([...own.constants, ...changes]) }));
  const { report } = await compare({ subjects: [changed], only: ["layout"] });
  assert.equal(
    report.disagreements.map(({ operation, field, own: mine, other }) => [
      operation,
      field,
      mine.word,
      other.word,
    ]),
    [
      ["layout", "REG_r10", "0x40", "0x38"],
      ["layout", "CLONE_FILES", "0x200", "0x400"],
    ],
  );
});

findings("filters are compared by what they answer: a call too many has its number", async () => {
  // The rule for mmap, which comes first, allows munmap twice.
  const report = await runWith("encodeSeccomp", (own) => (at, exitSignal) => {
    const count = own.encodeSeccomp(at, exitSignal);
    const view = new DataView(own.buffer, at, 8 * count);
    const isMmap = (i: number) =>
      view.getUint16(8 * i, true) === 0x15 && view.getUint32(8 * i + 4, true) === 9;
    const first = Array.from({ length: count }, (_, i) => i).find(isMmap) ?? 0;
    view.setUint32(8 * first + 4, 11, true);
    return count;
  });
  const found = single(report);
  assert.is(found.field, "action");
  assert.is(found.own.told, "0x80000000 (SECCOMP_RET_KILL_PROCESS)");
  assert.is(found.other.told, "0x7fff0000 (SECCOMP_RET_ALLOW)");
  lists(found.input, [["call", "0xc000003e00000009"]], ({ name, word }) => [name, word]);
});

for (const [what, change, why] of [
  ["129 instructions", () => 129, "returned 129 instructions, expected 1 to 128"],
  [
    "a jump past the end",
    (view: DataView) => {
      view.setUint32(0, 0x0900_0015, true);
      view.setUint8(2, 9);
      view.setUint16(8, 6, true);
      return 2;
    },
    "instruction 0, code 0x15 jumps by 9, past the end",
  ],
] as const) {
  findings(`a filter refused for ${what} is reported so, with and without --live`, async () => {
    const subject = variant((own) => ({
      encodeSeccomp: (at) => change(new DataView(own.buffer, at, 1024)),
    }));
    const options = { seed: SEED, cases: 600, only: ["encodeSeccomp"] } as const;
    const { report } = await compare({ ...options, subjects: [subject] });
    const found = report.disagreements.at(0);
    assert.is(found?.own.told, `no program: ${why}`);
    if (HOST_ARCH !== "amd64") return;
    const live = await compare({ ...options, subjects: [subject], live: 1 });
    const verdict = live.report.disagreements[0]?.verdict;
    assert.is(verdict?.by, "kernel");
    assert.match(verdict?.reason ?? "", why);
    assert.not.match(verdict?.reason ?? "", "installed the program in a stub");
    assert.match(live.report.live[0]?.failures[0]?.seen ?? "", why);
  });
}

findings("an encoder that throws is left out where it does, and only there", async () => {
  const changed = variant((own) => ({
    waitKind: (status) => {
      if (status > 0x7fff) throw new RangeError("too large");
      return own.waitKind(status);
    },
  }));
  const report = await run(changed, ["waitKind", "waitEvent"]);
  const [broken] = report.broken;
  assert.is(report.broken.length, 1);
  assert.is(broken?.kind, "trap");
  assert.is(broken?.name, "waitKind");
  assert.is(broken?.message, "RangeError: too large");
  assert.ok(BigInt(broken?.input[0]?.word ?? 0) > 0x7fffn);
  assert.equal(report.disagreements, []);
});

findings("the headers are not compared with themselves", async () => {
  const { report } = await compare({ subjects: subjects(["native"], ["amd64"]), cases: 5000 });
  assert.equal(
    report.uncompared.map(({ encoder, functions }) => [encoder, functions.length]),
    [["native", FUNCTION_NAMES.length]],
  );
  assert.equal(report.layouts[0]?.encoders, [{ name: "native", compared: 0, disagreed: 0 }]);
});

findings("a function that had no case was not compared", async () => {
  const { report } = await compare({ subjects: subjects(["script"], ["amd64"]), cases: 3 });
  const left = report.functions.filter(({ cases }) => cases === 0).map(({ name }) => name);
  assert.equal(report.uncompared, [{ encoder: "script", arch: "amd64", functions: left }]);
});

findings("a value of the wrong type is a break", async () => {
  const report = await runWith("waitKind", () => () => Number.NaN);
  assert.equal(
    report.broken.map(({ kind, message }) => [kind, message]),
    [["answer", "returned NaN, expected a whole Number"]],
  );
});

findings("one case by the names of its words gives the same answer again", async () => {
  const { report } = await compare({
    subjects: subjects(["gvisor"], ["amd64"]),
    seed: SEED,
    only: ["syscallErrno"],
    input: new Map([["result", 2n ** 63n]]),
  });
  const found = single(report);
  assert.is(report.cases, 1);
  assert.is(found.own.word, "0x7fffffff");
  lists(found.input, [["result", "0x8000000000000000"]], ({ name, word }) => [name, word]);
});

findings("what no header prescribes is decided by the ABI", async () => {
  const verdicts = async <N extends FunctionName>(...change: Parameters<typeof runWith<N>>) => {
    const { disagreements } = await runWith(...change);
    return disagreements.map(({ input, verdict: { by, right, wrong, reason } }) => [
      input.map(({ word }) => word).join(),
      by,
      right.join(),
      wrong.join(),
      reason.split(";")[0],
    ]);
  };
  const stops = (change: (signal: number) => number) =>
    verdicts("encodeStop", (own) => (signal) => own.encodeStop(change(signal)));
  const stop = "no process is stopped by signal 0 or by one above 64";
  const refused = await verdicts("encodeStop", (own) => (signal) => {
    return signal > 64 ? -22 : own.encodeStop(signal);
  });
  assert.equal(refused, [["0x41", "abi", "", "", stop]]);
  assert.equal(await stops((signal) => (signal === 64 ? 0 : signal)), [
    [
      "0x40",
      "headers",
      "headers",
      "variant",
      "native, compiled against sys/wait.h and linux/ptrace.h, returns 0x407f",
    ],
  ]);
  const ifNosys = await verdicts("decodeGuestSyscall", (own) => (block, at) => {
    const view = new DataView(own.buffer);
    const rax = view.getBigInt64(block + 80, true);
    const number = own.decodeGuestSyscall(block, at);
    if (rax !== -38n) view.setBigInt64(block + 80, rax, true);
    return number;
  });
  assert.is(ifNosys.length, 1);
  assert.match(String(ifNosys), "abi,,,rax becomes orig_rax whether it is −ENOSYS or not");
});

findings("a choice of the ABI is not a mistake: it is counted apart, and hides none", async () => {
  const carried = (own: CompleteEncoder, block: number, initial: number, ...rest: Rest) => {
    const view = new DataView(own.buffer);
    own.encodeSyscall(block, initial, ...rest);
    view.setBigUint64(block + 120, view.getBigUint64(initial + 120, true), true);
  };
  const report = await runWith(
    "encodeSyscall",
    (own) =>
      (...args) =>
        carried(own, ...args),
  );
  const found = single(report);
  assert.equal([found.field, found.apart], ["block.orig_rax", "differs by design"]);
  assert.equal(found.verdict.wrong, []);
  const [pair] = report.functions[0]?.pairs ?? [];
  assert.is(pair?.disagreed, 0);
  assert.is(pair?.byDesign, found.cases);
  // gs comes after orig_rax in the block.
  const both = await runWith("encodeSyscall", (own) => (block, initial, ...rest) => {
    carried(own, block, initial, ...rest);
    new DataView(own.buffer).setBigUint64(block + 208, 7n, true);
  });
  lists(both.disagreements, [["block.gs", null]], ({ field, apart }) => [field, apart]);
});

findings("words that wait4 never stores are counted apart from those that it does", async () => {
  const gvisor = await compare({
    subjects: subjects(["gvisor"], ["amd64"]),
    seed: SEED,
    cases: CASES_OF_ONE,
    only: ["waitKind"],
  });
  const [pair] = gvisor.report.functions[0]?.pairs ?? [];
  // Of those that it does, gVisor differs in the group-stop of a seized tracee.
  const { input, cases, apart } = single(gvisor.report);
  assert.equal([input.map(({ word }) => word), apart], [["0x80137f"], null]);
  assert.ok(pair && pair.noInput > 100);
  assert.is(pair.disagreed, cases);
});

findings("what differs only for inputs that no kernel makes is not an error", async () => {
  const report = await runWith("waitCoreDumped", (own) => (status) => {
    return status === 0x80 ? 1 : own.waitCoreDumped(status);
  });
  const { apart, verdict } = single(report);
  assert.equal([apart, verdict.wrong], ["no such input", []]);
});

findings("the value of SIGRTMIN names whose header it is", async () => {
  const changed = variant((own) => ({
    constants: new Map([...own.constants, ["SIGRTMIN", 34n]]),
  }));
  const layout = await compare({ subjects: [changed], only: ["layout"] });
  assert.equal((await run(changed, ["encodeStop"])).disagreements, []);
  assert.match(
    single(layout.report).verdict.reason,
    "the headers say SIGRTMIN = 0x20 in the kernel's header; a libc keeps the first for itself",
  );
});

findings("functions that were not compared are listed, and near misses of names", async () => {
  const buffer = new ArrayBuffer(4096);
  const constants = new Map([
    ["ENCODER_ABI", 2n],
    ["Clone_Files", 0x400n],
  ]);
  const report = await run(
    localSubject({
      ...{ name: "mine", arch: "amd64", buffer, heap: 0, constants },
      others: ["encode_stop", "clone_flags", "alloc"],
      waitKind: () => 0,
    }),
    ["waitKind", "encodeStop"],
  );
  assert.equal(report.notes, [
    "mine exports encode_stop, which the ABI does not have: encodeStop?",
    "mine exports clone_flags, which the ABI does not have: cloneFlags?",
    "mine exports Clone_Files, which the ABI does not have: CLONE_FILES?",
    "mine has no encodeStop: not compared on amd64",
  ]);
  assert.equal(report.uncompared, [{ encoder: "mine", arch: "amd64", functions: ["encodeStop"] }]);
});
