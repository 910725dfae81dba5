import esbuild from "esbuild";

const packed = suite("package");

const ENTRIES = ["stublab", "stublab/compare", "stublab/record", "stublab/fuzz"];

const folder = mkdtempSync(join(tmpdir(), "stublab-package-"));
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const tarball = join(folder, `stublab-${version}.tgz`);
const project = join(folder, "project");
const installed = join(project, "node_modules/stublab");
// Only Node.js: neither a compiler nor a shell.
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

packed("is refused without the parts that clang compiles", () => {
  const pack = ["pack", "--dry-run", "--silent"];
  const { status, stderr } = spawnSync("npm", pack, {
    env: { ...process.env, CLANG: "/nonexistent/clang" },
    encoding: "utf8",
  });
  assert.is.not(status, 0);
  assert.match(stderr, /a package without dist\/\S+ is refused: clang or lld is missing/);
});

packed("is refused without a file, and warns of addresses that its owner has not filled in", () => {
  const home = join(folder, "bare");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{ "files": ["*.json", "lost/*.js", "gone"] }');
  const { status, stderr } = spawnSync(process.execPath, [resolve("scripts/prepack.mjs")], {
    cwd: home,
    encoding: "utf8",
  });
  assert.is(status, 1);
  assert.match(stderr, "a package without lost/*.js, gone is refused");
  assert.match(stderr, "warning: package.json has no homepage, no bugs.url, no repository.url");
});

packed("bootstraps when installed without scripts and without a compiler", () => {
  const cli = join(project, "node_modules/.bin/stublab");
  const out = sh(cli, ["bootstrap", "--json"], project, { PATH: bin });
  assert.is(JSON.parse(out).stubs.length, 4);
});

const noNetwork = ["--user", "--map-root-user", "--net"];
const canCutOff = spawnSync("unshare", [...noNetwork, "true"]).status === 0;

needs(packed, "tar", { "a namespace without network": canCutOff })(
  "the tarball of a class installs without network and with an empty cache",
  () => {
    const made = sh("node", [resolve("scripts/class.mjs"), tarball], ".").trim();
    const home = join(folder, "student");
    mkdirSync(home);
    const env = { PATH: process.env.PATH, HOME: home, npm_config_cache: join(home, "cache") };
    sh("unshare", [...noNetwork, "npm", "install", made], home, env);
    const cli = join(home, "node_modules/.bin/stublab");
    const out = sh("unshare", [...noNetwork, cli, "bootstrap", "--json"], home, env);
    assert.is(JSON.parse(out).stubs.length, 4);
  },
);

packed("records when installed: the assembler's listing is in the package", () => {
  const cli = join(project, "node_modules/.bin/stublab");
  const recording = JSON.parse(sh(cli, ["lesson", "grandchild", "--json"], project, { PATH: bin }));
  assert.is(recording.code[0].name, "stub code");
});

packed("measures when installed: the C side is in the package", () => {
  const cli = join(project, "node_modules/.bin/stublab");
  const document = sh(cli, ["bench", "pool", "--rounds", "1", "--json"], project, { PATH: bin });
  const { results } = JSON.parse(document);
  assert.equal(
    results.map(({ name, status }: { name: string; status: string }) => [name, status]),
    [
      ["pool-c", "measured"],
      ["pool-faithful", "measured"],
      ["getpid", "measured"],
    ],
  );
});

packed("drives stubs with every encoder", () => {
  const script = `
    import { openEncoder, Tracer } from "stublab";
    for (const name of ["assembly", "script", "native"]) {
      const tracer = new Tracer({ encoder: openEncoder(name) });
      console.log(tracer.createStub().call("getppid") === BigInt(process.pid));
      tracer.close();
    }`;
  const args = ["--input-type=module", "-e", script];
  assert.is(sh("node", args, project, { PATH: bin }), "true\ntrue\ntrue\n");
});

for (const entry of ENTRIES) {
  packed(`${entry} loads without a listener, an open file, a child or a handle`, () => {
    const script = `
      import { readdirSync, readFileSync, readlinkSync } from "node:fs";
      const state = () => ({
        listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
        files: readdirSync("/proc/self/fd").map((fd) => {
          try { return readlinkSync("/proc/self/fd/" + fd); } catch { return "the folder itself"; }
        }),
        children: readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"),
        handles: process.getActiveResourcesInfo(),
      });
      // Node.js opens what it needs to load modules when it loads the first.
      await import("./first.mjs");
      const before = state();
      await import("${entry}");
      console.log(JSON.stringify([before, state()]));`;
    writeFileSync(join(project, "first.mjs"), "");
    const out = sh("node", ["--input-type=module", "-e", script], project, { PATH: bin });
    const [before, after] = JSON.parse(out);
    assert.equal(after, before);
  });
}

