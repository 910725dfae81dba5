import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../src/errors.ts";
import { codeBytes, loadListing, STUB_CODE } from "../src/record/listing.ts";
import { assemble } from "../src/record/tasks/amd64/assembler.ts";
import { KERNEL } from "../src/record/tasks/answer.ts";
import { STUB_SOURCE } from "../src/record/tasks/exercises/repair.ts";
import { hasTool } from "./processes.ts";

const assembler = suite("assembler of answers");

const bytesOf = (source: string) => codeBytes(assemble("code", source, KERNEL));

assembler("the stub code of a task is the stub code", () => {
  assert.equal([...bytesOf(STUB_SOURCE)], [...codeBytes(loadListing(STUB_CODE))]);
});

const WIDE = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const NARROW = "eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d".split(" ");
const CONSTANTS = [0, 1, -1, 127, -128, 128, -129, 0x7fffffff, -0x80000000];

/** Every form of every instruction. */
function everything(): string[] {
  const pairs = [WIDE, NARROW].flatMap((registers) =>
    registers.flatMap((from) =>
      ["ax", "sp", "12", "13"].map((end) => [
        from,
        registers.find((to) => to.includes(end)) ?? from,
      ]),
    ),
  );
  const twoOperands = ["mov", "add", "or", "and", "sub", "xor", "cmp", "test"];
  return [
    ..."syscall int3 hlt nop pause ret ud2".split(" "),
    ...twoOperands.flatMap((name) => pairs.map(([from, to]) => `${name} %${from}, %${to}`)),
    ...twoOperands.flatMap((name) =>
      [...WIDE, ...NARROW].flatMap((to) => CONSTANTS.map((word) => `${name} $${word}, %${to}`)),
    ),
    ...WIDE.map((to) => `mov $0x123456789abcdef0, %${to}`),
    ...NARROW.map((to) => `and $0xffffff00, %${to}`),
    ...["mov", "add", "cmp"].flatMap((name) =>
      WIDE.flatMap((base) =>
        [0, 8, -128, 4096].flatMap((far) => [
          `${name} %r9, ${far}(%${base})`,
          `${name} ${far}(%${base}), %esi`,
        ]),
      ),
    ),
    ...["not", "neg", "inc", "dec"].flatMap((name) =>
      [...WIDE, ...NARROW].map((to) => `${name} %${to}`),
    ),
    ...["push", "pop"].flatMap((name) => WIDE.map((to) => `${name} %${to}`)),
    ...[
      "jmp",
      "call",
      "je",
      "jz",
      "jne",
      "jnz",
      "js",
      "jns",
      "jl",
      "jge",
      "jle",
      "jg",
      "jb",
      "jae",
      "jbe",
      "ja",
    ].flatMap((name) => [`${name} near`, `${name} far`]),
  ];
}

assembler("every instruction has the bytes that GNU as gives it", () => {
  if (!hasTool("as") || !hasTool("objcopy")) return;
  const lines = everything();
  const parts = ["near:", "nop", ...lines.slice(-32), ...Array(200).fill("nop"), "far:", "nop"];
  const folder = mkdtempSync(join(tmpdir(), "stublab-as-"));
  try {
    // In pages, as code has at most one.
    for (let i = 0; i < lines.length - 32; i += 300)
      compare(folder, lines.slice(i, Math.min(i + 300, lines.length - 32)));
    compare(folder, parts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function compare(folder: string, lines: readonly string[]): void {
  const source = `${lines.join("\n")}\n`;
  const [file, object, raw] = ["code.s", "code.o", "code.bin"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(file, source);
  execFileSync("as", ["-o", object, file]);
  execFileSync("objcopy", ["-O", "binary", "-j", ".text", object, raw]);
  const listed = assemble("code", source, KERNEL).lines;
  const expected = readFileSync(raw);
  let offset = 0;
  for (const { bytes, text } of listed) {
    const mine = bytes.split(" ").map((byte) => Number.parseInt(byte, 16));
    assert.equal(mine, [...expected.subarray(offset, offset + mine.length)], text);
    offset += mine.length;
  }
  assert.is(offset, expected.length);
}

const WRONG: readonly (readonly [source: string, message: RegExp])[] = [
  ["", /^there is no instruction$/],
  ["a:\n", /^no instruction follows the label a$/],
  ["a: nop\na: nop\n", /^line 2: label a is there already$/],
  ["jmp b\n", /^line 1: there is no label "b"$/],
  ["nop\nsyscal\n", /^line 2: unknown instruction "syscal"; did you mean syscall\?$/],
  ["mov $1\n", /^line 1: mov takes 2 operands, got 1$/],
  ["mov %rax, %eax\n", /^line 1: the two registers have different widths$/],
  ["mov %rax, $1\n", /^line 1: the second operand cannot be a constant$/],
  ["mov (%rax), (%rbx)\n", /^line 1: an instruction has at most one operand in memory$/],
  ["mov $SYS_prct, %eax\n", /^line 1: unknown name "SYS_prct"; did you mean SYS_prctl\?$/],
  ["mov %rxa, %rbx\n", /^line 1: unknown register %rxa/],
  ["mov $0x100000000, %eax\n", /^line 1: 4294967296 does not fit into a register of 32 bits$/],
  ["add $0x80000000, %rax\n", /^line 1: 2147483648 does not fit into 32 bits$/],
  ["mov rax, rbx\n", /^line 1: expected %register, \$number or number\(%register\), got "rax"$/],
  [`${"nop\n".repeat(4097)}`, /^the code has 4097 bytes, more than a page$/],
];

assembler("what it does not know is refused with its line", () => {
  for (const [source, message] of WRONG) {
    try {
      bytesOf(source);
      assert.unreachable(source);
    } catch (error) {
      assert.instance(error, InputError);
      assert.match(error instanceof Error ? error.message : "", message);
    }
  }
});

assembler.run();
