import { appendFileSync } from "node:fs";
import { LESSONS } from "../../src/labs/record/index.ts";
import {
  liar,
  likeModel,
  type ModuleRow,
  moduleOf,
  newPath,
  waiting,
  withoutNamespaces,
} from "../support/foreign_modules.ts";
import { type Ending, stopFor } from "../support/processes.ts";

const cli = suite("command line: encoders from files");

const stublab = (...args: string[]): Promise<Ending> => run(stublabCommand(...args));

const WASM = "./dist/encoder.wasm";

adoptOrphans();

/** The command has ended; any process that it left would be a child of this process. */
async function expectNothingLeft(): Promise<void> {
  const gone = () => childrenOf(process.pid).filter(isAlive).length === 0;
  assert.ok(await eventually(gone, 1000), `left: ${childrenOf(process.pid)}`);
}

for (const parent of ["1", "", "somebody", `${process.pid}`]) {
  cli(`a variable STUBLAB_PARENT of a shell means nothing: "${parent}"`, async () => {
    const env = { ...process.env, STUBLAB_PARENT: parent };
    await succeeded(
      run(stublabCommand("inject", "getpid", "--encoder", WASM), {
        env,
      }),
    );
  });
}

for (const [what, file] of [
  ["a WebAssembly module", () => WASM],
  ["an ES module", () => likeModel()],
] as const) {
  cli(`bootstrap with ${what} holds every check, in a process of its own`, async () => {
    const path = file();
    const host = new Running(stublabCommand("bootstrap", "--encoder", path, "--json"));
    const { stdout } = await succeeded(host.ended);
    const document = JSON.parse(stdout);
    assert.is(document.encoder, basename(path));
    assert.is.not(document.host.pid, host.pid);
    assert.ok(document.checks.every(({ held }: { held: boolean }) => held));
  });

  for (const scenario of ["cascade", "thread-dies"]) {
    cli(`lesson ${scenario} with ${what}, also in its sandbox`, async () => {
      const path = file();
      const { code, stdout, stderr } = await stublab(
        ...["lesson", scenario, "--json", "--encoder", path],
      );
      assert.equal([code, stderr], [0, ""]);
      const { encoder, end } = parseRecording(stdout);
      assert.is(encoder, basename(path));
      assert.ok(end.every(({ held }) => held));
      await expectNothingLeft();
    });
  }

  cli(`seccomp with ${what} prints what the model prints`, async () => {
    const [own, model] = await Promise.all([
      stublab("seccomp", "--encoder", file()),
      stublab("seccomp"),
    ]);
    assert.equal(own, model);
  });
}

cli("lesson --pages with a module records every lesson with it", async () => {
  const folder = newPath("");
  await succeeded(stublab("lesson", "--pages", folder, "--encoder", WASM));
  for (const scenario of LESSONS) {
    assert.is(loadRecording(join(folder, `${scenario}.json`)).encoder, "encoder.wasm", scenario);
  }
});

cli("lesson --record with a module that throws fails once, and writes no file", async () => {
  const output = newPath(".json");
  const file = likeModel({ encodeBootstrap: "() => { throw new Error('boom'); }" });
  const args = ["grandchild", "--record", output, "--encoder", file];
  const { code, stdout, stderr } = await stublab("lesson", ...args);
  assert.equal([code, stdout, existsSync(output)], [1, "", false], stderr);
  assert.match(stderr, /boom/);
  assert.is(stderr.match(/^stublab: /gm)?.length, 1, stderr);
  await expectNothingLeft();
});

const guest = needs(cli, "cc");
guest("guest passes on its exit status and its output", async () => {
  const fault = "examples/guests/fault.S";
  const [own, model] = await Promise.all([
    stublab("guest", fault, "--encoder", WASM),
    stublab("guest", fault),
  ]);
  assert.equal(own, model);
  assert.is(own.code, 1);
});

interface Refused extends ModuleRow {
  /** Of a file that no row makes. */
  readonly path?: string;
  readonly status: number;
}

const without = FUNCTION_NAMES.filter((name) => name !== "waitEvent");
const LACKING = { what: "a missing function", path: likeModel({}, without), status: 1 };

for (const { what, path, status, message, ...row } of [
  ...jsonLines<Refused>("cli/refused_encoders"),
  { ...LACKING, message: "lacks waitEvent" },
]) {
  cli(`refuses ${what} with status ${status}`, async () => {
    const args = ["inject", "getpid", "--encoder", path ?? moduleOf(row)];
    const { code, stdout, stderr } = await stublab(...args);
    assert.equal([code, stdout], [status, ""], stderr);
    assert.match(stderr, new RegExp(message));
    assert.not.match(stderr, "internal error");
    assert.not.match(stderr, "\x1b");
    await expectNothingLeft();
  });
}

const LOOP = "() => { for (;;); }";

for (const { what, name, body, message } of jsonLines<
  Record<"what" | "name" | "body" | "message", string>
>("cli/broken_functions")) {
  cli(`a function that ${what} causes an error, and leaves no stub`, async () => {
    const file = likeModel({ [name]: body });
    const { code, stderr } = await stublab(
      ...["bootstrap", "--exit-signal", "SIGCHLD", "--encoder", file],
    );
    assert.is(code, 1);
    assert.match(stderr, new RegExp(message));
    await expectNothingLeft();
  });
}

for (const [what, body] of [
  ["ends the command with success", "() => process.exit(0)"],
  [
    "hides a failure",
    `() => {
      process.on("exit", () => { process.exitCode = 0; });
      throw new Error("boom");
    }`,
  ],
] as const) {
  cli(`a function that ${what} causes an error`, async () => {
    const file = likeModel({ encodeSeccomp: body });
    const { code, stdout } = await stublab("seccomp", "--encoder", file, "--json");
    assert.is(code, 1);
    assert.is(JSON.parse(stdout).error.code, "ERR_STUBLAB_ENCODER");
    await expectNothingLeft();
  });
}

