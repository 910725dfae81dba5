import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UnsupportedError } from "../src/errors.ts";
import { Tracer } from "../src/index.ts";
import { codeBytes, type Listing, loadListing, STUB_CODE } from "../src/record/listing.ts";
import { Recorder } from "../src/record/recorder.ts";
import { listings } from "../src/record/recording.ts";
import { addStubCode } from "../src/record/stub_code.ts";
import { hasTool } from "./processes.ts";
import { thrown } from "./thrown.ts";

const PAGE = 4096;

const listing = suite("listing");

listing("it has every byte of the stub code, as a stub has it in its memory", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  stub.scrub();
  const page = stub.read(tracer.stubAddress, PAGE);
  const bytes = codeBytes(loadListing(STUB_CODE));
  assert.equal([...bytes], [...page.subarray(0, bytes.length)]);
  // The loop over a ring follows, without a listing. The last word is 0: src/record/scenarios/race.ts needs one.
  assert.ok(page.subarray(-8).every((byte) => byte === 0));
});

listing("each line lies behind the one before it", () => {
  for (const name of [STUB_CODE, "guest"]) {
    let offset = 0;
    for (const line of loadListing(name).lines) {
      assert.is(line.offset, offset, line.text);
      offset += line.bytes.split(" ").length;
    }
  }
});

listing("its labels are where the shim says", () => {
  using tracer = new Tracer();
  const { lines } = loadListing(STUB_CODE);
  const at = (label: string) => lines.find((line) => line.label === label)?.offset;
  assert.is(at("stublab_stub_begin"), 0);
  assert.is(at("stublab_stub_syscall"), tracer.shim.stubSyscallOffset());
  assert.is(at("stublab_stub_rest"), tracer.shim.stubRestOffset());
});

listing("the preprocessor's names stand behind their numbers", () => {
  const texts = loadListing(STUB_CODE).lines.map(({ text }) => text);
  assert.is(texts[0], "mov $157, %eax  # __NR_prctl");
  assert.is(texts[1], "mov $1, %edi  # PR_SET_PDEATHSIG");
  assert.not.ok(texts.some((text) => /\$[A-Z_]/.test(text)));
});

listing(
  "no SYSCALL but that of exit stands right behind the number's MOV, which systrap would replace",
  () => {
    const { lines } = loadListing(STUB_CODE);
    const pairs = lines.filter(({ text }, i) => {
      return text === "syscall" && lines[i - 1]?.bytes.startsWith("b8");
    });
    assert.equal(
      pairs.map(({ offset }) => lines.find((line) => line.offset > offset)?.text),
      ["hlt"],
    );
  },
);

(hasTool("objdump") ? listing : listing.skip)("objdump reads the same instructions in it", () => {
  for (const name of [STUB_CODE, "guest"]) {
    const code = loadListing(name);
    assert.equal(
      disassemble(code),
      code.lines.map(({ offset, bytes, text }) => {
        return `${offset.toString(16)} ${bytes} ${mnemonic(text.split(" ")[0] ?? "")}`;
      }),
    );
  }
});

/** Offset, bytes and mnemonic of each instruction, by objdump. */
function disassemble(code: Listing): string[] {
  const folder = mkdtempSync(join(tmpdir(), "stublab-"));
  try {
    const file = join(folder, "code");
    writeFileSync(file, codeBytes(code));
    const args = ["-D", "-w", "-b", "binary", "-m", "i386:x86-64", file];
    const text = execFileSync("objdump", args, { encoding: "utf8" });
    return [...text.matchAll(/^ +([0-9a-f]+):\t([0-9a-f ]+)\t(\w+)/gm)].map(
      ([, offset = "", bytes = "", name = ""]) => `${offset} ${bytes.trim()} ${mnemonic(name)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Jumps have two names each. */
function mnemonic(name: string): string {
  return { jz: "je", jnz: "jne" }[name] ?? name;
}

listing(
  "every instruction of the stub code has a reason, a conditional jump one for each outcome",
  () => {
    using tracer = new Tracer();
    const recorder = new Recorder("assembly");
    addStubCode(recorder, tracer);
    for (const { offset, text } of loadListing(STUB_CODE).lines) {
      const place = recorder.placeOf(BigInt(tracer.stubAddress + offset));
      assert.is(place?.line.text, text);
      const why = place?.why ?? "";
      const reasons = typeof why === "string" ? [why] : Object.values(why);
      for (const reason of reasons) assert.match(reason, /^[A-Z].{10,}[.?:)]$/s, text);
      assert.is(reasons.length, /^j(?!mp)/.test(text) ? 2 : 1, text);
    }
  },
);

const OTHER = "dist/listing-arm64.json";

(existsSync(OTHER) ? listing : listing.skip)(
  "the listing of arm64 is made on amd64: its branches lead to their labels",
  () => {
    const loop = listings(JSON.parse(readFileSync(OTHER, "utf8")), "").find(
      ({ name }) => name === "loop",
    );
    assert.equal(
      loop?.lines.map(({ offset, bytes, text }) => [offset, bytes, text]),
      [
        [0, "00 04 00 91", "add x0, x0, #1"],
        [4, "ff ff ff 17", "b loop_begin"],
      ],
    );
  },
);

listing("code that nobody listed is refused by its name", () => {
  assert.match(thrown(UnsupportedError, () => loadListing("nothing")).message, / of the nothing$/);
});

listing.run();
