import { suite } from "uvu";
import * as assert from "uvu/assert";
import { baselineWith } from "../../src/fuzz/case/amd64/baseline.ts";
import { CONSTANTS, placeOf, SCRATCH } from "../../src/fuzz/case/amd64/code.ts";
import { indexOf } from "../../src/fuzz/case/amd64/registers.ts";
import { Batch } from "../../src/fuzz/case/batch.ts";
import type { Case } from "../../src/fuzz/case/case.ts";
import { breakpoint } from "../../src/fuzz/draw/amd64/breakpoint_seeds.ts";
import { dispatching } from "../../src/fuzz/draw/amd64/dispatch_seeds.ts";
import { SIMPLE, seed } from "../../src/fuzz/draw/amd64/seed.ts";
import { Generator } from "../../src/fuzz/draw/generate.ts";
import { Model } from "../../src/fuzz/predict/model.ts";
import { mutants } from "../../src/fuzz/predict/mutants.ts";
import { predict } from "../../src/fuzz/predict/predict.ts";
import { ruleOf, rules } from "../../src/fuzz/predict/rules.ts";
import type { Feature } from "../../src/fuzz/try/arch.ts";
import { HermeticTrier } from "../../src/fuzz/try/hermetic.ts";
import type { Machine } from "../../src/fuzz/try/machine.ts";
import { NO_XSTATE } from "../../src/fuzz/try/xstate.ts";
import { CUT, frame, lock, machineWith, SHORT } from "../support/hidden_cases.ts";

const machines = suite("fuzz: rules that depend on the machine");

const [EIO, EFAULT, EINVAL, ERANGE, ENOSYS, ENXIO] = [5n, 14n, 22n, 34n, -38n, -6n];
const [SIGILL, SIGTRAP, SIGBUS, SIGSEGV, SIGSYS] = [4n, 5n, 7n, 11n, 31n];
const [SI_KERNEL, SEGV_MAPERR] = [0x80n, 1n];
const [END_OF_USER_SPACE, GETPID, INFO_SIZE] = [0x7fff_ffff_f000n, 39n, 88];
/** A bit that mxcsr never has; mxcsr and its mask in a new program. */
const [RESERVED, START] = [1n << 20n, 0x2_ffff_0000_1f80n];
const COMPACTED = 1n << 63n;
/** What cannot be read of it is not taken. */
const UNTAKEN = frame(CUT, { ...SHORT, 512: 3n });

const pairs = (way: "POKEUSER" | "SETFPREGS" | "XSTATE", ...list: [bigint, bigint][]): Case => ({
  ...{ ...SIMPLE, way, block: [], length: way === "XSTATE" ? 2432 : 0 },
  pairs: list.map(([offset, word]) => ({ offset, word })),
});
const info = (
  from: "entry" | "entry32" | "exit",
  words: readonly bigint[],
  length = INFO_SIZE,
): Case => ({
  ...{ ...SIMPLE, from, length },
  ...{
    way: "SYSCALL_INFO",
    block: [],
    words: Array.from({ length: 11 }, (_, i) => words[i] ?? 0n),
  },
});
const [ICEBP, INT3, MOV_SS] = [placeOf("icebp"), placeOf("int3"), placeOf("movss")];
/** A breakpoint on the instruction after MOV SS. */
const ABOVE_4_GB = seed("int3", { cs: 0x23n, rip: (1n << 32n) + INT3 });
const in32 = (code: string, words: Readonly<Record<string, bigint>>) =>
  seed(code, { cs: 0x23n, ds: 0x2bn, ...words });