/** A working module that runs code when it is loaded. */
function doing(what: string): string {
  const file = likeModel();
  appendFileSync(file, `\n${what}\n`);
  return file;
}

const inNamespaces = needs(cli, { "user namespaces": hasNamespaces });

cli("a module does not end the process that waits for it", async () => {
  const file = doing('try { process.kill(process.ppid, "SIGKILL"); } catch {}');
  const { code, signal, stdout } = await stublab("inject", "getpid", "--encoder", file);
  assert.equal([code, signal], [0, null]);
  assert.match(stdout, /^getpid\(\) = \d+\n/);
});

inNamespaces("a module sees no other process", async () => {
  const file = doing(`
    import { readdirSync } from "node:fs";
    const seen = readdirSync("/proc").filter((name) => /^\\d+$/.test(name));
    if (seen.join() !== "1,2") throw new Error("sees " + seen);`);
  await succeeded(stublab("seccomp", "--encoder", file));
});

inNamespaces("processes that a module starts end with the command", async () => {
  const file = doing(`
    import { spawn } from "node:child_process";
    spawn("sleep", ["86399"], { detached: true, stdio: "ignore" }).unref();`);
  await succeeded(stublab("seccomp", "--encoder", file));
  await expectNothingLeft();
});

cli("a timer of a module does not delay the end of the command", async () => {
  const { code, stderr } = await stublab(
    "seccomp",
    "--encoder",
    doing("setInterval(() => {}, 9);"),
  );
  assert.is(code, 0, stderr);
});

cli("garbage on the channel is an error", async () => {
  const file = liar('say("garbage\\n"); for (;;);');
  const { code, stderr } = await stublab("seccomp", "--encoder", file);
  assert.is(code, 1);
  assert.match(stderr, /sent bytes that are not a message/);
});

const asRoot = needs(cli, { root: process.getuid?.() === 0 });
asRoot("an unprivileged user can drive stubs with a module", async () => {
  const command = stublabCommand("bootstrap", "--encoder", likeModel(), "--json");
  const { stdout } = await succeeded(run(command, { uid: 54321, gid: 54321 }));
  assert.ok(JSON.parse(stdout).checks.every(({ held }: { held: boolean }) => held));
});

inNamespaces("without namespaces, commands still work", async () => {
  const [node, args] = withoutNamespaces(stublabCommand("bootstrap", "--encoder", likeModel()));
  const { stdout } = await succeeded(run([node, args]));
  assert.match(stdout, /60 of 60 checks held/);
  await expectNothingLeft();
});

for (const [where, command, status] of [
  ["with namespaces", stublabCommand("doctor", "--json"), "ok"],
  ["without namespaces", withoutNamespaces(stublabCommand("doctor", "--json")), "warning"],
] as const) {
  inNamespaces(`doctor reports how modules are confined ${where}`, async () => {
    const { stdout } = await run([command[0], command[1]]);
    const checks: { name: string; status: string }[] = JSON.parse(stdout).checks;
    assert.is(checks.find(({ name }) => name === "foreign encoders")?.status, status, stdout);
  });
}

cli("time in which the whole job is stopped does not count", async () => {
  const { file, reading, go } = waiting(likeModel());
  const host = new Running(stublabCommand("seccomp", "--encoder", file));
  assert.ok(await eventually(reading, 10_000), host.stderr);
  await stopFor(familyOf(host.pid), 3500);
  go();
  await succeeded(host.ended);
});

cli("a command whose encoder prevents its exit is ended", async () => {
  const file = likeModel({ encodeSeccomp: LOOP });
  const { code, stdout, stderr } = await stublab("seccomp", "--encoder", file, "--json");
  assert.is(code, 1);
  assert.is(JSON.parse(stdout).error.code, "ERR_STUBLAB_ENCODER");
  assert.match(stderr, /did not end within 5000 ms/);
  await expectNothingLeft();
});

/** A command that holds its stubs, and all its processes. */
async function holding(...more: string[]): Promise<{ host: Running; all: number[] }> {
  const command = stublabCommand("bootstrap", "--hold", "--encoder", WASM, ...more);
  const host = new Running(command, { detached: true });
  assert.ok(await eventually(() => host.stderr.includes("holding"), 5000), host.stderr);
  const all = familyOf(host.pid);
  assert.ok(all.length >= 5, `${all}`);
  return { host, all };
}

cli("killing a command ends its process for foreign code and all stubs", async () => {
  const { host, all } = await holding("--exit-signal", "SIGCHLD");
  process.kill(host.pid, "SIGKILL");
  await host.ended;
  assert.ok(await eventually(() => !all.some(isAlive), 1000), `alive: ${all.filter(isAlive)}`);
});

cli("Ctrl-C ends it", async () => {
  const { host, all } = await holding();
  process.kill(-host.pid, "SIGINT");
  assert.is((await host.ended).signal, "SIGINT");
  assert.ok(await eventually(() => !all.some(isAlive), 1000), `alive: ${all.filter(isAlive)}`);
});

cli("a command killed while the encoder loops leaves nothing", async () => {
  const file = likeModel({ waitKind: LOOP });
  const host = new Running(stublabCommand("bootstrap", "--encoder", file));
  assert.ok(await eventually(() => familyOf(host.pid).length >= 3, 5000), "no stub came");
  const all = familyOf(host.pid);
  process.kill(host.pid, "SIGKILL");
  await host.ended;
  assert.ok(await eventually(() => !all.some(isAlive), 1000), `alive: ${all.filter(isAlive)}`);
});
