// Time limit: 300 s
// The page of registers predicts what `predict` does: cases at random, on each machine. With SOAK 100,000 for each
// architecture.

import esbuild from "esbuild";
import { renderRegistersPage } from "../../src/cli/registers/page.ts";
import { ARCHES } from "../../src/core/machine/index.ts";

const CASES = process.env.SOAK === undefined ? 3000 : 100_000;
const SEED = 2027n;
const NAMES = { amd64: "x64", arm64: "arm64" };

const { modelOf } = await import(pathToFileURL("scripts/package.mjs").href);
const page = renderRegistersPage();
const folder = temporaryFolder();
const agreement = suite("page of registers: agreement");

/** Bundles a module of test/support/, and imports it. */
async function bundled(name: string, arch: string, options: esbuild.BuildOptions) {
  const outfile = join(folder, arch, `${name}.mjs`);
  const entryPoints = [`test/support/${name}.ts`];
  const common = { bundle: true, format: "esm", target: "es2023", logLevel: "error" } as const;
  await esbuild.build({ ...common, entryPoints, outfile, ...options });
  return import(pathToFileURL(outfile).href);
}

for (const arch of ARCHES) {
  agreement(`it predicts ${CASES} cases for ${arch} as a program does`, async () => {
    mkdirSync(join(folder, arch));
    for (const file of readdirSync("dist").filter((name) => /\.(wasm|json)$/.test(name)))
      symlinkSync(resolve("dist", file), join(folder, arch, file));
    const reference = await bundled("registers_reference", arch, {
      ...{ platform: "node", external: ["koffi"], loader: { ".jsonl": "text" } },
      define: { "process.arch": JSON.stringify(NAMES[arch]) },
    });
    const own = await bundled("registers_page_model", arch, {
      ...{ platform: "browser", ...modelOf(NAMES[arch]) },
    });
    const [, files = ""] = new RegExp(`id="files-${arch}">(.*?)</script>`).exec(page) ?? [];
    await own.hold(files);
    const { predictionText } = await own.load();
    // Cases near rules are drawn by the model that was used last.
    reference.predictionText({ schema: "stublab.case/1", arch }, reference.MACHINES[0]);
    const path = arch === "amd64" ? "both" : "ptrace";
    const generator = new reference.Generator(SEED, { path, near: "rare", xstateLength: 2696 });
    for (let i = 0; i < CASES; i++) {
      const it = reference.formatCase(generator.at(i));
      const machine = reference.MACHINES[(i >> 4) % reference.MACHINES.length];
      const isSame = predictionText(it, machine) === reference.predictionText(it, machine);
      assert.ok(isSame, `${machine}: ${JSON.stringify(it)}`);
    }
  });
}
