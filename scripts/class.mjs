// Puts koffi into the tarball of `npm pack`, which then installs without a network, on machines with this processor.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [, , tarball] = process.argv;
const bundled = ["koffi", `@koromix/koffi-linux-${process.arch}`];
const folder = mkdtempSync(join(tmpdir(), "stublab-class-"));
const root = join(folder, "package");

const manifestOf = (path) => JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
const change = (path, members) =>
  writeFileSync(
    join(path, "package.json"),
    JSON.stringify({ ...manifestOf(path), ...members }, null, 2),
  );

try {
  execFileSync("tar", ["-xf", tarball, "-C", folder]);
  for (const name of bundled) {
    const to = join(root, "node_modules", name);
    cpSync(join("node_modules", name), to, { recursive: true, dereference: true });
    // npm would ask a registry for the libraries of other systems, and run a script that compiles what is there.
    change(to, { optionalDependencies: undefined, scripts: undefined });
  }
  const versions = bundled.map((name) => [name, manifestOf(join("node_modules", name)).version]);
  change(root, { dependencies: Object.fromEntries(versions), bundleDependencies: bundled });
  const output = tarball.replace(/\.tgz$/, `-class-${process.arch}.tgz`);
  execFileSync("tar", ["-czf", output, "-C", folder, "package"]);
  console.log(output);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
