// Compiles the libraries of all rooms and machines again.

import { fileOf } from "../../../src/core/shim/shim.ts";

const ROOMS = ["core", "fast", "sandbox"];
const ARCHES = ["amd64", "arm64"];
/** The machines and the architectures of registers for which this machine has headers and compilers. */
const machines = ARCHES.filter((machine) => existsSync(`dist/core-${machine}.so`));
const arches = ARCHES.filter((arch) => existsSync(`dist/native-${HOST_ARCH}-${arch}.so`));
const scripts = pathToFileURL("scripts/libraries.mjs").href;

/** Creates a folder with what the compilers read. */
function copyOf(...built: string[]): string {
  const folder = join(temporaryFolder(), "a longer", "path");
  mkdirSync(folder, { recursive: true });
  for (const part of ["shim", ...built.map((arch) => `build/${arch}`)])
    cpSync(part, join(folder, part), { recursive: true });
  return folder;
}

const libraries = suite("shim: builds");

needs(libraries, "clang")("clang links the shim without undefined symbols", () => {
  const folder = copyOf(HOST_ARCH);
  const script = `await (await import("${scripts}")).compileShims(undefined, ${JSON.stringify(folder)})`;
  const env = { ...process.env, CC: "clang" };
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { env });
  assert.ok(existsSync(join(folder, "dist", fileOf("core"))));
});

needs(libraries, process.env.CC || "cc")("another folder gives the same bytes", async () => {
  const { compileNative, compileShims } = await import(scripts);
  const folder = copyOf(...arches);
  const built: string[] = [];
  for (const machine of machines) {
    await compileShims(machine, folder);
    built.push(...ROOMS.map((room) => `dist/${room}-${machine}.so`));
    for (const arch of arches) {
      const library = `dist/native-${machine}-${arch}.so`;
      await compileNative(arch, join(folder, library), folder, machine);
      built.push(library);
    }
  }
  for (const library of built) {
    const [here, there] = [readFileSync(library), readFileSync(join(folder, library))];
    assert.ok(here.equals(there), library);
  }
});