/** With AC, a store of 8 bytes that begins below the end of user addresses. */
const MISALIGNED = seed("store", { rdi: (1n << 47n) - 7n, eflags: 0x4_0202n });
/** POP ES, with AC, of a null selector at an address that is a multiple of 2 only. */
const POPPED = seed("store", {
  ...{ cs: 0x23n, rip: placeOf("store") + 2n },
  ...{ rsp: CONSTANTS + 2n, eflags: 0x4_0202n },
});
/** Its first 448 bytes cannot be read, and x87 and SSE are not taken. */
const WITHOUT_LEGACY = frame(SCRATCH - 448n, { 472: 1n, 512: 0n });
const AFTER_MOV_SS = breakpoint(MOV_SS + 2n, 0n, { rip: MOV_SS, rax: 0x2bn });
/** -ERESTARTSYS in 32 bits, after a 32-bit call. */
const RESTARTED = seed("nops", { rax: 0xffff_fe00n, orig_rax: 7n }, { from: "step32" });
const offsetOf = (name: string) => BigInt(8 * indexOf(name));
/** -ERESTARTSYS of a call with this number. */
const restarting = (number: bigint) =>
  seed("nops", { rax: BigInt.asUintN(64, -512n), orig_rax: BigInt.asUintN(64, number) });
/** -ERESTART_RESTARTBLOCK of a call of x32. */
const OF_X32 = seed("nops", { rax: BigInt.asUintN(64, -516n), orig_rax: 0x4000_0018n });
/** The end of the lower half of addresses, and the last one in it that may have tags. */
const HALF = 1n << 63n;
const TAGGED = HALF - 4096n;
/** A null selector after a call that returns to an address. */
const returning = (rip: bigint): Case => ({
  ...pairs(
    "POKEUSER",
    [offsetOf("ds"), 3n],
    ...["rip", "rcx"].map((name): [bigint, bigint] => [offsetOf(name), rip]),
  ),
  from: "exit",
});

/** xmm0 in a frame that names no component: taken if only x87 and SSE are. */
const unsized = (words: Readonly<Record<number, bigint>>) =>
  frame(SCRATCH, { 160: 7n, 512: 0n, ...words });

/** A frame that is refused, without a stack. */
const REFUSED: Case = {
  ...frame(SCRATCH, { 24: RESERVED }),
  block: baselineWith({ rsp: 0n }),
};

/** A rule, or one of its numbers; the feature; a case, and a field that is predicted with the feature, and without. */
type Row = readonly [
  rule: string,
  feature: Feature,
  it: Case,
  field: string,
  withIt: bigint | undefined,
  without: bigint | undefined,
];

