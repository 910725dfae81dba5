import { readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stublab } from "../support/in_process.ts";
import { needs } from "../support/needs.ts";
import { Running, run, stublabCommand } from "../support/processes.ts";
import { assemble, call, compile, exitWith } from "../support/programs.ts";
import { temporaryFolder } from "../support/temporary.ts";

const cli = suite("stublab guest");
const withCompiler = needs(cli, "cc");
const withMusl = needs(cli, "musl-gcc");

const folder = temporaryFolder();

const guest = (...args: string[]) => stublab(["guest", ...args]);

/** Writes a file into the folder of this test; returns its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Document {
  schema: string;
  encoder: string;
  result: { kind: string; status?: number; signal?: string; address?: string };
  calls: Record<string, number>;
  switches: number;
  output: { stdout: string; stderr: string };
  trace?: string[];
  omitted: { stdout: number; stderr: number; trace: number };
  truncated: boolean;
}

function parse(text: string): Document {
  const document: Document = JSON.parse(text);
  assert.is(document.schema, "stublab.guest/1");
  return document;
}

withMusl("passes output through, and passes arguments", async () => {
  const text = `
    #include <stdio.h>
    int main(int argc, char **argv) {
      for (int i = 1; i < argc; i++) puts(argv[i]);
      fprintf(stderr, "%d words for %s\\n", argc, argv[0]);
      return 0;
    }`;
  const path = file("words", compile("musl-gcc", "words.c", text, "-static"));
  const { code, stdout, stderr } = await guest(path, "a", "-1", "--encoder", "script", "b c");
  assert.is(code, 0, stderr);
  assert.is(stdout, "a\n-1\nb c\n");
  assert.is(stderr, "4 words for words\n");
  assert.is((await guest(path, "--", "--json", "--")).stdout, "--json\n--\n");
});

withCompiler("traces on stderr in the format of strace", async () => {
  const body = `${call("write", 1, "$text", 3)}\n${call("getuid")}\n${exitWith(0)}\n.data\ntext: .ascii "hi\\n"`;
  const { code, stdout, stderr } = await guest(file("hi", assemble(body)), "--trace");
  assert.is(code, 0);
  assert.is(stdout, "hi\n");
  const [first, second, ...rest] = stderr.split("\n");
  assert.is(first, 'write(1, "hi\\n", 3) = 3');
  assert.match(second ?? "", /^getuid\(.*\) = -1 ENOSYS$/);
  assert.equal(rest, ["exit(0) = ?", "exited with status 0", ""]);
});

for (const encoder of ["assembly", "script", "native"]) {
  withCompiler(`prints one document with encoder ${encoder}`, async () => {
    const body = `${call("write", 1, "$text", 3)}\n${call("write", 2, "$text", 2)}\n${exitWith(3)}\n.data\ntext: .ascii "hi\\n"`;
    const path = file("hi", assemble(body));
    const { code, stdout, stderr } = await guest(path, "--json", "--trace", "--encoder", encoder);
    assert.is(code, 1);
    assert.is(stderr, "");
    assert.equal(parse(stdout), {
      schema: "stublab.guest/1",
      encoder,
      result: { kind: "exited", status: 3 },
      calls: { write: 2, exit: 1 },
      switches: 3,
      output: { stdout: "hi\n", stderr: "hi" },
      trace: ['write(1, "hi\\n", 3) = 3', 'write(2, "hi", 2) = 2', "exit(3) = ?"],
      omitted: { stdout: 0, stderr: 0, trace: 0 },
      truncated: false,
    });
  });
}

withCompiler("assembles sources, and leaves no file behind", async () => {
  const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith("stublab-guest-"));
  const before = temporary();
  const fault = await guest("examples/guests/fault.S");
  assert.is(fault.code, 1);
  assert.match(fault.stderr, /^killed by SIGSEGV at 0x200000008 \(rip 0x40100a\)\n$/);
  const loop = await guest("examples/guests/loop.S", "--deadline", "100", "--json");
  assert.is(loop.code, 1);
  const { result, trace } = parse(loop.stdout);
  assert.equal(result, { kind: "interrupted", reason: "deadline" });
  assert.is(trace, undefined);
  const macro = file("macro.S", `#define N 5\n.globl _start\n_start:\n${exitWith("rbx")}`);
  assert.is((await guest(macro)).code, 0);
  const broken = await guest(file("broken.s", "bogus %rax\n"));
  assert.is(broken.code, 2);
  assert.match(broken.stderr, /does not assemble:[\s\S]*no such instruction/);
  const long = await guest(file("long.s", "no such instruction\n".repeat(100_000)));
  assert.is(long.code, 2);
  assert.ok(long.stderr.length < 10_000, `${long.stderr.length}`);
  assert.equal(temporary(), before);
});

cli("names the missing package if there is no compiler", async () => {
  const env = { ...process.env, CC: "no-such-compiler" };
  const { code, stderr } = await run(stublabCommand("guest", "examples/guests/loop.S"), { env });
  assert.is(code, 3);
  assert.match(stderr, "cannot run the C compiler no-such-compiler");
  assert.match(stderr, "apt-get install gcc");
});

/** Writes the letter x forever, 4096 at a time. */
const CHATTER = `
  1: ${call("write", 1, "$letters", 4096)}
  testq %rax, %rax
  jns 1b
  ${exitWith(9)}
  .data
  letters: .fill 4096, 1, 120`;

