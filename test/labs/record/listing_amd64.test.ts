import { type Listing, loadListing } from "../../../src/labs/record/listing.ts";

const listing = suite("listing of amd64");

listing("the preprocessor's names stand behind their numbers", () => {
  const texts = loadListing(STUB_CODE).lines.map(({ text }) => text);
  assert.is(texts[0], "mov $157, %eax  # __NR_prctl");
  assert.is(texts[1], "mov $1, %edi  # PR_SET_PDEATHSIG");
  assert.not.ok(texts.some((text) => /\$[A-Z_]/.test(text)));
});

listing("no SYSCALL but that of exit follows its number's MOV, which systrap would replace", () => {
  const { lines } = loadListing(STUB_CODE);
  const pairs = lines.filter(({ text }, i) => {
    return text === "syscall" && lines[i - 1]?.bytes.startsWith("b8");
  });
  lists(pairs, ["hlt"], ({ offset }) => lines.find((line) => line.offset > offset)?.text);
});

needs(listing, "objdump")("objdump reads the same instructions in it", () => {
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
  const file = join(temporaryFolder(), "code");
  writeFileSync(file, codeBytes(code));
  const args = ["-D", "-w", "-b", "binary", "-m", "i386:x86-64", file];
  const text = execFileSync("objdump", args, { encoding: "utf8" });
  return [...text.matchAll(/^ +([0-9a-f]+):\t([0-9a-f ]+)\t(\w+)/gm)].map(
    ([, offset = "", bytes = "", name = ""]) => `${offset} ${bytes.trim()} ${mnemonic(name)}`,
  );
}

/** Jumps have two names each. */
function mnemonic(name: string): string {
  return { jz: "je", jnz: "jne" }[name] ?? name;
}