const ROWS: readonly Row[] = [
  ["W5.limit", "la57", seed("int3", { fs_base: END_OF_USER_SPACE }), "error", 0n, EIO],
  ["W16", "set_syscall_info", info("entry", [1n], INFO_SIZE - 1), "error", EINVAL, EIO],
  ["W17", "set_syscall_info", info("entry", [0x101n]), "error", EINVAL, EIO],
  ["W18", "set_syscall_info", info("entry", [2n]), "error", EINVAL, EIO],
  ["W19", "set_syscall_info", info("entry", [1n, 0n, 0n, 1n << 31n]), "error", ERANGE, EIO],
  ["W20", "set_syscall_info", info("entry", [1n, 0n, 0n, 7n]), "written.orig_rax", 7n, GETPID],
  ["W21", "set_syscall_info", info("entry", [1n, 0n, 0n, 7n, 8n]), "written.rdi", 8n, CONSTANTS],
  ["W22", "set_syscall_info", info("exit", [2n, 0n, 0n, 7n]), "written.rax", 7n, undefined],
  ["W24", "set_syscall_info", info("exit", [2n]), "error", 0n, EIO],
  ["W27", "mxcsr_check", pairs("SETFPREGS", [24n, RESERVED]), "error", EINVAL, 0n],
  ["W28", "mxcsr_check", pairs("SETFPREGS", [416n, 7n]), "written.0", 0n, 7n],
  ["W33", "mxcsr_check", pairs("XSTATE", [24n, RESERVED]), "error", EINVAL, 0n],
  ["W39.limit", "la57", pairs("POKEUSER", [848n, END_OF_USER_SPACE]), "error", 0n, EINVAL],
  ["W65", "set_syscall_info", info("entry32", [1n, 0n, 0n, 7n, 8n]), "written.rbx", 8n, 0n],
  ["W66", "sud", dispatching([1n, 0n, 0n, 0n], "syscall", { length: 24 }), "error", EINVAL, EIO],
  ["W67", "sud", dispatching([1n, 0n, 0n, 0n]), "error", 0n, EIO],
  ["W68", "sud", dispatching([3n, 0n, 0n, 0n]), "error", EINVAL, EIO],
  ["W69", "sud_inclusive", dispatching([2n, 0n, 7n, 5n]), "written.offset", 12n, 0n],
  ["W70", "sud", dispatching([1n, 1n << 63n, 0n, 0n]), "error", EFAULT, EIO],
  ["W70.most", "la57", dispatching([1n, 1n << 50n, 0n, 0n]), "error", 0n, EFAULT],
  ["W70.most", "sud_tagged", dispatching([1n, TAGGED, 0n, 0n], "int3"), "error", 0n, EFAULT],
  [
    "W70.most",
    "sud_half",
    dispatching([1n, END_OF_USER_SPACE + 1n, 0n, 0n], "int3"),
    "error",
    0n,
    EFAULT,
  ],
  ["W71", "pku", lock(0x200n, 0x5_0000_0007n), "written.0", 7n, 0n],
  ["W71.length", "mxcsr_check", lock(0x200n, 0x5_0000_0007n), "written.0", 7n, 0x5_0000_0007n],
  [
    "W72",
    "mxcsr_check",
    pairs("SETFPREGS", [24n, RESERVED | 0x1f80n]),
    "written.0",
    START,
    0x1f80n,
  ],
  ["W73", "mxcsr_check", pairs("XSTATE", [512n, 0n], [24n, 0n]), "written.1", START, 0n],
  ["W74", "mxcsr_check", pairs("XSTATE", [520n, 1n], [24n, 0n]), "written.1", START, 0x1f80n],
  ["W75", "fsgsbase", seed("int3", { fs_base: 7n, fs: 0x2bn }), "stopped.fs_base", 7n, 0n],
  ["S9", "xstate_size_check", unsized({ 480: 0n }), "written.0", 7n, 0n],
  ["S10", "xstate_size_check", unsized({ 480: 576n }), "written.0", 7n, 0n],
  ["S13", "xrstor_reads_all", UNTAKEN, "signal", SIGSEGV, SIGTRAP],
  ["S15", "xsavec", frame(SCRATCH, { 512: 7n, 520: COMPACTED | 7n }), "signal", SIGTRAP, SIGSEGV],
  ["S20", "xstate_size_check", unsized({ 464: 0n }), "written.0", 7n, 7n],
  ["S21", "xstate_size_check", unsized({ 480: 576n, 2432: 0n }), "written.0", 7n, 7n],
  ["S22", "xrstor_reads_legacy", WITHOUT_LEGACY, "signal", SIGSEGV, SIGTRAP],
  ["R12", "negative_restart", restarting(0xffff_ffffn), "stopped.rax", -512n, -512n],
  ["R28.bits", "la57", seed("int3", { rip: 1n << 47n }), "code", SEGV_MAPERR, SI_KERNEL],
  ["R58", "ia32", seed("int80", {}), "signal", SIGTRAP, SIGSEGV],
  ["R59", "fsgsbase", seed("bases", {}), "signal", SIGTRAP, SIGILL],
  ["R62", "iret_cuts_rip", ABOVE_4_GB, "code", 0x80n, 0x80n],
  ["R64", "div_flags", seed("div", {}), "stopped.eflags", 0x212n, undefined],
  ["R67", "sysret_limit", returning(placeOf("nops")), "stopped.ds", undefined, undefined],
  ["R67.limit", "la57", returning(END_OF_USER_SPACE), "stopped.ds", undefined, 0n],
  ["R68", "uprobe", seed("syscall", { rax: 336n }), "stopped.rax", ENXIO, ENOSYS],
  ["R69", "stack_wraps", in32("stack", { rsp: 1n }), "signal", SIGSEGV, SIGBUS],
  ["R70", "uretprobe", seed("syscall", { rax: 335n }), "signal", SIGILL, SIGTRAP],
  ["R81.past", "icebp_trap", seed("icebp", {}), "address", ICEBP + 1n, ICEBP],
  ["R84", "ia32", RESTARTED, "stopped.rax", 7n, 0xffff_fe00n],
  ["R86", "sud", dispatching([1n, 0n, 0n, 0n]), "signal", SIGSYS, undefined],
  ["R87", "sud", dispatching([1n, CONSTANTS + 3n, 0n, 0n]), "signal", SIGTRAP, undefined],
  ["R103", "negative_restart", restarting(-2n), "stopped.rax", -2n, -512n],
  ["R104", "sysret_limit", returning(0xffff_8000_0000_0000n), "stopped.ds", 0n, undefined],
  ["R105", "uprobe_eproto", seed("syscall", { rax: 336n }), "stopped.rax", -71n, ENOSYS],
  ["R109", "x32", OF_X32, "stopped.rax", 0x4000_00dbn, 0xdbn],
  ["R112", "iret_cuts_rip", ABOVE_4_GB, "stopped.rip", INT3 + 1n, (1n << 32n) + INT3],
  ["R113", "data_wraps", in32("store", { rdi: 0xffff_fffdn }), "code", SEGV_MAPERR, SI_KERNEL],
  ["R114", "alignment_first", MISALIGNED, "signal", SIGBUS, SIGSEGV],
  ["R115", "movss_breakpoint", AFTER_MOV_SS, "address", MOV_SS + 2n, 0n],
  [
    "R116",
    "data_wraps",
    in32("load", { rdi: 0xffff_fffdn, ds: 0x7bn }),
    "code",
    SI_KERNEL,
    SI_KERNEL,
  ],
  ["R117", "pop_reads_selector", POPPED, "signal", SIGTRAP, SIGBUS],
  ["U9", "div_flags", seed("div", {}), "stopped.eflags", 0x212n, undefined],
  ["U10", "amx_tile", seed("nops", {}, { signal: 10 }), "signal", undefined, SIGTRAP],
  ["U21", "pku", lock(0x200n, 1n, { signal: 10 }), "signal", undefined, undefined],
  ["U22", "xsaves", pairs("XSTATE", [160n, 7n]), "written.0", undefined, 7n],
  ["U23", "mxcsr_check", frame(SCRATCH, { 24: RESERVED }), "signal", SIGSEGV, undefined],
  ["U24", "altstack_first", REFUSED, "signal", SIGSEGV, undefined],
];

