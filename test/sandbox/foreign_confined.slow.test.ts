import { constants as os } from "node:os";
import { newPath, script, waiting, withoutNamespaces } from "../support/foreign_modules.ts";
import { type Ending, stopFor } from "../support/processes.ts";

const confined = suite("foreign encoders: confinement");

adoptOrphans();

/** An id that no user has. */
const ORDINARY = { uid: 54321, gid: 54321 };

type Command = [string, string[]];

/** The user and the surroundings in which an encoder is opened. */
const places: [string, (host: Command) => Command, object][] = [
  ["as this user", (host) => host, {}],
  ["without namespaces", withoutNamespaces, {}],
];
if (process.getuid?.() === 0) {
  places.push(["as an ordinary user", (host) => host, ORDINARY]);
  places.push(["as an ordinary user without namespaces", withoutNamespaces, ORDINARY]);
}

/** The results of a module's attempts at load, as constants: 1 if it succeeded, else 0. */
const attempts = (file: string) =>
  script(`
    import { spawn } from "node:child_process";
    import { setPriority } from "node:os";
    import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
    import { connect, createServer } from "node:net";
    const tries = async (what) => { try { return (await what()) === false ? 0 : 1; } catch { return 0; } };
    const text = (path) => { try { return readFileSync(path, "utf8"); } catch { return ""; } };
    const isHost = (pid) => /^\\d+$/.test(pid) && text("/proc/" + pid + "/cmdline").includes("opening.js");
    const hosts = readdirSync("/proc").filter(isHost);
    const all = (what) => () => { for (const pid of hosts) what(pid); return hosts.length > 0; };
    export const WRITES_TO_HOST = await tries(all((pid) => writeFileSync("/proc/" + pid + "/fd/1", "forged\\n")));
    export const READS_HOST = await tries(all((pid) => readFileSync("/proc/" + pid + "/environ")));
    export const KILLS_HOST = await tries(all((pid) => process.kill(Number(pid), "SIGKILL")));
    export const KILLS_PARENT = process.ppid === 1 ? 0 : await tries(() => process.kill(process.ppid, "SIGKILL"));
    export const RENICES = await tries(() => setPriority(process.ppid, 19));
    export const WRITES_FILE = await tries(() => writeFileSync(${JSON.stringify(`${file}.new`)}, ""));
    export const APPENDS = await tries(() => appendFileSync(${JSON.stringify(file)}, "x"));
    export const TERMINAL = await tries(() => appendFileSync("/dev/tty", "x"));
    export const LISTENS = await tries(() => new Promise((resolve, reject) => {
      createServer().on("error", reject).listen(0, "127.0.0.1", () => resolve(true));
    }));
    export const CONNECTS = await tries(() => new Promise((resolve, reject) => {
      connect("/run/none").on("error", ({ code }) => code === "EPERM" ? reject() : resolve(true));
    }));
    export const SPAWNS = await tries(() => new Promise((resolve, reject) => {
      spawn("sleep", ["86399"], { detached: true, stdio: "ignore" }).on("error", reject).on("spawn", resolve);
    }));
    export const SEES = readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).length;
    export const ENVIRONMENT = Object.keys(process.env).length;
    export const waitValue = () => 0;`);

/** What no module may be able to do. */
const ATTEMPTS =
  "WRITES_TO_HOST READS_HOST KILLS_HOST KILLS_PARENT RENICES WRITES_FILE APPENDS TERMINAL LISTENS CONNECTS SPAWNS".split(
    " ",
  );

async function open(file: string, [, command, options]: (typeof places)[number]): Promise<Ending> {
  return new Running(command(hostCommand("opening", file)), options).ended;
}

const inNamespaces = needs(confined, { "user namespaces": hasNamespaces });

for (const place of places) {
  inNamespaces(`${place[0]}: a module cannot affect other processes`, async () => {
    const other = newPath(".mjs");
    const { stdout, stderr, code, signal } = await open(attempts(other), place);
    assert.equal([code, signal], [0, null], stderr);
    assert.not.match(stdout, "forged");
    const seen = JSON.parse(stdout);
    const { SEES, ENVIRONMENT } = seen;
    for (const name of ATTEMPTS) assert.is(seen[name], 0, `${name}: ${stdout}`);
    assert.ok(ENVIRONMENT <= 1, `${ENVIRONMENT}`);
    if (!place[0].includes("without")) assert.is(SEES, 2);
    assert.not.ok(existsSync(other) || existsSync(`${other}.new`));
    const gone = () => childrenOf(process.pid).filter(isAlive).length === 0;
    assert.ok(await eventually(gone, 1000), `left: ${childrenOf(process.pid)}`);
  });
}

confined("modules may be in files that only their user can read", async () => {
  const file = script("export const waitValue = () => 0;");
  execFileSync("chmod", ["0600", file]);
  if (process.getuid?.() === 0) execFileSync("chown", ["54321:54321", file]);
  const { stdout } = await open(file, ["", (host) => host, {}]);
  assert.is(JSON.parse(stdout).ENCODER_ABI, 2, stdout);
});

/** System calls of a module with native code, and the errno with which each must fail. */
const CALLS = jsonLines<[call: string, errno: string]>("sandbox/native_calls");

function errnoNumber(name: string): number | undefined {
  return Object.entries(os.errno).find(([each]) => each === name)?.[1];
}

confined("system calls of a module's native code fail", async () => {
  const numbers = openEncoder("assembly").constants;
  const calls = CALLS.map(([text, errno]) => {
    const [name = "", args = ""] = text.slice(0, -1).split("(");
    const number = numbers.get(`SYS_${name}`);
    return { number: Number(number), args: args.split(",").map(Number), errno: errnoNumber(errno) };
  });
  const file = script(`
    import { createRequire } from "node:module";
    const koffi = createRequire(${JSON.stringify(resolve("package.json"))})("koffi");
    const call = koffi.load(null).func("long syscall(long, long, long, long, long)");
    const failures = [];
    for (const { number, args, errno } of ${JSON.stringify(calls)}) {
      const result = call(number, ...args);
      if (result !== -1 || koffi.errno() !== errno) failures.push([number, result, koffi.errno()].join());
    }
    if (failures.length > 0) throw new Error(failures.join(" "));
    export const waitValue = () => 0;`);
  const { stdout, stderr } = await open(file, ["", (host) => host, {}]);
  assert.is(JSON.parse(stdout).ENCODER_ABI, 2, stdout + stderr);
});

confined("large stacks do not reduce an encoder's memory", async () => {
  const file = script(`
    import { Worker } from "node:worker_threads";
    export const kept = new Uint8Array(300 << 20).fill(1);
    await new Promise((resolve) => new Worker("", { eval: true }).on("exit", resolve));
    export const waitValue = () => 0;`);
  const large = ([node, args]: Command): Command => [
    "sh",
    ["-c", 'ulimit -S -s 200000 && exec "$@"', "sh", node, ...args],
  ];
  const { stdout, stderr } = await open(file, ["", large, {}]);
  assert.is(JSON.parse(stdout).ENCODER_ABI, 2, stdout + stderr);
});

confined("time in which a whole job is stopped does not count", async () => {
  const { file, reading, go } = waiting(script("export const waitValue = () => 0;"));
  const host = new Running(hostCommand("opening", file));
  assert.ok(await eventually(reading, 10_000), host.stderr);
  // Longer than a module may take to load.
  await stopFor(familyOf(host.pid), 2500);
  go();
  const { stdout, stderr } = await host.ended;
  assert.is(JSON.parse(stdout).ENCODER_ABI, 2, stdout + stderr);
});
