// Time limit: 120 s

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALL_REGISTERS, REGISTERS } from "../../src/encoder/arch.ts";
import { HOST_ARCH } from "../../src/shim/host_arch.ts";
import { PAGE_SIZE } from "../../src/shim/page_size.ts";
import { INSTRUCTION_POINTER, PARENT } from "../../src/stub/arch.ts";
import { topOfUserSpace } from "../../src/stub/user_space.ts";
import { callNumber } from "../support/libc.ts";
import {
  type Ending,
  eventually,
  hasTool,
  isAlive,
  processState,
  Running,
  run,
  stublabCommand,
} from "../support/processes.ts";

const cli = suite("command line");

const OF_CALL = CALL_REGISTERS[HOST_ARCH];
/** A call that only a signal ends. */
const WAIT = ["ppoll", "0", "0", "0", "0"];
/** More than the memory of a stub with its code. */
const LOST = 1 << 28;

const stublab = (...args: string[]): Promise<Ending> => run(stublabCommand(...args));

interface BootstrapDocument {
  schema: string;
  encoder: string;
  arch: string;
  host: { pid: number; tid: number };
  stubs: {
    role: string;
    pid: number;
    parentPid: number;
    tracerTid: number;
    stubAddress: string;
    registers: Record<string, string>;
    residentBytes: number;
    microseconds: number;
  }[];
  checks: { name: string; held: boolean; expected: string; seen: string; pid: number }[];
}

function parseBootstrap(text: string): BootstrapDocument {
  const document: BootstrapDocument = JSON.parse(text);
  assert.is(document.schema, "stublab.bootstrap/1");
  return document;
}

cli("prints its version and its help to stdout", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(await stublab("--version"), {
    code: 0,
    signal: null,
    stdout: `${version}\n`,
    stderr: "",
  });
  for (const args of [
    ["--help"],
    ["-h"],
    ["help"],
    ["bootstrap", "--help"],
    ["inject", "--help"],
    ["doctor", "-h"],
  ]) {
    const { code, stdout, stderr } = await stublab(...args);
    assert.is(code, 0, args.join(" "));
    assert.match(stdout, "usage: stublab");
    assert.is(stderr, "");
  }
});

for (const [what, args, message] of [
  ["nothing", [], "usage: stublab"],
  ["an unknown command", ["bootstrp"], "did you mean bootstrap?"],
  ["an unknown option", ["bootstrap", "--bogus"], "unknown option --bogus\n"],
  ["a misspelt option", ["bootstrap", "--grandchilden", "2"], "did you mean --grandchildren?"],
  ["a misspelt --help", ["bootstrap", "--hlep"], "unknown option --hlep; did you mean --help?"],
  ["an unknown short option", ["bootstrap", "-x"], "unknown option -x\n"],
  ["a repeated option", ["bootstrap", "--hold", "--hold"], "--hold is given more than once\n"],
  ["a value of a flag", ["bootstrap", "--json=1"], '--json takes no value, got "1"'],
  ["a missing value", ["bootstrap", "--encoder"], "--encoder: the value is missing\n"],
  [
    "an option in place of a value",
    ["bootstrap", "--encoder", "--hold"],
    /--encoder: the value is missing before "--hold"\n {2}remedy: .+, write --encoder=--hold\n/,
  ],
  ["a stray word", ["bootstrap", "x"], 'unexpected argument "x"'],
  ["an invalid count", ["bootstrap", "--grandchildren", "many"], '"many"'],
  ["an unknown encoder", ["bootstrap", "--encoder", "assmbly"], "did you mean assembly?"],
  ["an unknown exit signal", ["bootstrap", "--exit-signal", "SIGKIL"], "did you mean SIGKILL?"],
  ["no call", ["inject"], "needs the name of a system call"],
  ["an unknown call", ["inject", "getpdi"], "did you mean getpid?"],
  ["seven arguments", ["inject", "getpid", ..."1234567"], "at most 6"],
  ["an unknown flag", ["inject", "mmap", "0", "1", "PROT_RED"], "did you mean PROT_READ?"],
  ["a missing file", ["inject", "read", "0", "@/none"], "ENOENT"],
  ["an unknown escape", ["inject", "write", "1", "\\q", "1"], "\\q"],
] as const) {
  cli(`refuses ${what} with status 2 and the reason`, async () => {
    const { code, stdout, stderr } = await stublab(...args);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.match(stderr, message);
  });
}

