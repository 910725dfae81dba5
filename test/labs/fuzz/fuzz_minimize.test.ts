import { BASELINE, placeOf, SCRATCH, STUB_CODE } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { indexOf, REGISTERS } from "../../../src/labs/fuzz/case/amd64/kinds.ts";
import { caseOf } from "../../../src/labs/fuzz/case/case.ts";
import { minimize } from "../../../src/labs/fuzz/predict/minimize.ts";
import { dispatching } from "../../support/seeds.ts";

const minimizing = suite("fuzz: minimize");

const PLAIN: Case = { ...SIMPLE, on: "NONE" };

/** All words, and all kinds, are other than the plainest. */
const FULL: Case = {
  ...PLAIN,
  from: "exit",
  on: "SYSEMU_SINGLESTEP",
  signal: 12,
  block: REGISTERS.map((_, i) => 0xfedc_ba98_7654_3200n + BigInt(i)),
};

minimizing("where everything holds nothing is left, and where nothing smaller holds, all", () => {
  assert.equal([minimize(FULL, () => true), minimize(FULL, () => false)], [PLAIN, FULL]);
});

minimizing("what rt_sigreturn writes goes on by CONT, with a small frame", () => {
  const frame = { ucFlags: 0x8000_000c, fpstate: true };
  const returning: Case = {
    ...FULL,
    from: "signal",
    way: "SIGRETURN",
    on: "CONT",
    signal: 0,
    frame,
  };
  const tried: Case[] = [];
  const small = minimize(returning, (it) => {
    tried.push(it);
    return it.way === "SIGRETURN" && (it.frame?.ucFlags ?? 0) % 8 >= 4;
  });
  const plain = { ...PLAIN, way: "SIGRETURN", on: "CONT", frame: { ucFlags: 4, fpstate: false } };
  assert.equal(small, plain);
  assert.ok(tried.every(({ way, on }) => way !== "SIGRETURN" || on === "CONT"));
  assert.ok(tried.every(({ way, frame }) => (way === "SIGRETURN") === (frame !== undefined)));
});

minimizing("what has a part in it is left, and no more", () => {
  const [cs, rax] = [indexOf("cs"), indexOf("rax")];
  const small = minimize(FULL, ({ block, on }) => {
    return on !== "NONE" && (block[cs] ?? 0n) % 4n === 0n && (block[rax] ?? 0n) >= 1000n;
  });
  const start = { ...FULL, block: FULL.block.with(cs, 0x1234_5670n) };
  const smaller = minimize(start, ({ block, on }) => {
    return on !== "NONE" && (block[cs] ?? 0n) % 4n === 0n && (block[rax] ?? 0n) >= 1000n;
  });
  assert.equal(small, FULL, "what does not hold is not made smaller");
  assert.equal(smaller, { ...PLAIN, on: "CONT", block: BASELINE.with(rax, 1024n).with(cs, 0x30n) });
});

minimizing("pairs are dropped, and go by SETREGS where they can", () => {
  const poke: Case = {
    ...PLAIN,
    way: "POKEUSER",
    block: [],
    pairs: [0, 80, 136, 144, 80].map((offset, i) => ({
      offset: BigInt(offset),
      word: BigInt(i + 7),
    })),
  };
  const byPair = minimize(poke, ({ way, pairs }) => {
    return way === "POKEUSER" && pairs.some(({ offset, word }) => offset === 0n && word >= 2n);
  });
  assert.equal(byPair.pairs, [{ offset: 0n, word: 2n }]);
  const rax = indexOf("rax");
  const by = minimize(poke, ({ way, block, pairs }) => {
    return way === "SETREGS" ? block[rax] === 11n : pairs.some(({ word }) => word === 11n);
  });
  assert.equal(by, { ...PLAIN, block: BASELINE.with(rax, 11n) });
});

