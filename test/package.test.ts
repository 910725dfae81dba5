// Time limit: 180 s

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const packed = suite("package");

const folder = mkdtempSync(join(tmpdir(), "stublab-package-"));
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const tarball = join(folder, `stublab-${version}.tgz`);
const project = join(folder, "project");
// Node and nothing else: no compiler, and no shell either.
const bin = join(folder, "bin");

function sh(command: string, args: string[], cwd: string, env = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
  });
  assert.is(status, 0, `${command} ${args.join(" ")}: ${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

packed.before(() => {
  sh("npm", ["pack", "--silent", "--pack-destination", folder], ".");
  mkdirSync(project);
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  sh("npm", ["install", ...flags, tarball], project);
});

packed.after(() => rmSync(folder, { recursive: true, force: true }));

packed("bootstraps where it was installed without scripts and without a compiler", () => {
  const cli = join(project, "node_modules/.bin/stublab");
  const out = sh(cli, ["bootstrap", "--json"], project, { PATH: bin });
  assert.is(JSON.parse(out).stubs.length, 4);
});

packed("records there, too: the assembler's listing is in the package", () => {
  const cli = join(project, "node_modules/.bin/stublab");
  const recording = JSON.parse(sh(cli, ["record", "grandchild"], project, { PATH: bin }));
  assert.is(recording.code[0].name, "stub code");
});

packed("drives stubs by every encoder", () => {
  const script = `
    import { Tracer } from "stublab";
    for (const encoder of ["assembly", "script", "native"]) {
      const tracer = new Tracer({ encoder });
      console.log(tracer.createStub().call("getppid") === BigInt(process.pid));
      tracer.close();
    }`;
  const args = ["--input-type=module", "-e", script];
  assert.is(sh("node", args, project, { PATH: bin }), "true\ntrue\ntrue\n");
});

packed("has types that a strict project compiles against", () => {
  writeFileSync(
    join(project, "use.ts"),
    `import { DeathError, type Encoder, openEncoder, Tracer } from "stublab";
     const encoder: Encoder = openEncoder("script");
     using tracer = new Tracer({ encoder, deadline: 1000 });
     const value: bigint = tracer.createStub({ exitSignal: "SIGCHLD" }).call("getpid");
     try { console.log(value); } catch (error) { if (error instanceof DeathError) error.pid.toFixed(); }`,
  );
  const options = { strict: true, noEmit: true, module: "nodenext", target: "es2022" };
  const lib = ["es2023", "esnext.disposable", "dom"];
  const types = [resolve("node_modules/@types/node")];
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...options, lib, types }, files: ["use.ts"] }),
  );
  sh(process.execPath, [resolve("node_modules/typescript/bin/tsc")], project);
});

packed("holds no sources, tests or paths of the machine that built it", () => {
  const list = sh("tar", ["-tzf", tarball], ".").trim().split("\n");
  const allowed = /^package\/(dist\/|docs\/|README\.md|LICENSE|CHANGELOG\.md|package\.json)/;
  assert.equal(
    list.filter((name) => !allowed.test(name)),
    [],
  );
  const { stdout } = spawnSync("grep", ["-rlF", resolve("."), "node_modules/stublab"], {
    cwd: project,
    encoding: "utf8",
  });
  assert.is(stdout, "");
});

packed.run();
