// Time limit: 120 s

import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasTool, run, stublabCommand } from "../support/processes.ts";

const cli = suite("command line: limits of the machine");

const CASE = "examples/cases/restart.json";

/** One command of each kind. */
const BOOTSTRAP = ["bootstrap"];
const FUZZ = ["fuzz", "--cases", "10"];
const SANDBOX = ["record", "no-setsid"];
const THREAD = ["record", "thread-dies"];
const FOREIGN = ["compare", "--cases", "10", "examples/encoders/encoder.mjs"];
const ASSEMBLE = ["guest", "examples/guests/loop.S"];

/** How a command is run: shell code before it, its environment, and its options. */
interface Setting {
  readonly node?: readonly string[];
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command in a shell, after the shell code of the setting. */
function runIn({ node = [], shell = "", env = {} }: Setting, args: readonly string[]) {
  const [program, rest] = stublabCommand(...args);
  const words = ["sh", "-c", `${shell} exec "$@"`, "sh", program, ...node, ...rest];
  const [command = "", ...others] = words;
  return run([command, others], { env: { ...process.env, ...env } });
}

/** Expects status 3, a one-sentence message and a remedy. */
async function expectRefusal(setting: Setting, args: readonly string[], pattern: RegExp) {
  const { code, stderr } = await runIn(setting, args);
  assert.is(code, 3, `${args}: ${stderr}`);
  assert.match(stderr, pattern);
  assert.match(stderr, /^ {2}remedy: /m);
  assert.not.match(stderr, "internal error");
}

/** The row of `doctor` with that name. */
async function examine(setting: Setting, name: string) {
  const { stdout, stderr } = await runIn(setting, ["doctor", "--json"]);
  assert.not.match(stderr, "internal error");
  const { checks } = JSON.parse(stdout);
  return checks.find((check: { name: string }) => check.name === name);
}

for (const args of [
  ["--version"],
  BOOTSTRAP,
  ["bootstrap", "--json"],
  ["inject", "getpid"],
  ["compare", "--cases", "10"],
  ["record", "host"],
  ["record", "host", "--json"],
  ["step", "host"],
  ["step", "host", "--json"],
  FUZZ,
  ["predict", CASE],
  ["conformance", "--list"],
  ["seccomp"],
  ["fuzz", "minimize", CASE],
  ["doctor"],
] as const) {
  cli(`reports a full standard output: ${args.join(" ")}`, async () => {
    const { code, stderr } = await runIn({ shell: "exec >/dev/full;" }, args);
    assert.is(code, 1, stderr);
    assert.is(stderr.match(/^stublab: .*$/gm)?.length, 1, stderr);
    assert.match(stderr, "stublab: standard output cannot be written: ENOSPC");
  });
}

const needsCompiler = hasTool("cc") ? cli : cli.skip;

needsCompiler("reports a missing folder for temporary files", async () => {
  const setting = { env: { TMPDIR: "/nonexistent" } };
  await expectRefusal(setting, ASSEMBLE, /temporary folder in \/nonexistent: ENOENT/);
  for (const args of [BOOTSTRAP, SANDBOX, [...FOREIGN, "--live"]]) {
    assert.is((await runIn(setting, args)).code, 0, args.join(" "));
  }
  assert.is((await examine(setting, "temporary folder")).status, "warning");
});

const WITHOUT_PROC = "mount --make-rprivate / && umount -l /proc && exec";
const mayUnmount =
  spawnSync("unshare", ["--mount", "sh", "-c", `${WITHOUT_PROC} true`]).status === 0;

(mayUnmount ? cli : cli.skip)("reports that /proc is missing", async () => {
  const shell = `exec unshare --mount sh -c '${WITHOUT_PROC} "$@"' sh`;
  const setting = { shell: shell.concat(' "$@";') };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD, ["predict", CASE], ["conformance"]]) {
    await expectRefusal(setting, args, /^stublab: \/proc\/\S+ cannot be read: ENOENT$/m);
  }
  assert.is((await examine(setting, "/proc")).status, "failed");
  assert.is((await runIn(setting, ["seccomp"])).code, 0);
});

(mayUnmount ? cli : cli.skip)("reports that there are no pseudo-terminals", async () => {
  const hide = "mount --make-rprivate / && mount --bind /dev/null /dev/ptmx && exec";
  const shell = `exec unshare --mount sh -c '${hide} "$@"' sh`;
  const setting = { shell: shell.concat(' "$@";') };
  assert.is.not((await runIn(setting, ["record", "no-setsid"])).code, 0);
  assert.is((await examine(setting, "recordings")).status, "warning");
});

cli("reports too little address space", async () => {
  const setting = { shell: "ulimit -v 5000000;" };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX]) {
    await expectRefusal(setting, args, /\.wasm cannot be loaded: .*Out of memory/);
  }
  assert.is((await examine(setting, "address space")).status, "warning");
});

cli("reports too many open files", async () => {
  for (const limit of [28, 36]) {
    const setting = { shell: `ulimit -n ${limit};` };
    for (const args of [FUZZ, SANDBOX, THREAD, FOREIGN]) {
      const { code, stderr } = await runIn(setting, args);
      assert.not.match(stderr, "internal error");
      if (code === 0) continue;
      assert.is(code, 3, `${limit} ${args}: ${stderr}`);
      assert.match(stderr, /EMFILE[\s\S]*remedy: raise the limit on open files/);
    }
  }
  assert.is((await examine({ shell: "ulimit -n 40;" }, "open files")).status, "warning");
});

cli("reports that Node.js loads no addons", async () => {
  const setting = { node: ["--no-addons"] };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD, FOREIGN]) {
    await expectRefusal(setting, args, /cannot be loaded: .*addon.*disabled/);
  }
  assert.is((await examine(setting, "koffi and shim")).status, "failed");
  assert.is((await runIn(setting, ["seccomp"])).code, 0);
});

const permission = [...process.allowedNodeEnvironmentFlags].find((flag) =>
  /^--(experimental-)?permission$/.test(flag),
);

(permission === undefined ? cli.skip : cli)("reports what Node.js does not permit", async () => {
  const some = { node: [permission ?? "", "--allow-fs-read=*", "--allow-addons"] };
  for (const args of [FUZZ, SANDBOX, THREAD, FOREIGN, ASSEMBLE]) {
    await expectRefusal(
      some,
      args,
      /: Access to this API has been restricted[\s\S]*--allow-worker/,
    );
  }
  assert.is((await examine(some, "threads")).status, "failed");
  assert.is((await examine(some, "child processes")).status, "failed");
  await expectRefusal(
    { node: [permission ?? "", "--allow-fs-read=*"] },
    BOOTSTRAP,
    /cannot be loaded[\s\S]*--allow-addons/,
  );
  const more = ["--allow-worker", "--allow-child-process", "--allow-fs-write=*"];
  const all = { node: [...some.node, ...more] };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD]) {
    const { code, stderr } = await runIn(all, args);
    assert.is(code, 0, stderr);
  }
});

cli.run();
