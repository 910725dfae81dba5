import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeBytes, loadListing, STUB_CODE } from "../../../src/labs/record/listing.ts";
import { KERNEL } from "../../../src/labs/record/tasks/answer.ts";
import { assemble } from "../../../src/labs/record/tasks/assembler.ts";
import { STUB_SOURCE } from "../../../src/labs/record/tasks/exercises/repair.ts";
import { INSTRUCTIONS } from "../../../src/labs/record/tasks/instructions.ts";
import { InputError } from "../../../src/lib/errors.ts";
import { needs } from "../../support/needs.ts";

const assembler = suite("assembler of answers");

const bytesOf = (source: string) => codeBytes(assemble("code", source, KERNEL));

assembler("the stub code of a task is the stub code", () => {
  assert.equal([...bytesOf(STUB_SOURCE)], [...codeBytes(loadListing(STUB_CODE))]);
});

const WIDE = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const NARROW = "eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d".split(" ");
const CONSTANTS = [0, 1, -1, 127, -128, 128, -129, 0x7fffffff, -0x80000000];

/** The instructions with this many operands. */
const taking = (count: number) =>
  [...INSTRUCTIONS].filter(([, each]) => !("jump" in each) && each.count === count).map(nameOf);
const nameOf = ([name]: readonly [string, unknown]) => name;

/** Every form of every instruction but jumps. */
function everything(): string[] {
  const pairs = [WIDE, NARROW].flatMap((registers) =>
    registers.flatMap((from) =>
      ["ax", "sp", "12", "13"].map((end) => [
        from,
        registers.find((to) => to.includes(end)) ?? from,
      ]),
    ),
  );
  const all = [...WIDE, ...NARROW];
  return [
    ...taking(0),
    ...taking(1).flatMap((name) =>
      (name === "push" || name === "pop" ? WIDE : all).map((to) => `${name} %${to}`),
    ),
    ...taking(2).flatMap((name) => [
      ...pairs.map(([from, to]) => `${name} %${from}, %${to}`),
      ...all.flatMap((to) => CONSTANTS.map((word) => `${name} $${word}, %${to}`)),
    ]),
    ...WIDE.map((to) => `mov $0x123456789abcdef0, %${to}`),
    ...NARROW.map((to) => `and $0xffffff00, %${to}`),
    ...taking(2).flatMap((name) =>
      WIDE.flatMap((base) =>
        [0, 8, -128, 4096].flatMap((far) => [
          `${name} %r9, ${far}(%${base})`,
          ...(name === "test" ? [] : [`${name} ${far}(%${base}), %esi`]),
        ]),
      ),
    ),
  ];
}

needs(
  assembler,
  "as",
  "objcopy",
)("every instruction has the bytes that GNU as gives it", () => {
  const lines = everything();
  const jumps = [...INSTRUCTIONS].filter(([, each]) => "jump" in each).map(nameOf);
  const to = (label: string) => jumps.map((name) => `${name} ${label}`);
  const nops = Array(200).fill("nop");
  const parts = ["near:", "nop", ...to("near"), ...to("far"), ...nops, "far:", "nop"];
  const folder = mkdtempSync(join(tmpdir(), "stublab-as-"));
  try {
    // In pages, as code has at most one.
    for (let i = 0; i < lines.length; i += 300) compare(folder, lines.slice(i, i + 300));
    compare(folder, parts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function compare(folder: string, lines: readonly string[]): void {
  const source = `${lines.join("\n")}\n`;
  const [file, object, raw] = [
    join(folder, "code.s"),
    join(folder, "code.o"),
    join(folder, "code.bin"),
  ] as const;
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
