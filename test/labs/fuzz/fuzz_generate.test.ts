import { createHash } from "node:crypto";
import { CODES, placeOf, SCRATCH, SCRATCH_SIZE } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { indexOf, REGISTERS } from "../../../src/labs/fuzz/case/amd64/kinds.ts";
import { readSetup } from "../../../src/labs/fuzz/case/batch.ts";
import { fuzzModule } from "../../../src/labs/fuzz/case/module.ts";
import {
  CONSTANTS,
  ONS,
  SETUP,
  SETUP_SIZE,
  STARTS,
  setupAt,
  WAYS,
} from "../../../src/labs/fuzz/case/records.ts";
import { PATHS } from "../../../src/labs/fuzz/draw/arch.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import { seedDocuments } from "../../../src/labs/fuzz/draw/seeds.ts";
import { rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { AMD, machineWith } from "../../support/hidden_cases.ts";

const { parents, others } = seedDocuments();
const SEEDS = parents.map(parseCase);

const generation = suite("fuzz: generation");

const module = fuzzModule();
const CASES = 100_000;
const batch = new Batch(8);
/** The ways of ptrace. */
const TRACED = WAYS.filter((name) => name !== "SIGRETURN");

/** The bytes of a case. */
function bytesOf(generator: Generator, index: number): Uint8Array {
  batch.setupBytes.fill(0xa5);
  generator.generate(batch, 3, index);
  return batch.setupBytes.slice(3 * SETUP_SIZE, 4 * SETUP_SIZE);
}

function caseOf(generator: Generator, index: number) {
  generator.generate(batch, 0, index);
  return readSetup(batch, 0);
}

generation("a case depends on the seed and its number, and on nothing else", () => {
  const [first, second] = [new Generator(7n), new Generator(7n)];
  const indices = [5, 1e6, SEEDS.length, 2 ** 40, 17, 5000];
  const there = indices.map((index) => bytesOf(first, index));
  const back = indices.toReversed().map((index) => bytesOf(second, index));
  assert.equal(there, back.toReversed());
  const other = bytesOf(new Generator(8n), 1e6);
  assert.not.equal(other, there[1]);
});

generation("cases are those that folders of this version were made of", () => {
  const digest = createHash("sha256");
  const many = new Batch(1000);
  for (const path of PATHS) {
    const generator = new Generator(0xfeed_beef_0123_4567n, { path, xstateLength: 2696 });
    for (const first of [0, 1e6, 2 ** 40]) {
      generator.generate(many, 0, first, many.capacity);
      digest.update(many.setupBytes);
    }
  }
  many[Symbol.dispose]();
  // Others need another GENERATOR (src/labs/fuzz/draw/generate.ts).
  assert.is(digest.digest("hex").slice(0, 16), "a91cabcba93cc69b");
});

/** After the seeds. */
const FROM = 1_000_000;
const USES = 1 << 14;
const model = new Model(machineWith("fsgsbase", "ia32", ...AMD, "set_syscall_info"));

/** Of so many cases those whose predictions use each of some rules. */
function usesOf(ids: readonly string[], near?: string): number[] {
  const uses = new Map(ids.map((id) => [id, 0]));
  model.select();
  const generator = new Generator(1n, { path: "both", near });
  for (let index = FROM; index < FROM + USES; index++) {
    generator.generate(batch, 0, index);
    model.predict(batch, 0);
    for (const { id } of model.used) {
      const count = uses.get(id);
      if (count !== undefined) uses.set(id, count + 1);
    }
  }
  return [...uses.values()];
}

const RARE = ["W19", "W39", "R9", "R31", "R32", "R46", "R54", "R62", "U7", "U12"];

generation("near a rule that few cases use, a hundred times as many use it", () => {
  const without = usesOf(RARE);
  RARE.forEach((rule, i) => {
    const most = 100 * Math.max(without[i] ?? 0, 1);
    const [near = 0] = usesOf([rule], rule);
    assert.ok(near >= most && near < USES, `${rule}: ${without[i]} and ${near}`);
  });
});

generation("of a run one case in eight is near a rule that few use", () => {
  const ids = rules().map(({ id }) => id);
  const [plain, near] = [usesOf(ids), usesOf(ids, "rare")];
  const isRare = (count: number) => count > 0 && count < USES / 4096;
  const sum = (counts: readonly number[]) =>
    counts.reduce((all, count, i) => (isRare(plain[i] ?? 0) ? all + count : all), 0);
  assert.ok(sum(near) >= 5 * sum(plain), `${sum(plain)} and ${sum(near)}`);
});

generation("of a run one group of numbers in four has cases of two to five steps", () => {
  const { GROUP } = CONSTANTS;
  using many = new Batch(1 << 13);
  new Model(machineWith(...AMD)).select();
  const generator = new Generator(3n, { near: "rare" });
  generator.generate(many, 0, 0, many.capacity);
  const groups = Array.from({ length: many.capacity / GROUP }, (_, n) =>
    Array.from({ length: GROUP }, (_, k) => readSetup(many, n * GROUP + k).from),
  );
  const first = Math.ceil((SEEDS.length + others.length) / GROUP);
  for (const [n, froms] of groups.entries()) {
    const steps = froms.map((from) => (from === "last" ? "+" : "1")).join("");
    assert.match(steps, n % 4 === 3 && n >= first ? /^(1\+{1,4})+$/ : /^1+$/);
  }
  const last = many.capacity - 1;
  assert.equal(generator.at(last), many.at(last));
  // Another range, as a chunk that begins within a group would be.
  generator.generate(batch, 0, last - 6, 7);
  assert.equal(
    batch.setupBytes.slice(0, 7 * SETUP_SIZE),
    many.setupBytes.slice((last - 6) * SETUP_SIZE),
  );
});

generation("every bit of the header of an XSAVE area is set, on both paths", () => {
  const [HEADER, WORDS] = [512n, 8];
  for (const [path, count] of [
    ["ptrace", 100],
    ["sigreturn", 80],
  ] as const) {
    const set = Array<bigint>(WORDS).fill(0n);
    const many = new Batch(1 << 14);
    const generator = new Generator(4n, { path });
    for (let n = 0; n < count; n++) {
      generator.generate(many, 0, n * many.capacity, many.capacity);
      for (let i = 0; i < many.capacity; i++) {
        if (many.setups[setupAt(i) + SETUP.count] === 0) continue;
        const { way, pairs } = readSetup(many, i);
        if (way !== "XSTATE" && way !== "SIGRETURN") continue;
        for (const { offset, word } of pairs) {
          const k = Number(offset - HEADER) / 8;
          if (set[k] !== undefined && (word & (word - 1n)) === 0n) set[k] |= word;
        }
      }
    }
    many[Symbol.dispose]();
    assert.equal(set, Array(WORDS).fill(2n ** 64n - 1n), path);
  }
});

generation("a record has nothing of what was there before it", () => {
  const generator = new Generator(3n);
  for (let index = 0; index < 5000; index++) {
    const tried = bytesOf(generator, index);
    // The padding, which no case has a use for.
    assert.equal(new Set(tried.subarray(16, 40)), new Set([0]));
  }
});

generation("every stop, way, resume, code, register and kind of signal comes up", () => {
  const seen = new Set<string>();
  const generator = new Generator(1n);
  for (let index = 0; index < CASES; index++) {
    const { from, way, on, signal, block, pairs, length } = caseOf(generator, index);
    for (const name of [from, way, on, `${from} ${on}`, `${from} ${way}`]) seen.add(name);
    seen.add(signal > 64 ? "no signal" : String(signal));
    const rip = block[indexOf("rip")];
    seen.add(CODES.find(({ address }) => address === rip)?.name ?? "elsewhere");
    REGISTERS.forEach((name, i) => {
      if (block[i] !== undefined && block[i] !== block.at(1)) seen.add(name);
    });
    for (const { offset } of pairs) seen.add(`${way} ${offset}`);
    if (way === "SETREGSET") seen.add(`length ${length}`);
  }
  const expected = [
    ...[...STARTS, ...TRACED, ...ONS, ...CODES.map(({ name }) => name), ...REGISTERS.slice(2)],
    ...STARTS.flatMap((from) => [...ONS, ...TRACED].map((other) => `${from} ${other}`)),
    ...["0", "9", "10", "12", "17", "19", "64", "no signal", "elsewhere"],
    ...REGISTERS.map((_, i) => `POKEUSER ${8 * i}`),
    ...["length 216", "length 0", "length 7", "SETFPREGS 24", "XSTATE 512"],
  ];
  none(expected, (name) => !seen.has(name));
});

generation("with both paths, a lot of neighbours in eight is by rt_sigreturn", () => {
  const [both, alone] = (["both", "sigreturn"] as const).map((path) => new Generator(2n, { path }));
  if (both === undefined || alone === undefined) throw new RangeError("two were made");
  const seeds = SEEDS.length + others.length;
  for (let index = 0; index < 4096; index++) {
    // The seeds come first.
    const returned = index >= seeds && Math.floor(index / 64) % 8 === 7;
    assert.is(caseOf(both, index).way === "SIGRETURN", returned, `${index}`);
    if (returned) assert.equal(caseOf(both, index), caseOf(alone, index));
  }
});

generation("what kills its stub is rare", () => {
  const generator = new Generator(5n);
  let killing = 0;
  for (let index = SEEDS.length; index < CASES; index++) {
    const { on } = caseOf(generator, index);
    if (on !== "NONE" && module.kills(batch.setups.byteOffset) === 1) killing++;
  }
  assert.ok(killing > CASES / 2000 && killing < CASES / 400, `${killing}`);
});

generation("nothing runs for ever, reads what another stored, or asks the processor", () => {
  const generator = new Generator(6n);
  const spin = placeOf("spin");
  const isScratch = (word: bigint) => word > SCRATCH - 8n && word < SCRATCH + BigInt(SCRATCH_SIZE);
  for (let index = 0; index < CASES; index++) {
    const { way, on, block, pairs } = caseOf(generator, index);
    const written = (name: string) => {
      const i = indexOf(name);
      const poked = pairs.filter(({ offset }) => way === "POKEUSER" && offset === BigInt(8 * i));
      return [...block.slice(i, i + 1), ...poked.map(({ word }) => word)];
    };
    if (written("rip").some((rip) => rip >= spin && rip <= spin + 2n)) {
      assert.ok(["NONE", "SINGLESTEP", "SYSEMU_SINGLESTEP"].includes(on), `${index} ${on}`);
    }
    if (written("rdi").some(isScratch)) {
      assert.ok(written("rip").includes(placeOf("store")), `${index}`);
    }
    const [cs = 0n, rdi = 0n] = ["cs", "rdi"].map((name) => block[indexOf(name)]);
    const isNear = rdi % (1n << 32n) > 0n && rdi % (1n << 32n) < 1n << 20n;
    const isLimited = BigInt.asUintN(32, cs) !== 0x33n && isNear;
    const selectors = way === "POKEUSER" || isLimited ? written("ds") : [];
    // That segment begins after the processor's number, and only 32-bit code looks at limits.
    assert.ok(!selectors.some((word) => (word & 0xfffcn) === 0x78n), `${index}`);
  }
});