cli("bootstrap prints the family and a line for each check, all held", async () => {
  const { code, stdout, stderr } = await stublab("bootstrap");
  assert.is(code, 0, stderr);
  assert.match(stdout, /^host \d+\n└─ master \d+ .*\n( {3}├─ grandchild \d+ .*\n){2} {3}└─ grand/m);
  assert.is(stdout.match(/^ {2}ok /gm)?.length, 60);
  assert.not.match(stdout, "FAIL");
  assert.not.match(stdout, "\x1b");
});

for (const encoder of ["assembly", "script", "native"]) {
  cli(`bootstrap --json describes the stubs of encoder ${encoder}`, async () => {
    const { code, stdout } = await stublab("bootstrap", "--encoder", encoder, "--json");
    assert.is(code, 0);
    const { encoder: used, arch, host, stubs, checks } = parseBootstrap(stdout);
    assert.equal([used, arch, host.tid], [encoder, HOST_ARCH, host.pid]);
    const [master, ...grandchildren] = stubs;
    assert.is(grandchildren.length, 3);
    assert.is(master?.parentPid, host.pid);
    for (const stub of stubs) {
      assert.is(stub.tracerTid, host.tid);
      assert.is(stub.residentBytes, PAGE_SIZE);
      assert.ok(stub.microseconds > 0);
      assert.equal(Object.keys(stub.registers), REGISTERS[HOST_ARCH]);
      assert.is(stub.registers[PARENT], `0x${stub.parentPid.toString(16)}`);
      assert.ok(BigInt(stub.registers[INSTRUCTION_POINTER] ?? 0) > BigInt(stub.stubAddress));
      assert.not(isAlive(stub.pid));
    }
    for (const { parentPid } of grandchildren) assert.is(parentPid, master?.pid);
    assert.ok(checks.every(({ held, expected, seen }) => held && expected === seen));
  });
}

cli("bootstrap makes as many grandchildren as requested, even 0", async () => {
  for (const count of [0, 1, 20]) {
    const { stdout } = await stublab("bootstrap", "--grandchildren", String(count), "--json");
    assert.is(parseBootstrap(stdout).stubs.length, count + 1);
  }
});

cli("bootstrap accepts any exit signal, by name or number, and survives", async () => {
  for (const signal of ["SIGCHLD", "CHLD", "17", "0", "SIGTERM", "SIGSTOP", "64"]) {
    const { code, stderr } = await stublab("bootstrap", "--exit-signal", signal);
    assert.is(code, 0, `${signal}: ${stderr}`);
  }
});

/** A family kept alive by --hold, and the pids of its stubs. */
async function holdFamily(...args: string[]): Promise<{ host: Running; pids: number[] }> {
  const host = new Running(stublabCommand("bootstrap", "--hold", "--json", ...args));
  await host.says(/^}$/m);
  return { host, pids: parseBootstrap(host.stdout).stubs.map(({ pid }) => pid) };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  cli(`bootstrap --hold ends at ${signal}, and its stubs within 1 s`, async () => {
    const { host, pids } = await holdFamily();
    assert.ok(pids.every(isAlive));
    process.kill(host.pid, signal);
    assert.is((await host.ended).signal, signal);
    assert.ok(await eventually(() => !pids.some(isAlive), 1000));
  });
}

cli("bootstrap --hold dies within 1 s of a grandchild's death, with all its stubs", async () => {
  const { host, pids } = await holdFamily();
  const killed = pids[2] ?? 0;
  process.kill(killed, "SIGKILL");
  assert.ok(await eventually(() => !pids.some(isAlive) && !isAlive(host.pid), 1000));
  const { signal, stderr } = await host.ended;
  assert.is(signal, "SIGKILL");
  assert.match(stderr, `stub ${killed} died: killed by SIGKILL`);
});

cli(
  "bootstrap --hold --exit-signal SIGCHLD reports a death and keeps the other stubs",
  async () => {
    const { host, pids } = await holdFamily("--exit-signal", "SIGCHLD");
    const [master = 0, first = 0, ...others] = pids;
    process.kill(first, "SIGKILL");
    assert.ok(await eventually(() => host.stderr.includes(`stub ${first} died`), 1000));
    assert.ok(
      await eventually(() => processState(first) === undefined, 1000),
      "reaped by the master",
    );
    assert.ok([master, ...others].every(isAlive));
    process.kill(master, "SIGKILL");
    const { code, stderr } = await host.ended;
    assert.is(code, 1);
    for (const pid of pids) assert.match(stderr, `stub ${pid} died`);
  },
);