machines(
  "W71: PKRU reads as 0 unless the header names it, and is not known before later components",
  () => {
    const read = (it: Case, change: Partial<Machine> = {}) =>
      predict(it, { machine: { ...machineWith("pku"), ...change } }).predicted.get("written.0");
    assert.is(read(lock(0x200n, 0x5555_5554n)), 0x5555_5554n);
    assert.is(read(lock(7n, 0x5555_5554n)), 0n);
    assert.is(read(lock(0x200n, 7n), { xfeatures: 0x2_02e7 }), undefined);
  },
);

const WITHOUT_XSAVE: Machine = { ...machineWith(), ...NO_XSTATE };

machines("R17: a frame has an area of FXSAVE, without a magic word, if there is no XSAVE", () => {
  const top = SCRATCH + 4096n;
  const entered = (machine: Machine) =>
    predict(seed("nops", { rsp: top }, { signal: 10 }), { machine }).predicted.get("stopped.rsp");
  const frameBelow = (area: bigint) => ((area - 440n) & ~15n) - 8n;
  assert.is(entered(WITHOUT_XSAVE), frameBelow((top - 128n - 512n) & ~63n));
  assert.is(entered(machineWith()), frameBelow((top - 128n - 2432n - 4n) & ~63n));
});

machines("W28: without XSAVE SETFPREGS keeps all bytes", () => {
  const read = (machine: Machine) =>
    predict(pairs("SETFPREGS", [416n, 7n]), { machine }).predicted.get("written.0");
  assert.is(read(WITHOUT_XSAVE), 7n);
  assert.is(read(machineWith()), 0n);
});

