// Builds the probe of a machine, a static executable of the Wasm modules (translated to C by npm's wasm2c), the shim and
// shim/probe/. The same compiler makes the same bytes.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { compile, headerFlags, limitsOf, MODELLESS, NODE_ARCHES } from "./compilers.mjs";
import {
  C_FLAGS,
  foldersOf,
  objectOf,
  quoted,
  STATIC_FLAGS,
  shimFolders,
  sourcesIn,
} from "./libraries.mjs";
import { ENCODERS, EXPLAINERS, FUZZERS, TASKS } from "./modules.mjs";
import { files, loadTables, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

const hasModel = (machine) => !MODELLESS.includes(machine);

/** What a source has that tries setups or runs guests: without a model it is left out. */
const OF_SETUPS = /#include "(module_data|trying)\.h"|get_call_registers|data\.packed/;

/** What has the tables, and all that they load. */
const TABLES = "src/labs/fuzz/probe/source.ts";

/** Its output wants shim/probe/libc/wasm-rt.h, which fits this release only. */
const WASM2C = "node_modules/wabt/bin/wasm2c";

/** The modules of a machine in C. Only a change of one makes it anew. */
export async function translateModules(machine) {
  const limits = limitsOf(machine);
  // The probe says why.
  if (limits.missing !== undefined) return;
  mkdirSync(folderOf(machine), { recursive: true });
  const translate = async ([name, module]) => {
    const make = () => translateModule(machine, name, module, folderOf(machine));
    const headers = files("shim/probe/libc", ".h");
    await makeFrom(`${folderOf(machine)}/${name}.o`, [module, WASM2C, ...headers], make, limits);
  };
  await Promise.all(modulesOf(machine).map(translate));
}

/** Translates a module, and compiles it to an object in a folder. */
export async function translateModule(machine, name, module, folder) {
  const [source, object] = ["c", "o"].map((ending) => `${folder}/${name}.${ending}`);
  const args = [WASM2C, module, `--module-name=${name}`, "-o", source];
  await promisify(execFile)(process.execPath, args);
  // That of explain runs once; of walks the kernel takes most of the time.
  const level = ["explain", "tasks"].includes(name) ? "-Os" : "-O1";
  // What the translator writes is not for readers.
  await compile(machine, object, ["-c", ...flagsOf(machine), level, "-DNDEBUG", "-w", source]);
}

/** The probe of a machine. It is made of all layers, so nearly each change makes it anew. */
export function buildProbe(machine) {
  const tables = ["src/labs/fuzz", "src/core/encoder", "src/core/stub", "src/core/shim"];
  const sources = [
    ...[...modulesOf(machine).map(([, module]) => module), ...objectsOf(machine)],
    ...tables.flatMap((path) => files(path, ".ts", ".jsonl")),
    ...["shim/probe", "shim/tasks"].flatMap((folder) => files(folder, ".c", ".h", ".S")),
    ...(hasModel(machine) ? [] : files("shim/core", ".c", ".h", ".S")),
  ];
  const make = () => link(machine);
  return makeFrom(`dist/probe-${machine}`, sources, make, limitsOf(machine));
}

const folderOf = (machine) => `build/probe/${machine}`;

/** Their names and files. */
const modulesOf = (machine) =>
  Object.entries({
    ...{ encoder: ENCODERS[machine], fuzz: FUZZERS[machine], explain: EXPLAINERS[machine] },
    tasks: hasModel(machine) ? TASKS : undefined,
  }).filter(([, module]) => module !== undefined);

const objectsOf = (machine) => [
  ...modulesOf(machine).map(([name]) => `${folderOf(machine)}/${name}.o`),
  ...(hasModel(machine) ? ["core", "fuzz"].map((room) => objectOf(machine, room)) : []),
];

const ownFolders = (machine) =>
  ["shim/probe", "shim/probe/facts", hasModel(machine) ? "shim/tasks" : "shim/core"].flatMap(
    (folder) => foldersOf(machine, folder),
  );

/** Without a model there are no objects of the shim: its core is compiled with the probe. */
function ownSources(machine) {
  const all = sourcesIn(ownFolders(machine));
  if (hasModel(machine)) return all;
  // Nothing in its functions depends on the architecture.
  const memory = "shim/core/arm64/memory.c";
  return [...all.filter((path) => !OF_SETUPS.test(readFileSync(path))), memory];
}

const flagsOf = (machine) => [
  ...[...C_FLAGS, "-Os", "-fno-pic"],
  ...quoted([...shimFolders(machine), ...ownFolders(machine)]),
  // Also for the assembler.
  ...["-I", folderOf(machine), "-isystem", "shim/probe/libc", ...headerFlags(machine)],
];

/** Links the probe. @param fuzz the object of its module @param more sources beside its own */
export async function link(
  machine,
  { file = `dist/probe-${machine}`, fuzz = `${folderOf(machine)}/fuzz.o`, more = [] } = {},
) {
  const { probeSource, requestsSource } = await loadTables([TABLES], NODE_ARCHES[machine]);
  const source = hasModel(machine) ? probeSource() : requestsSource(machine);
  for (const [file, content] of Object.entries(source))
    writeFileSync(`${folderOf(machine)}/${file}`, content);
  const sources = [...ownSources(machine), `${folderOf(machine)}/data.c`, ...more];
  const own = `${folderOf(machine)}/fuzz.o`;
  const objects = objectsOf(machine).map((each) => (each === own ? fuzz : each));
  // The header of a module is beside its object.
  const header = ["-I", dirname(fuzz)];
  const flags = [...header, ...flagsOf(machine)];
  await compile(machine, file, [...flags, ...sources, ...objects, ...STATIC_FLAGS]);
}