cli("inject shows the call, its result, and the registers that changed", async () => {
  const { code, stdout } = await stublab("inject", "write", "1", "hello\\n", "6");
  assert.is(code, 0);
  assert.match(stdout, /^hello\nwrite\(1, "hello\\n", 6\) = 6\n/);
  assert.match(stdout, new RegExp(`^\\* ${OF_CALL.result} +0x1 +0x6$`, "m"));
  assert.match(stdout, new RegExp(`^ {2}${OF_CALL.arguments[2]} +0x6 +0x6$`, "m"));
});

cli("inject close does not close a file of its own process", async () => {
  const descriptors = Array.from({ length: 20 }, (_, i) => `${i}`);
  for (const descriptor of descriptors) {
    const { code, stdout, stderr } = await stublab("inject", "close", descriptor);
    assert.equal([code, stderr], [0, ""], descriptor);
    assert.match(stdout, new RegExp(`^close\\(${descriptor}\\) = (0|-1 EBADF .*)$`, "m"));
  }
  const { code, stdout } = await stublab("inject", "close_range", "0", "0x7fffffff", "0");
  assert.is(code, 0);
  assert.match(stdout, /^close_range\(0, 0x7fffffff, 0\) = 0\n/);
});

cli("inject --json prints the call, its result, and the registers before and after", async () => {
  const { code, stdout } = await stublab("inject", "getppid", "--json", "--encoder=script");
  assert.is(code, 0);
  const { schema, syscall, result, before, after } = JSON.parse(stdout);
  assert.is(schema, "stublab.inject/1");
  const number = callNumber("getppid");
  assert.equal(syscall, { name: "getppid", number, arguments: [] });
  assert.is(result.errno, null);
  assert.is(before[OF_CALL.number], `0x${number.toString(16)}`);
  assert.is(after[OF_CALL.result], result.value);
});

cli("inject exits with 0 if the call returns an errno", async () => {
  const { code, stdout } = await stublab("inject", "close", "-1");
  assert.is(code, 0);
  assert.match(stdout, /^close\(-1\) = -1 EBADF \(/);
  const json = JSON.parse((await stublab("inject", "close", "-1", "--json")).stdout);
  assert.equal(json.result, { value: null, errno: "EBADF", lane: "faithful" });
  assert.equal(json.syscall.arguments, ["0xffffffffffffffff"]);
});

cli("inject accepts numbers in any base, flags, strings and files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stublab-"));
  const file = join(folder, "text");
  writeFileSync(file, "from a file");
  const written = async (...args: string[]) =>
    (await stublab("inject", "write", "1", ...args)).stdout.split("write(")[0];
  assert.is(await written(`@${file}`, "11"), "from a file");
  assert.is(await written("a\\x41\\102\\0\\e", "0b101"), "aAB\0\x1b");
  assert.is(await written("str:SIGKILL", "0x7"), "SIGKILL");
  assert.is(await written("str:42", "02"), "42");
  assert.is(await written("ä→", "5"), "ä→");
  const mapped = await stublab(
    ...["inject", "mmap", "0", "4096", "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS"],
    ...["-1", "0"],
  );
  assert.match(mapped.stdout, /^mmap\(0, 4096, PROT_READ\|PROT_WRITE, .*\) = 0x[0-9a-f]+000$/m);
  rmSync(folder, { recursive: true });
});

cli("inject shows what a call wrote to an argument's memory", async () => {
  const { stdout } = await stublab("inject", "getcwd", "x".repeat(200), "200");
  assert.match(stdout, `argument 1 is now "${process.cwd().slice(0, 20)}`);
});

cli(
  "inject passes words after -- as arguments, and refuses an unknown option before it",
  async () => {
    const { stdout } = await stublab("inject", "write", "--", "1", "--json", "6");
    assert.match(stdout, "--jsonwrite(");
    assert.is((await stublab("inject", "write", "1", "--jsno", "6")).code, 2);
  },
);

