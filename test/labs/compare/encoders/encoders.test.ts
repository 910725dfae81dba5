// Constants of the encoders, and vectors of what they compute. That they agree, `compare` shows: test/labs/compare.

import { FUNCTIONS, registerLayout } from "../../../../src/index.ts";

const encoders = ENCODERS.map((name) => openEncoder(name, "amd64"));
const native = openEncoder("native", "amd64");

const constants = suite("encoders: constants");

const WITHOUT_HEADER = [
  ...["ENOIOCTLCMD", "ERESTARTNOHAND", "ERESTARTNOINTR", "ERESTARTSYS", "ERESTART_RESTARTBLOCK"],
  "heap",
];

constants("assembly and script have the values of the system's headers", () => {
  for (const { name: encoder, constants: own } of encoders)
    for (const [name, value] of native.constants)
      assert.is(own.get(name), value, `${encoder} ${name}`);
});

constants("the headers lack only what the kernel does not export, and newer system calls", () => {
  const old = !native.constants.has("SYS_mseal");
  const lacking = [...openEncoder("assembly", "amd64").constants.keys()]
    .filter((name) => !native.constants.has(name))
    .filter((name) => !(old && name.startsWith("SYS_")));
  assert.equal(lacking.sort(), WITHOUT_HEADER);
});

constants("assembly, script and gvisor have the same names and values, except heap", () => {
  const of = (name: string, arch: "amd64" | "arm64") =>
    [...openEncoder(name, arch).constants].filter(([key]) => key !== "heap").sort();
  for (const arch of ["amd64", "arm64"] as const)
    for (const other of ["assembly", "gvisor"]) assert.equal(of(other, arch), of("script", arch));
});

const REGISTERS =
  "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
  "fs_base gs_base ds es fs gs";

constants("the layout is the 27 words of struct user_regs_struct", () => {
  for (const encoder of encoders) {
    const layout = registerLayout(encoder);
    assert.is(layout.map(({ name }) => name).join(" "), REGISTERS, encoder.name);
    for (const [i, { offset }] of layout.entries()) assert.is(offset, 8 * i, encoder.name);
    assert.is(encoder.constants.get("REGISTERS_SIZE"), 216n, encoder.name);
  }
});

const vectors = suite("encoders: vectors");

/** The words of a window: the area of arguments, the block, the initial block, each among others. */
const PLACES = { area: 26, block: 32, initial: 80 } as const;
const WINDOW = 128;

/** The number of a word: a register of the block, or of the area. */
function placeOf(name: string): number {
  const index = REGISTERS.split(" ").indexOf(name);
  if (index < 0) assert.match(name, /^arg[0-5]$/);
  return index < 0 ? PLACES.area + Number(name[3]) : PLACES.block + index;
}

const wordOf = (text = "") => (text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text));

/** The words of `rax=1 rip=2`, by number. */
function registersIn(words: readonly string[]): [number, bigint][] {
  const pairs = words.filter((word) => word.includes("=") && word.length > 1);
  return pairs.map((pair) => [placeOf(pair.split("=")[0] ?? ""), wordOf(pair.split("=")[1])]);
}

const random = randomWords(0x5eed_0001n);

for (const line of readFileSync("test/labs/compare/encoders/vectors.txt", "utf8").split("\n")) {
  const [, only, call = "", result, after = ""] =
    /^(gvisor )?(\w+(?: [^\s>]*[^\s=>-][^\s>]*)*)(?: = (\S+))?(?: -> (.*))?$/.exec(line) ?? [];
  const [title = "", ...words] = call.split(" ");
  const name = FUNCTION_NAMES.find((each) => each === title);
  if (name === undefined) continue;
  vectors(line, () => {
    const numbers = words.filter((word) => !word.includes("="));
    for (const encoder of only === undefined ? encoders : [openEncoder("gvisor", "amd64")]) {
      const start = Math.ceil(encoder.heap / 8) * 8;
      const own = new BigUint64Array(encoder.buffer, start, WINDOW);
      own.set(Array.from(own, random));
      for (const [place, word] of registersIn(words)) own[place] = BigInt.asUintN(64, word);
      const given = numbers.values();
      const args = FUNCTIONS[name].parameters.map(({ kind, name: parameter }) => {
        if (kind === "block")
          return start + 8 * (parameter === "initial" ? PLACES.initial : PLACES.block);
        if (kind === "area") return start + 8 * PLACES.area;
        const word = wordOf(given.next().value);
        return kind === "i32" ? Number(word) : word;
      });
      // What is copied from the initial block is there in the block's own place, too.
      own.copyWithin(PLACES.initial, PLACES.block, PLACES.block + 27);
      const expected = own.slice();
      for (const [place, word] of registersIn(after.split(" ")))
        expected[place] = BigInt.asUintN(64, word);
      const answer = Reflect.apply(encoder[name], encoder, args);
      assert.equal(own.slice(), expected, encoder.name);
      if (result !== undefined) assert.is(BigInt(answer), wordOf(result), encoder.name);
    }
  });
}
