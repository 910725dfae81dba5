import { CODES } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { REGISTERS } from "../../../src/labs/fuzz/case/amd64/kinds.ts";
import { CONTENTS } from "../../../src/labs/fuzz/case/arch.ts";
import { writeSetup } from "../../../src/labs/fuzz/case/batch.ts";
import { caseOf } from "../../../src/labs/fuzz/case/case.ts";
import { ONS, STARTS, WAYS } from "../../../src/labs/fuzz/case/records.ts";

const cases = suite("fuzz: cases");

cases("a case of another architecture does not get into the memory that the shim reads", () => {
  const { message } = thrown(InputError, () =>
    writeSetup({ ...SIMPLE, way: "TLS" }, new Batch(1), 0),
  );
  assert.is(message, "no case of this architecture: from signal by TLS on CONT");
});

/** A stub that returns from a signal does it in one way only. */
const RETURN: Case = {
  ...{ ...SIMPLE, way: "SIGRETURN" },
  frame: { ucFlags: 0xffff_fffa, fpstate: true },
};

/** A case of several steps, and one of each combination, with every part that its way has. */
function* all(): Generator<Case> {
  yield caseOf([
    { ...SIMPLE, from: "exit", on: "SYSCALL" },
    parseCase({ schema, way: "SIGMASK" }),
    parseCase({ schema, way: "POKEUSER", pairs: [{ offset: "0x50", word: "0x7" }] }),
    parseCase({ schema, way: "SYSCALL_INFO", words: ["0x2"] }),
    { ...SIMPLE, signal: 10 },
  ]);
  yield RETURN;
  yield {
    ...RETURN,
    pairs: [{ offset: 512n, word: 2n ** 63n }],
    frame: { ucFlags: 0, fpstate: true, image: 2n ** 64n - 1n },
  };
  const block = REGISTERS.map((_, i) => BigInt(i) << 40n);
  const pairs = [
    { offset: 80n, word: 2n ** 64n - 1n },
    { offset: 2n ** 64n - 1n, word: 3n },
  ];
  for (const from of STARTS) {
    for (const way of WAYS.filter((name) => name !== "SIGRETURN")) {
      for (const on of ONS) {
        for (const signal of [0, 9, 10, 40, 65, 2 ** 32 - 1]) {
          yield {
            from,
            way,
            on,
            signal,
            block: way === "SETREGS" || way === "SETREGSET" ? block : [],
            pairs: ["POKEUSER", "SETFPREGS", "XSTATE"].includes(way) ? pairs : [],
            words: block.slice(0, CONTENTS[way].words ?? 0),
            length: ["SETREGS", "POKEUSER", "SETFPREGS"].includes(way) ? 0 : 17,
          };
        }
      }
    }
  }
}

cases("a case comes back from its document, and from a batch, as it was", () => {
  const batch = new Batch(12);
  for (const it of all()) {
    const document: unknown = JSON.parse(JSON.stringify(formatCase(it)));
    assert.equal(parseCase(document), it);
    const [, last = -1, next = -1] = batch.put([SIMPLE, it, SIMPLE], 3);
    assert.equal(batch.at(last), it);
    assert.is(next, last + 1);
    assert.is(last, 3 + stepsOf(it).length);
  }
});

const schema = "stublab.case/1";

cases("docs/fuzzing-cases.md has every piece of code", () => {
  const document = readFileSync("docs/fuzzing-cases.md", "utf8");
  for (const { name } of CODES) assert.match(document, `\`${name}\``);
});