for (const [what, args, message] of [
  ["exits", ["exit", "3"], "exited with status 3"],
  ["is killed", ["kill", "0", "9"], "killed by SIGKILL"],
  ["loses its code", ["munmap", `${topOfUserSpace() - LOST}`, `${LOST}`], "stopped by SIGSEGV"],
  ["does not return", WAIT, "did not return from an injected ppoll"],
] as const) {
  cli(`inject exits with 1 if the stub ${what}, and prints the registers`, async () => {
    const { code, stderr } = await stublab("inject", ...args);
    assert.is(code, 1);
    assert.match(stderr, message);
    assert.match(stderr, `${INSTRUCTION_POINTER} 0x`);
  });
}

cli("inject --json prints an error as a document", async () => {
  const { code, stdout } = await stublab("inject", "exit", "3", "--json");
  assert.is(code, 1);
  const { schema, error } = JSON.parse(stdout);
  assert.is(schema, "stublab.error/1");
  assert.is(error.code, "ERR_STUBLAB_DEATH");
});

cli("inject ends at Ctrl-C while the call blocks, and leaves no stub", async () => {
  const host = new Running(stublabCommand("inject", ...WAIT));
  const stubOf = () => {
    const path = `/proc/${host.pid}/task/${host.pid}/children`;
    return Number(readFileSync(path, "utf8").trim().split(" ")[0]);
  };
  const paused = () => {
    try {
      return readFileSync(`/proc/${stubOf()}/syscall`, "utf8").startsWith(
        `${callNumber("ppoll")} `,
      );
    } catch {
      return false;
    }
  };
  assert.ok(await eventually(paused, 4000));
  const stub = stubOf();
  process.kill(host.pid, "SIGINT");
  assert.is((await host.ended).signal, "SIGINT");
  assert.ok(await eventually(() => !isAlive(stub), 1000));
});

cli("doctor checks everything, and this machine passes", async () => {
  const { code, stdout } = await stublab("doctor", "--json");
  assert.is(code, 0, stdout);
  const { schema, checks } = JSON.parse(stdout);
  assert.is(schema, "stublab.doctor/1");
  const names = checks.map(({ name }: { name: string }) => name);
  for (const name of [
    "fork and attach",
    "inject",
    "seccomp",
    "yama",
    "process limits",
    "koffi and shim",
    "exit signal",
    "guests",
    "recordings",
    "register setups",
    "rt_sigreturn",
    "/proc",
    "temporary folder",
    "address space",
    "open files",
    "file size",
    "threads",
    "child processes",
  ]) {
    assert.ok(names.includes(name), name);
  }
  /** What other architectures skip. */
  const OTHERS = HOST_ARCH === "amd64" ? [] : ["rt_sigreturn"];
  const warned = checks.filter(({ status }: { status: string }) => status !== "ok");
  assert.equal(
    warned.filter(
      ({ name }: { name: string }) => !["process 1", "C compiler", ...OTHERS].includes(name),
    ),
    [],
  );
});

cli("doctor reports the cause and a remedy if another tracer is active", async () => {
  if (!hasTool("strace")) return;
  const [node, args] = stublabCommand("doctor");
  const { code, stdout } = await run(["strace", ["-f", "-o", "/dev/null", node, ...args]]);
  assert.is(code, 3);
  assert.match(stdout, /^FAILED +fork and attach .*EPERM\n.*\(strace\) traces it already/m);
});

cli("ends quietly if its reader closes the pipe", async () => {
  const [node, args] = stublabCommand("bootstrap", "--grandchildren", "50");
  const line = [node, ...args].map((word) => `'${word}'`).join(" ");
  const { stderr } = await run(["sh", ["-c", `${line} | head -n 1`]]);
  assert.is(stderr, "");
});

cli("uses colours on a terminal unless NO_COLOR is set", async () => {
  if (!hasTool("script")) return;
  const [node, args] = stublabCommand("doctor");
  const onTerminal = (env: NodeJS.ProcessEnv) =>
    run(["script", ["-qec", [node, ...args].join(" "), "/dev/null"]], { env });
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm" };
  delete env.NO_COLOR;
  assert.match((await onTerminal(env)).stdout, "\x1b[32m");
  assert.not.match((await onTerminal({ ...env, NO_COLOR: "1" })).stdout, "\x1b[32m");
});

cli.run();