minimizing("what a call leaves in registers need not be written", () => {
  const rip = placeOf("int3");
  const words: Record<string, bigint> = { rcx: rip, r11: 0x10202n, eflags: 0x10202n, ds: 3n };
  let block = BASELINE;
  for (const [name, word] of Object.entries(words)) block = block.with(indexOf(name), word);
  const call = placeOf("syscall") + 2n;
  const there: Record<string, bigint> = { rcx: call, rip: call, r11: 0x202n, eflags: 0x202n };
  const small = minimize({ ...PLAIN, from: "exit", on: "CONT", block }, (it) => {
    const poked = Object.fromEntries(
      it.pairs.map(({ offset, word }) => [REGISTERS[Number(offset) / 8], word]),
    );
    const now = (name: string) =>
      it.way === "SETREGS" ? it.block[indexOf(name)] : (poked[name] ?? there[name]);
    return (
      it.from === "exit" &&
      now("rcx") === now("rip") &&
      now("r11") === 0x10202n &&
      now("eflags") === 0x10202n &&
      now("ds") === 3n
    );
  });
  assert.is(small.way, "POKEUSER");
  const names = small.pairs.map(({ offset }) => REGISTERS[Number(offset) / 8]);
  assert.equal(names, ["r11", "eflags", "ds"]);
});

minimizing("a prefix that SETREGSET writes goes by SETREGS without what is behind it", () => {
  const prefix: Case = { ...PLAIN, way: "SETREGSET", block: FULL.block, length: 8 };
  const small = minimize(prefix, ({ block }) => (block[0] ?? 0n) !== 0n);
  assert.equal(small, { ...PLAIN, block: BASELINE.with(0, 1n) });
});

minimizing("a call under dispatch goes by SETREGS where it can, or without dispatch", () => {
  const rip = placeOf("syscall");
  const it = dispatching([2n, 0n, 0x1000n, 0x10n], "syscall", { from: "exit" });
  const calls = ({ way, block, words }: Case) =>
    (way === "DISPATCH" ? words[4] : block[indexOf("rip")]) === rip;
  // The kernel refuses other words beside mode 0, and an empty range.
  const isValid = ({ words: [mode, ...others] }: Case) =>
    mode === 2n ? others[2] !== 0n : others.slice(0, 3).every((word) => word === 0n);
  const bySetregs = minimize(it, (other) => calls(other) && isValid(other));
  assert.equal(bySetregs, { ...PLAIN, block: BASELINE.with(indexOf("rip"), rip) });
  const off = minimize(it, (other) => other.way === "DISPATCH" && calls(other) && isValid(other));
  assert.equal(off.words, [0n, 0n, 0n, 0n, rip, 0n]);
});

minimizing("an address in the stub code goes to the scratch pages where it can", () => {
  const readable = (word: bigint) => word === STUB_CODE + 8n || word === SCRATCH;
  const rdi = indexOf("rdi");
  const it = { ...PLAIN, block: BASELINE.with(rdi, STUB_CODE + 8n) };
  const small = minimize(it, ({ block }) => readable(block[rdi] ?? 0n));
  assert.is(small.block[rdi], SCRATCH);
});

minimizing("steps are left out first, and what is left begins where the first did", () => {
  const poke: Case = { ...PLAIN, way: "POKEUSER", block: [], pairs: [{ offset: 80n, word: 7n }] };
  const it = caseOf([FULL, poke, { ...poke, signal: 9 }, { ...FULL, signal: 10 }, poke]);
  const tried: number[] = [];
  const holds = (other: Case) => {
    tried.push(stepsOf(other).length);
    const [first, ...others] = stepsOf(other);
    return (
      others.some(({ signal }) => signal === 10) &&
      [first, ...others].some((step) => step?.pairs[0]?.word === 7n)
    );
  };
  const poked = { ...poke, pairs: [{ offset: 80n, word: 7n }] };
  const last: Case = { ...poke, on: "NONE", signal: 10, pairs: [] };
  assert.equal(minimize(it, holds), caseOf([{ ...poked, from: "signal" }, last]));
  assert.equal(tried.slice(0, 5), [4, 3, 3, 2, 2]);
});

minimizing("a length goes to the plain one", () => {
  const mask: Case = { ...PLAIN, way: "SIGMASK", block: [], words: [0x1200n], length: 7 };
  assert.equal(
    minimize(mask, ({ words }) => words[0] !== 0n),
    { ...mask, words: [1n], length: 8 },
  );
});

minimizing("the number of tries is bounded, and the result is the same each time", () => {
  const results = [1, 2].map(() => {
    let tries = 0;
    const small = minimize(FULL, () => ++tries % 50 === 0);
    assert.ok(tries <= 4000);
    return small;
  });
  assert.equal(results[0], results[1]);
});
