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
  refused: Record<string, number>;
  used: { deadline: number; time: number; calls: number };
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
  const { stdout, stderr } = await succeeded(guest(path, "a", "-1", "--encoder", "script", "b c"));
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
  assert.is(second, "getuid() = -1 ENOSYS (not emulated)");
  assert.equal(rest, ["exit(0) = ?", "exited with status 0", ""]);
});

for (const encoder of ["assembly", "script", "native"]) {
  withCompiler(`prints one document with encoder ${encoder}`, async () => {
    const body = `${call("write", 1, "$text", 3)}\n${call("write", 2, "$text", 2)}\n${exitWith(3)}\n.data\ntext: .ascii "hi\\n"`;
    const path = file("hi", assemble(body));
    const { code, stdout, stderr } = await guest(path, "--json", "--trace", "--encoder", encoder);
    assert.is(code, 1);
    assert.is(stderr, "");
    const { used, ...document } = parse(stdout);
    assert.equal([used.calls, used.deadline > 0, used.time >= 0], [3, true, true]);
    assert.equal(document, {
      schema: "stublab.guest/1",
      encoder,
      result: { kind: "exited", status: 3 },
      calls: { write: 2, exit: 1 },
      refused: {},
      switches: 3,
      output: { stdout: "hi\n", stderr: "hi" },
      trace: ['write(1, "hi\\n", 3) = 3', 'write(2, "hi", 2) = 2', "exit(3) = ?"],
      omitted: { stdout: 0, stderr: 0, trace: 0 },
      truncated: false,
    });
  });
}

withCompiler("names the calls that are not emulated if the program fails after them", async () => {
  const calls = [call("rt_sigprocmask"), call("madvise"), call("madvise")].join("\n");
  const failing = file("failing", assemble(`${calls}\n${exitWith(3)}`));
  const told = "exited with status 3\nnot emulated: rt_sigprocmask, madvise (3 calls)\n";
  assert.is((await guest(failing)).stderr, told);
  assert.equal(parse((await guest(failing, "--json")).stdout).refused, {
    rt_sigprocmask: 1,
    madvise: 2,
  });
  const unharmed = file("unharmed", assemble(`${calls}\n${exitWith(0)}`));
  assert.is((await guest(unharmed)).stderr, "");
  const threaded = file("threaded", assemble(`${call("clone3")}\n${exitWith(1)}`));
  const { stderr } = await guest(threaded);
  assert.match(
    stderr,
    /^not emulated: clone3 \(1 call\); a guest has one thread and no children$/m,
  );
  const many = ["getuid", "getgid", "geteuid", "getegid", "getppid", "gettid", "sync", "pause"];
  const tries = [...many, "setsid", "vhangup"].map((name) => call(name)).join("\n");
  const { stderr: long } = await guest(file("many", assemble(`${tries}\n${exitWith(1)}`)));
  assert.match(long, /^not emulated: getuid, .*, pause and 2 more \(10 calls\)$/m);
});

/** What the Go runtime does first: it cannot block signals, and then writes where it wants to die. */
const LIKE_GO = `
  ${call("sched_getaffinity", 0, 8192, "%rsp")}
  ${call("rt_sigprocmask", 2, 0, "%rsp", 8)}
  testq %rax, %rax
  jns 1f
  movl $0xf1, %eax
  movl %eax, (%rax)
  1: ${exitWith(0)}`;

withCompiler("names them if it is killed, as a Go program is", async () => {
  const { code, stderr } = await guest(file("like-go", assemble(LIKE_GO)));
  assert.is(code, 1);
  assert.match(
    stderr,
    /^killed by SIGSEGV at 0xf1 \(rip 0x[0-9a-f]+\)\nnot emulated: sched_getaffinity, rt_sigprocmask \(2 calls\)\n$/,
  );
});

withMusl("passes an environment, standard input and files to the program", async () => {
  const text = `
    #include <stdio.h>
    #include <stdlib.h>
    int main(int argc, char **argv) {
      char line[80];
      printf("%s\\n", getenv("A"));
      while (fgets(line, sizeof line, stdin)) fputs(line, stdout);
      FILE *file = fopen(argv[1], "r");
      if (!file) { perror(argv[1]); return 1; }
      while (fgets(line, sizeof line, file)) fputs(line, stdout);
      return 0;
    }`;
  const program = file("inputs", compile("musl-gcc", "inputs.c", text, "-static"));
  const [stdin, content] = [file("stdin", "from stdin\n"), file("content", "from a file\n")];
  const args = [program, "/etc/x", "--env", "A=b=c", "--stdin", stdin];
  const both = await guest(...args, "--file", `/etc/x=${content}`, "--env", "C=");
  assert.is(both.stderr, "");
  assert.is(both.stdout, "b=c\nfrom stdin\nfrom a file\n");
  const one = await guest(...args);
  assert.equal([one.code, one.stdout], [1, "b=c\nfrom stdin\n"]);
  assert.match(one.stderr, /^\/etc\/x: No such file or directory$/m);
  const command = [process.execPath, ...stublabCommand("guest", ...args, "--stdin=-")[1]].join(" ");
  const piped = await run([
    "sh",
    ["-c", command.replace(`--stdin ${stdin} `, "").concat(" <", stdin)],
  ]);
  assert.is(piped.stdout, "b=c\nfrom stdin\n");
});

withCompiler("ends a program at the limits of its use", async () => {
  const loop = file("spinning", assemble("jmp ."));
  const caller = file("calling", assemble(`1: ${call("getpid")}\njmp 1b`));
  const heap = call("mmap", 0, 1 << 20, 3, 0x22, -1, 0);
  const eater = file("eating", assemble(`${heap}\nnegq %rax\n${call("exit", "%rax")}`));
  for (const [program, options, message] of [
    [loop, ["--time", "20"], "interrupted at the limit of its processor time\n"],
    [caller, ["--calls", "7"], "interrupted at the limit of its system calls\n"],
    [loop, ["--deadline", "20"], "interrupted at its deadline\n"],
    [eater, ["--memory", `${9 << 20}`], "exited with status 12\n"],
  ] as const) {
    assert.is((await guest(program, ...options)).stderr, message);
  }
  const { result, used } = parse((await guest(caller, "--calls", "7", "--json")).stdout);
  assert.equal([result, used.calls], [{ kind: "interrupted", reason: "calls" }, 7]);
});

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

cli("a compiler that cannot start its programs is a limit, and not a wrong source", async () => {
  // As gcc says it.
  const compiler = file(
    "cc",
    `#!/bin/sh
echo "cc: fatal error: cannot execute 'as': vfork: Resource temporarily unavailable" >&2
exit 1`,
  );
  chmodSync(compiler, 0o755);
  const env = { ...process.env, CC: compiler };
  const { code, stderr } = await run(stublabCommand("guest", file("right.s", "nop\n")), { env });
  assert.is(code, 3);
  assert.match(
    stderr,
    /cannot start its programs: cc: fatal error: .*\n {2}remedy: a limit on processes/,
  );
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