withCompiler("ends if the reader of its output closes the pipe", async () => {
  const path = file("chatter", assemble(CHATTER));
  const command = [process.execPath, ...stublabCommand("guest", path)[1]].join(" ");
  const { code, stdout, stderr } = await run(["sh", ["-c", `${command} | head -c 5`]]);
  assert.equal([code, stdout, stderr], [0, "xxxxx", ""]);
});

withCompiler("keeps at most 4 MB of each stream for its document", async () => {
  const path = file(
    "chatter",
    assemble(CHATTER.replace("4096, 1", "4194304, 1").replace("$4096", "$1048576")),
  );
  const { stdout } = await guest(path, "--json", "--deadline", "1500");
  const { output, omitted, truncated, result, calls } = parse(stdout);
  assert.is(result.kind, "interrupted");
  assert.is(truncated, true);
  assert.is(output.stdout.length, 4 << 20);
  const written = (calls.write ?? 0) * (1 << 20);
  assert.is(output.stdout.length + omitted.stdout, written);
});

/** Writes the letter x forever, 1024 at a time. */
const STUTTER = `
  movq $vectors, %rdi
  movl $1024, %ecx
  1: movq $letter, (%rdi)
  movq $1, 8(%rdi)
  addq $16, %rdi
  loop 1b
  2: ${call("writev", 1, "$vectors", 1024)}
  jmp 2b
  .data
  letter: .ascii "x"
  .bss
  vectors: .skip 16384`;

withCompiler("needs little memory for a guest that makes many small writes", async () => {
  const path = file("stutter", assemble(STUTTER));
  const env = { ...process.env, NODE_OPTIONS: "--max-old-space-size=100" };
  const [node, args] = stublabCommand("guest", path, "--json", "--trace", "--deadline", "3000");
  const { stdout, stderr } = await run([node, args], { env });
  assert.is(stderr, "");
  const { output, omitted, trace = [], calls } = parse(stdout);
  assert.is(output.stdout.length + omitted.stdout, 1024 * (calls.writev ?? 0));
  assert.is(trace.length + omitted.trace, calls.writev);
  assert.ok(trace.join("").length <= 4 << 20);
});

withCompiler("leaves no process behind when it is interrupted", async () => {
  const running = new Running(
    stublabCommand("guest", file("chatter", assemble(CHATTER)), "--deadline", "60000"),
  );
  await running.says(/xxxx/);
  process.kill(running.pid, "SIGINT");
  assert.is((await running.ended).signal, "SIGINT");
});

cli.run();
