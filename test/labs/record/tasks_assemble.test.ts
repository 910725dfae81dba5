import { loadListing } from "../../../src/labs/record/listing.ts";
import { KERNEL } from "../../../src/labs/record/tasks/answer.ts";
import { assemble } from "../../../src/labs/record/tasks/assemble.ts";
import { stubSource } from "../../../src/labs/record/tasks/exercises/code.ts";

const assembling = suite("code of answers");
const withCompiler = needs(assembling, "cc");

const assembled = (source: string) => assemble("code", source, KERNEL);

async function refusal(source: string): Promise<string> {
  try {
    await assembled(source);
  } catch (error) {
    assert.instance(error, InputError);
    return error instanceof Error ? error.message : "";
  }
  return "accepted";
}

withCompiler("the stub code of a task is the stub code", async () => {
  const listing = await assembled(stubSource());
  assert.equal([...codeBytes(listing)], [...codeBytes(loadListing(STUB_CODE))]);
});

withCompiler("a listing has the instructions with their labels and their bytes", async () => {
  const { lines } = await assembled(
    "a: b:\n  nop # one\n\nc:\n\n  mov   $SYS_write,%eax // two\n nop",
  );
  assert.equal(lines, [
    { offset: 0, bytes: "90", text: "nop", label: "a b" },
    { offset: 1, bytes: "b8 01 00 00 00", text: "mov $SYS_write,%eax", label: "c" },
    { offset: 6, bytes: "90", text: "nop", label: null },
  ]);
});

withCompiler("what does not assemble is refused with its line", async () => {
  assert.match(await refusal("nop\n\nmvo %rax, %rbx"), /^line 3: .*mvo/);
  assert.is(await refusal("nop\njmp nowhere"), 'there is no label "nowhere"');
  assert.match(await refusal("mov $SIGKIL, %edi"), /there is no label "SIGKIL"/);
  assert.match(await refusal("a: nop\na: nop"), /^line 2: .*a/);
  assert.is(await refusal("# nothing"), "there is no instruction");
  assert.match(await refusal("movabs $1, %rax\n".repeat(500)), /^the code has 5000 bytes/);
});

withCompiler("nothing but instructions is assembled: no directive reads a file", async () => {
  const secret = '"/etc/passwd"';
  for (const line of [
    `.incbin ${secret}`,
    `a: .include ${secret}`,
    `nop; .incbin ${secret}`,
    `/**/ .incbin ${secret}`,
    "nop /* ",
    ".macro x",
    ".rept 1000000000",
    "\\x",
    ". = 0x7fffffff",
    "nop \r .incbin",
  ]) {
    assert.match(await refusal(`nop\n${line}\nnop`), /^line 2: expected an instruction, got/, line);
  }
});

assembling("without a compiler, the error names it", async () => {
  const { CC } = process.env;
  process.env.CC = "/nowhere/cc";
  try {
    const { message } = await rejected(UnsupportedError, assembled("nop"));
    assert.match(message, /cannot run the C compiler \/nowhere/);
  } finally {
    if (CC === undefined) delete process.env.CC;
    else process.env.CC = CC;
  }
});
