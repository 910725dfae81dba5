import { execSync } from "node:child_process";
import { ARCHES } from "../../../src/core/machine/index.ts";
import { loadEncoderUnconfined } from "../../../src/index.ts";
import { openSubjectsConfined } from "../../../src/labs/compare/open.ts";

const examples = suite("example encoders: compare --new");

const CASES = 60_000;

/** Where npx finds what is installed here, and asks no registry. */
const folder = mkdtempSync("build/examples-");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Debian's compiler comes before one without the target. */
const env = { ...process.env, PATH: `/usr/bin:${process.env.PATH}`, npm_config_offline: "true" };

function hasRust(): boolean {
  try {
    const args = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
    return existsSync(execFileSync("rustc", args, { env, encoding: "utf8" }).trim());
  } catch {
    return false;
  }
}

/** Whether what builds it is here, and how many functions it has on amd64, so that a loss is noticed. */
const LANGUAGES = [
  ["c", { clang: hasTool("clang"), "wasm-ld": hasTool("wasm-ld") }, "encoder.c", 20],
  ["assemblyscript", {}, "encoder.ts", 18],
  ["rust", { "Rust for wasm32": hasRust(), "wasm-ld": hasTool("wasm-ld") }, "encoder.rs", 19],
  ["javascript", {}, "encoder.mjs", 20],
] as const;

for (const [language, tools, file, functions] of LANGUAGES) {
  for (const arch of ARCHES) {
    const name = `one in ${language} for ${arch} builds, agrees, and drives stubs`;
    needs(examples, tools)(name, async () => {
      const place = join(folder, `${language}-${arch}`);
      const choice = ["--language", language, "--arch", arch];
      const begun = await run(stublabCommand("compare", "--new", place, ...choice));
      assert.is(begun.code, 0, begun.stderr);
      const built = existsSync(join(place, "build"));
      const target = built ? "mine.wasm" : file;
      const build = built ? ["./build"] : [];
      const steps = [`cd ${place}`, ...build, `npx stublab compare ./${target}`];
      assert.equal(begun.stdout.trim().split("\n"), steps);
      for (const step of steps.slice(1))
        assert.match(readFileSync(join(place, "README.md"), "utf8"), `    ${step}\n`);
      if (built) execSync("./build", { cwd: place, env, stdio: ["ignore", "ignore", "inherit"] });
      using opened = await openSubjectsConfined([join(place, target)], [arch]);
      const { report } = await compare({ ...opened, cases: CASES });
      assert.equal([report.broken, report.disagreements], [[], []]);
      // Only that it lacks functions of the comparison, and not that it lacks something for stubs.
      assert.is(report.notes.length, 1);
      assert.match(report.notes[0] ?? "", new RegExp(`: not compared on ${arch}$`));
      assert.is(report.functions.length, arch === "amd64" ? functions : functions - 1);
      if (arch !== HOST_ARCH) return;
      using tracer = new Tracer({ encoder: await loadEncoderUnconfined(join(place, target)) });
      const stub = tracer.createStub().createStub();
      assert.is(stub.call("getpid"), BigInt(stub.pid));
    });
  }
}

examples("each example can be started from", () => {
  const files = LANGUAGES.map(([, , file]) => file).sort();
  assert.equal(readdirSync("examples/encoders").sort(), ["arm64", ...files]);
  assert.equal(readdirSync("examples/encoders/arm64").sort(), files);
});

examples("a folder that is not empty is refused, and a missing compiler is named", async () => {
  const again = await run(stublabCommand("compare", "--new", folder));
  assert.is(again.code, 2);
  assert.match(again.stderr, `--new: ${folder} is not empty`);
  const place = join(folder, "without");
  await run(stublabCommand("compare", "--new", place));
  const { code, stderr } = await run(["/bin/sh", [join(place, "build")]], {
    env: { PATH: "/nowhere" },
  });
  assert.is(code, 1);
  assert.match(stderr, "clang is missing: Debian has them in clang and lld");
});

examples("the folder is an encoder, once it is built", async () => {
  const [ready, place] = [join(folder, "ready"), join(folder, "unbuilt")];
  await run(stublabCommand("compare", "--new", ready, "--language", "javascript"));
  const agreed = await run(stublabCommand("compare", ready, "--cases", "1000"));
  assert.match(agreed.stdout, /^note: encoder.mjs has no .*encoder.mjs agrees with the headers/s);
  await run(stublabCommand("compare", "--new", place));
  const { code, stderr } = await run(stublabCommand("compare", place));
  assert.is(code, 2);
  assert.match(stderr, `no file ${place}/mine.wasm\n  remedy: ${place}/build writes it\n`);
});

examples("a Rust compiler without the target is named, and what to install", async () => {
  const place = join(folder, "untargeted");
  await run(stublabCommand("compare", "--new", place, "--language", "rust"));
  writeFileSync(join(place, "rustc"), "#!/bin/sh\necho /nowhere\n", { mode: 0o777 });
  const { code, stderr } = await run(["/bin/sh", [join(place, "build")]], {
    env: { PATH: `${resolve(place)}:/usr/bin` },
  });
  assert.is(code, 1);
  assert.match(stderr, /lacks the target .*rustup target add wasm32.* libstd-rust-dev-wasm32/);
});