/** Features without which a row says nothing. */
const BESIDE: Readonly<Record<string, readonly Feature[]>> = {
  W69: ["sud"],
  "W70.most": ["sud"],
  "W71.length": ["pku"],
};
/** Those with which it says nothing. */
const LACKING: Readonly<Record<string, readonly Feature[]>> = { U22: ["mxcsr_check"] };

machines("W70: what a kernel accepts of all that it may accept is the most", () => {
  const most = (...features: Feature[]) => {
    const limit = [0x7fff_ffff_f000n, 0xff_ffff_ffff_f000n, TAGGED, HALF - 1n].filter((at) => {
      const machine = machineWith("sud", ...features);
      return (
        predict(dispatching([1n, at, 0n, 0n], "int3"), { machine }).predicted.get("error") === 0n
      );
    });
    return limit.at(-1);
  };
  assert.is(most("la57"), 0xff_ffff_ffff_f000n);
  assert.is(most("sud_tagged", "la57"), TAGGED);
  assert.is(most("sud_half", "sud_tagged", "la57"), HALF - 1n);
  assert.is(most("sud_half", "sud_tagged"), HALF - 1n);
});

/** Rules with features that a machine with these tests hardly has. Below their most no selectors are drawn: W70 above has it. */
const RARE = [
  ["R109", "x32", []],
  ["W70", "sud_half", ["W70.most = 0x7fffffffffffefff"]],
  ["W70", "sud_tagged", ["W70.most = 0x7fffffffffffe000"]],
] as const;

for (const [id, feature, beyond] of RARE) {
  machines(`${id} with ${feature}: cases that are drawn show its mutants`, () => {
    const machine = machineWith("sud", feature);
    using trier = new HermeticTrier(machine);
    using batch = new Batch(512);
    const generator = new Generator(1n, undefined, { ...machine, path: "both" });
    const missing = new Map(
      mutants(machine)
        .filter(({ rule }) => rule === id)
        .map(({ name, change }) => [name, new Model(machine, change)]),
    );
    for (let index = 0; index < 50_000; index += 512) {
      generator.generate(batch, 0, index, 512);
      trier.run(batch, 512);
      for (const [name, model] of missing) {
        for (let i = 0; i < 512 && missing.has(name); i++)
          if (model.differs(batch, i)) missing.delete(name);
      }
    }
    assert.equal([...missing.keys()], beyond);
  });
}

machines("each rule and each number that depends on the machine is here", () => {
  const conditional = rules().flatMap(({ id, feature, valuesWith }) => [
    ...(feature === undefined ? [] : [id]),
    ...Object.values(valuesWith).flatMap((values) =>
      Object.keys(values).map((name) => `${id}.${name}`),
    ),
  ]);
  assert.equal(
    ROWS.map(([rule]) => rule),
    conditional,
  );
});

for (const [name, feature, it, field, withIt, without] of ROWS) {
  machines(`${name}: ${field} with and without ${feature}`, () => {
    for (const [features, expected] of [
      [[feature], withIt],
      [[], without],
    ] as const) {
      const whole = machineWith(...features, ...(BESIDE[name] ?? []));
      const lacking = [...(LACKING[name] ?? []), ...(features.length === 0 ? [feature] : [])];
      const machine = {
        ...whole,
        features: whole.features.filter((each) => !lacking.includes(each)),
      };
      const { predicted, rules: used } = predict(it, { machine });
      const word = expected && BigInt.asUintN(64, expected);
      assert.is(predicted.get(field), word, features.join());
      const condition = ruleOf(name)?.feature;
      if (condition === undefined) continue;
      assert.is(
        used.some(({ id }) => id === name),
        (condition === feature) === features.length > 0,
      );
    }
  });
}

machines.run();
