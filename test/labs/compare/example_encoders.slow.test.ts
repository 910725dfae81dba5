import { execFileSync, execSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareFile } from "../../support/foreign_modules.ts";
import { hasTool, needs } from "../../support/needs.ts";
import { run, stublabCommand } from "../../support/processes.ts";

const examples = suite("example encoders: compare --new");

const CASES = 100_000;

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

/** Whether what builds it is here, and how many functions it has, so that a loss is noticed. */
const LANGUAGES = [
  ["c", { clang: hasTool("clang"), "wasm-ld": hasTool("wasm-ld") }, "encoder.c", 8],
  ["assemblyscript", {}, "encoder.ts", 7],
  ["rust", { "Rust for wasm32": hasRust() }, "encoder.rs", 5],
  ["javascript", {}, "encoder.mjs", 6],
] as const;

for (const [language, tools, file, functions] of LANGUAGES) {
  needs(examples, tools)(`one in ${language} builds and agrees`, async () => {
    const place = join(folder, language);
    const begun = await run(stublabCommand("compare", "--new", place, "--language", language));
    assert.is(begun.code, 0, begun.stderr);
    const built = existsSync(join(place, "build"));
    const target = built ? "mine.wasm" : file;
    const steps = [`cd ${place}`, ...(built ? ["./build"] : []), `npx stublab compare ./${target}`];
    assert.equal(begun.stdout.trim().split("\n"), steps);
    const own = readFileSync(join(place, file), "utf8");
    assert.ok(own.split("\n").length <= 81, "it is short");
    for (const step of steps.slice(1))
      assert.match(readFileSync(join(place, "README.md"), "utf8"), `    ${step}\n`);
    if (built) execSync("./build", { cwd: place, env, stdio: ["ignore", "ignore", "inherit"] });
    const { report } = await compareFile(join(place, target), { cases: CASES });
    assert.equal([report.broken, report.disagreements], [[], []]);
    assert.is(report.notes.length, 1);
    assert.match(report.notes[0] ?? "", /: not compared on amd64$/);
    assert.is(report.functions.length, functions);
    for (const { pairs } of report.functions) assert.is(pairs[0]?.truth, true);
    assert.ok(report.layouts.every(({ encoders }) => encoders.every((each) => each.compared > 30)));
  });
}

examples("each example can be started from", () => {
  const files = LANGUAGES.map(([, , file]) => file);
  assert.equal(readdirSync("examples/encoders").sort(), files.toSorted());
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

examples.run();
