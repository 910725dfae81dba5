import { suite } from "uvu";
import * as assert from "uvu/assert";
import { baselineWith } from "../../../src/labs/fuzz/case/amd64/baseline.ts";
import { CONSTANTS, placeOf, SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { indexOf } from "../../../src/labs/fuzz/case/amd64/registers.ts";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import type { Case } from "../../../src/labs/fuzz/case/case.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import { Model } from "../../../src/labs/fuzz/predict/model.ts";
import { mutants } from "../../../src/labs/fuzz/predict/mutants.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import { ruleOf, rules } from "../../../src/labs/fuzz/predict/rules.ts";
import type { Feature } from "../../../src/labs/fuzz/try/arch.ts";
import { HermeticTrier } from "../../../src/labs/fuzz/try/hermetic.ts";
import type { Machine } from "../../../src/labs/fuzz/try/machine.ts";
import { NO_XSTATE, type Xstate } from "../../../src/labs/fuzz/try/xstate.ts";
import { CUT, frame, lock, machineWith, SHORT } from "../../support/hidden_cases.ts";
import { breakpoint, dispatching, SIMPLE, seed } from "../../support/seeds.ts";
import { AMX_XSTATE } from "../../support/xstates.ts";

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
const UNASKED = frame(SCRATCH - 448n, { 472: 0n, 512: 0n });
const UNTAKEN_COMPACTED = frame(CUT, { ...SHORT, 512: 3n, 520: COMPACTED | 7n });
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
  ["W5.TASK_SIZE_MAX", "la57", seed("int3", { fs_base: END_OF_USER_SPACE }), "error", 0n, EIO],
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
  ["W39.TASK_SIZE_MAX", "la57", pairs("POKEUSER", [848n, END_OF_USER_SPACE]), "error", 0n, EINVAL],
  ["W65", "set_syscall_info", info("entry32", [1n, 0n, 0n, 7n, 8n]), "written.rbx", 8n, 0n],
  ["W66", "sud", dispatching([1n, 0n, 0n, 0n], "syscall", { length: 24 }), "error", EINVAL, EIO],
  ["W67", "sud", dispatching([1n, 0n, 0n, 0n]), "error", 0n, EIO],
  ["W68", "sud", dispatching([3n, 0n, 0n, 0n]), "error", EINVAL, EIO],
  ["W69", "sud_inclusive", dispatching([2n, 0n, 7n, 5n]), "written.offset", 12n, 0n],
  ["W70", "sud", dispatching([1n, 1n << 63n, 0n, 0n]), "error", EFAULT, EIO],
  ["W70.USER_PTR_MAX", "la57", dispatching([1n, 1n << 50n, 0n, 0n]), "error", 0n, EFAULT],
  [
    "W70.USER_PTR_MAX",
    "sud_tagged",
    dispatching([1n, TAGGED, 0n, 0n], "int3"),
    "error",
    0n,
    EFAULT,
  ],
  [
    "W70.USER_PTR_MAX",
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
  ["W77", "mxcsr_check", { ...pairs("XSTATE", [832n, 7n]), length: 11008 }, "written.0", 0n, 7n],
  ["S9", "xstate_size_check", unsized({ 480: 0n }), "written.0", 7n, 0n],
  ["S10", "xstate_size_check", unsized({ 480: 576n }), "written.0", 7n, 0n],
  ["S13", "xrstor_reads_all", UNTAKEN, "signal", SIGSEGV, SIGTRAP],
  ["S15", "xsavec", frame(SCRATCH, { 512: 7n, 520: COMPACTED | 7n }), "signal", SIGTRAP, SIGSEGV],
  ["S20", "xstate_size_check", unsized({ 464: 0n }), "written.0", 7n, 7n],
  ["S21", "xstate_size_check", unsized({ 480: 576n, 2432: 0n }), "written.0", 7n, 7n],
  ["S22", "xrstor_reads_legacy", WITHOUT_LEGACY, "signal", SIGSEGV, SIGTRAP],
  ["S24", "xrstor_reads_unasked", UNASKED, "signal", SIGSEGV, SIGTRAP],
  ["S25", "xrstor_reads_compacted", UNTAKEN_COMPACTED, "signal", SIGSEGV, SIGTRAP],
  ["R12", "negative_restart", restarting(0xffff_ffffn), "stopped.rax", -512n, -512n],
  ["R28.bits", "la57", seed("int3", { rip: 1n << 47n }), "code", SEGV_MAPERR, SI_KERNEL],
  ["R58", "ia32", seed("int80", {}), "signal", SIGTRAP, SIGSEGV],
  ["R59", "fsgsbase", seed("bases", {}), "signal", SIGTRAP, SIGILL],
  ["R62", "iret_cuts_rip", ABOVE_4_GB, "code", 0x80n, 0x80n],
  ["R64", "div_flags", seed("div", {}), "stopped.eflags", 0x212n, undefined],
  ["R67", "sysret_limit", returning(placeOf("nops")), "stopped.ds", undefined, undefined],
  ["R67.TASK_SIZE_MAX", "la57", returning(END_OF_USER_SPACE), "stopped.ds", undefined, 0n],
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
  ["U21", "pku", lock(0x200n, 1n, { signal: 10 }), "signal", undefined, undefined],
  ["U22", "xsaves", pairs("XSTATE", [160n, 7n]), "written.0", undefined, 7n],
  ["U23", "mxcsr_check", frame(SCRATCH, { 24: RESERVED }), "signal", SIGSEGV, undefined],
  ["U24", "altstack_first", REFUSED, "signal", SIGSEGV, undefined],
];

machines("W71: PKRU reads as 0 unless the header names it", () => {
  const read = (it: Case) =>
    predict(it, { machine: machineWith("pku") }).predicted.get("written.0");
  assert.is(read(lock(0x200n, 0x5555_5554n)), 0x5555_5554n);
  assert.is(read(lock(7n, 0x5555_5554n)), 0n);
});

/** With TILECFG, and TILEDATA, which has to be requested. */
const WITH_AMX: Machine = { ...machineWith("pku", "xsavec"), ...AMX_XSTATE };
const onAmx = (it: Case, change: Partial<Machine> = {}) =>
  predict(it, { machine: { ...WITH_AMX, ...change } }).predicted;
const area = (...list: [bigint, bigint][]): Case => ({
  ...pairs("XSTATE", ...list),
  length: 11008,
});

machines("W34, W31: an area reports a component that has to be requested, and takes none", () => {
  assert.is(onAmx(area([464n, 0n])).get("written.0"), 0x6_02e7n);
  assert.is(onAmx(area([512n, 0x2_0000n])).get("error"), 0n);
  assert.is(onAmx(area([512n, 0x4_0000n])).get("error"), EINVAL);
});

machines("an area has each component where the processor has it, and zeros in gaps", () => {
  const read = (offset: bigint, header = 0x2_02e7n) =>
    onAmx(area([offset, 7n], [512n, header])).get("written.0");
  for (const offset of [576n, 1088n, 1152n, 1664n, 2680n, 2688n, 2752n])
    assert.is(read(offset), 7n, `${offset}`);
  // Gaps, TILEDATA, and a component that the header does not name.
  for (const offset of [832n, 1080n, 2696n, 2744n, 2816n, 11_000n])
    assert.is(read(offset), 0n, `${offset}`);
  assert.is(read(1088n, 0xc7n), 0n);
});

machines("R17: a frame has the components that a process has without a request", () => {
  const rsp = SCRATCH + 8192n;
  const entered = onAmx(seed("nops", { rsp }, { signal: 10 }));
  const below = (rsp - 128n - 2816n - 4n) & ~63n;
  assert.is(entered.get("stopped.rsp"), ((below - 440n) & ~15n) - 8n);
});

/** APX, whose place is that of MPX, before AVX-512, and last in the compacted format. */
const APX = { number: 19, offset: 960, size: 128, supervisor: false, aligned: false };
const WITH_APX = {
  components: [...AMX_XSTATE.components, APX],
  xcr0: 0xe_02e7,
  xfeatures: 0xa_02e7,
};

machines("a frame is refused for components that are not in XCR0, and no others", () => {
  const status = (features: bigint, change = {}) =>
    onAmx(frame(SCRATCH, { 512: features }), change).get("signal");
  // TILEDATA is not taken, but no error: it is in XCR0.
  for (const features of [0x2_02e7n, 0x4_0007n]) assert.is(status(features), SIGTRAP);
  for (const features of [8n, 0x800n, 0x8_0007n]) assert.is(status(features), SIGSEGV);
  assert.is(status(0x8_0007n, WITH_APX), SIGTRAP);
});

machines("a compacted frame has its components in their order, TILECFG aligned", () => {
  const taken = (layout: bigint, at: number, offset: number, change = {}) =>
    onAmx(
      frame(SCRATCH, { 520: COMPACTED | layout, 512: layout, [at]: 1n, [offset]: 0n }),
      change,
    ).get("written.3");
  assert.is(taken(0x27n, 832, 1088), 1n);
  assert.is(taken(0x47n, 832, 1152), 1n);
  // After PKRU at 832 to 840.
  assert.is(taken(0x2_0207n, 896, 2752), 1n);
  assert.is(taken(0x2_0207n, 840, 2752), 0n);
  assert.is(taken(0x8_0207n, 840, 960, WITH_APX), 1n);
});

machines("S26: a configuration of tiles that LDTILECFG refuses reads as 0", () => {
  const read = (...words: [number, bigint][]) =>
    onAmx(frame(SCRATCH, Object.fromEntries(words))).get("written.0");
  assert.is(read([2752, 1n]), 1n);
  assert.is(read([2752, 0x101n], [2768, 0x40n], [2800, 0x10n]), 0x101n);
  for (const words of [
    [[2752, 2n]],
    [[2752, 0x10001n]],
    [
      [2752, 1n],
      [2768, 0x40n],
    ],
    [
      [2752, 1n],
      [2800, 1n],
    ],
    [
      [2752, 1n],
      [2768, 0x41n],
      [2800, 1n],
    ],
    [
      [2752, 1n],
      [2768, 0x40n],
      [2800, 0x11n],
    ],
    [
      [2752, 1n],
      [2808, 1n],
    ],
  ] satisfies [number, bigint][][])
    assert.is(read(...words), 0n, String(words));
});

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
  "W70.USER_PTR_MAX": ["sud"],
  "W71.length": ["pku"],
  S25: ["xsavec"],
};
/** Those with which it says nothing. */
const LACKING: Readonly<Record<string, readonly Feature[]>> = { U22: ["mxcsr_check"] };
/** The area that a row needs, if it must have gaps. */
const AREAS: Readonly<Record<string, Xstate>> = { W77: AMX_XSTATE };

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
  ["W70", "sud_half", ["W70.USER_PTR_MAX = 0x7fffffffffffefff"]],
  ["W70", "sud_tagged", ["W70.USER_PTR_MAX = 0x7fffffffffffe000"]],
] as const;

for (const [id, feature, beyond] of RARE) {
  machines(`${id} with ${feature}: cases that are drawn show its mutants`, () => {
    const machine = machineWith("sud", feature);
    using trier = new HermeticTrier(machine);
    using batch = new Batch(512);
    const generator = new Generator(1n, { ...machine, path: "both" });
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
        ...AREAS[name],
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