for (const name of readdirSync("examples").filter((file) => file.endsWith(".mjs"))) {
  packed(`holds examples/${name}, which runs there`, () => {
    sh("node", [join(installed, "examples", name)], project, { PATH: bin });
  });
}

const APPLICATION = `
  import { openEncoder, Platform, runGuest, Tracer } from "stublab";
  const tracer = new Tracer({ encoder: openEncoder("native") });
  console.log(tracer.createStub().call("getppid") === BigInt(process.pid));
  tracer.close();
  const platform = Platform.open();
  const exit7 = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05);
  console.log(runGuest(platform, { code: exit7 }).result.status);
  platform.close();`;

/** Bundles the application into a folder of the project, and returns the path of the bundle. */
async function bundle(
  folder: string,
  options: esbuild.BuildOptions,
  application = APPLICATION,
  name = "app.mjs",
): Promise<string> {
  writeFileSync(join(project, "app.mjs"), application);
  const outfile = join(project, folder, name);
  const common = { bundle: true, platform: "node", format: "esm", logLevel: "warning" } as const;
  const entryPoints = [join(project, "app.mjs")];
  await esbuild.build({ ...common, ...options, entryPoints, outfile });
  return outfile;
}

packed("can stay external to a bundle", async () => {
  const app = await bundle("outside", { packages: "external" });
  assert.is(sh("node", [app], project, { PATH: bin }), "true\n7\n");
});

/** Copies the libraries of the package next to a bundle. */
function copyLibraries(folder: string): void {
  for (const file of readdirSync(join(installed, "dist"))) {
    if (/\.(so|wasm)$/.test(file)) {
      copyFileSync(join(installed, "dist", file), join(project, folder, file));
    }
  }
}

packed("can be bundled without koffi, with its libraries next to the bundle", async () => {
  const app = await bundle("inside", { external: ["koffi"] });
  copyLibraries("inside");
  assert.not.match(readFileSync(app, "utf8"), /from "stublab"/);
  assert.is(sh("node", [app], project, { PATH: bin }), "true\n7\n");
});

packed("a bundled fuzz and a bundled GuestPool say what their bundle lacks", async () => {
  const starting = `
    import { GuestPool } from "stublab";
    import { fuzz } from "stublab/fuzz";
    const code = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05);
    for (const start of [() => fuzz({ cases: 10 }), () => new GuestPool().run({ code })]) {
      const error = await start().catch((error) => error);
      console.log(error.code, error.remedy);
    }`;
  const app = await bundle("labs", { external: ["koffi"] }, starting);
  copyLibraries("labs");
  const [fuzzing, guest] = sh("node", [app], project, { PATH: bin }).split("\n");
  assert.match(fuzzing ?? "", /^ERR_STUBLAB_UNSUPPORTED /);
  assert.is(
    guest,
    "ERR_STUBLAB_WORKER if stublab is bundled, bundle its dist/guest_worker.js into the same folder, or keep stublab external",
  );
});

packed("a GuestPool works in a bundle beside that of its threads", async () => {
  const pool = `
    import { GuestPool } from "stublab";
    await using guests = new GuestPool({ workers: 1 });
    const code = Uint8Array.of(0xbf, 7, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05);
    console.log((await guests.run({ code })).result.status);`;
  const app = await bundle("pool", { external: ["koffi"], target: "node20" }, pool);
  const thread = `import "./node_modules/stublab/dist/guest_worker.js";`;
  await bundle("pool", { external: ["koffi"] }, thread, "guest_worker.js");
  copyLibraries("pool");
  assert.is(sh("node", [app], project, { PATH: bin }), "7\n");
});

packed("holds no sources, tests, source maps or paths of the machine that built it", () => {
  const list = sh("tar", ["-tzf", tarball], ".").trim().split("\n");
  const allowed =
    /^package\/(dist\/([\w-]+\.(js|d\.ts|wasm|so)|(lessons|listing|listing-arm64|rules|rules-arm64)\.json|c_program\/\w+\.c|processor\.c|licenses\.txt|(registers|protocol)_page\.html|bisect\.sh|bench-amd64|guard-(amd64|arm64)|probe-(amd64|arm64|riscv64))|docs\/.*\.(md|svg)|examples\/[\w/-]+(\.\w+)?|(README|CHANGELOG)\.md|LICENSE|package\.json)$/;
  none(list, (name) => !allowed.test(name));
  const { stdout } = spawnSync("grep", ["-rlF", resolve("."), "node_modules/stublab"], {
    cwd: project,
    encoding: "utf8",
  });
  assert.is(stdout, "");
});
