// The C libraries: the shim, the C encoders, and programs of tests.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { layoutsOf, ROOMS } from "./bindings.mjs";
import {
  abiFlags,
  compileAll,
  HOST,
  headerFlags,
  link,
  MACHINES,
  missingFor,
  missingHeaders,
} from "./compilers.mjs";
import { ENCODERS } from "./modules.mjs";
import { RECORD_HEADERS } from "./records.mjs";
import { files, loadTables, makeUnless } from "./sources.mjs";

/** The flags of all libraries: freestanding, and reproducible with the same compiler. */
export const C_FLAGS = [
  "-std=c11",
  "-O2",
  "-fPIC",
  "-ffreestanding",
  "-fno-stack-protector",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
];
/** Leaves the vector registers of the caller alone: the fuzzer has a pattern in them (shim/fuzz/canary.h). */
export const SHIM_FLAGS = ["-mgeneral-regs-only"];
/** `defs` makes the build fail at a call of a missing function, such as a memset that a compiler adds. */
export const LINK_FLAGS = [
  "-shared",
  "-nostdlib",
  "-s",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,-z,defs",
];

export const shimOf = (machine, room = "core") => `dist/${room}-${machine}.so`;

/** The tables with the functions of an encoder. */
const ABI = ["src/core/encoder/abi.ts", "src/core/encoder/prototype.ts"];

/** The libraries of all machines. Only those for this one cannot be left out. */
export async function buildLibraries() {
  for (const machine of MACHINES) {
    const missing = missingFor(machine);
    const sources = [...ROOMS.flatMap((room) => foldersOf(machine, room)).flatMap(sourcesIn)];
    await makeUnless(missing, shimOf(machine), [...new Set(sources), ...RECORD_HEADERS], () =>
      compileShims(machine),
    );
    for (const arch of MACHINES) await buildNative(arch, machine, missing ?? missingHeaders(arch));
  }
}

/** The folders of a room's sources: the core's, and its own. */
const foldersOf = (machine, room) =>
  [...new Set(["core", room])]
    .flatMap((each) => [`shim/${each}`, `shim/${each}/${machine}`])
    .filter((folder) => existsSync(folder));

const sourcesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => /\.[chS]$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);

/** The sources of rooms and the core that are compiled, and the folders of their headers. */
export function shimSources(machine, ...rooms) {
  const folders = [...new Set(rooms.flatMap((room) => foldersOf(machine, room)))];
  const layouts = [...new Set(["core", ...rooms])].map((room) => layoutsOf(machine, room));
  return {
    sources: [...folders.flatMap(sourcesIn).filter((path) => !path.endsWith(".h")), ...layouts],
    includes: [...folders, `build/${machine}`].flatMap((folder) => ["-iquote", folder]),
  };
}

/**
 * Compiles the rooms of the shim in a folder with shim/ and build/, which has records.h. Executed as a program a library is
 * the idle program of shim/core/ARCH/stub.S.
 */
export async function compileShims(machine = HOST, folder = ".") {
  const { sources, includes } = shimSources(machine, ...ROOMS);
  const flags = [...C_FLAGS, ...SHIM_FLAGS, ...includes, ...headerFlags(machine)];
  const objects = `build/${machine}/objects`;
  for (const made of [objects, "dist"]) mkdirSync(`${folder}/${made}`, { recursive: true });
  const jobs = sources.map((path) => [path]);
  const compiled = await compileAll(jobs, machine, flags, objects, folder);
  for (const room of ROOMS) {
    const own = new Set(shimSources(machine, room).sources);
    const parts = compiled.filter((_, i) => own.has(sources[i]));
    const linkFlags = [...LINK_FLAGS, "-Wl,-e,stublab_idle_entry"];
    link(machine, resolve(folder, shimOf(machine, room)), parts, linkFlags, folder);
  }
}

function buildNative(arch, machine, missing) {
  const library = `dist/native-${machine}-${arch}.so`;
  const sources = [...files("shim/native", ".c", ".h"), ENCODERS[arch], ...ABI];
  return makeUnless(missing, library, sources, async () => {
    mkdirSync(`build/${arch}`, { recursive: true });
    writeConstants(arch);
    await writePrototypes(arch);
    compileNative(arch, library, ".", machine);
  });
}

/** Compiles the C encoder of an architecture for a machine; build/ has its constants.inc and abi.h. */
export function compileNative(arch, target, cwd, machine = HOST) {
  const shared = readdirSync("shim/native").filter((name) => name.endsWith(".c"));
  const sources = shared.sort().map((name) => `shim/native/${name}`);
  sources.push(...files(`shim/native/${arch}`, ".c"));
  const folders = ["shim/native", `shim/native/${arch}`, `build/${arch}`];
  const includes = folders.flatMap((folder) => ["-iquote", folder]);
  const headers = [...headerFlags(arch, machine), ...abiFlags(machine)];
  const flags = ["-Werror=missing-prototypes", ...includes, ...headers];
  link(machine, target, [...C_FLAGS, ...flags, ...sources], LINK_FLAGS, cwd);
}

/** The names of an encoder, each of which the C encoder defines if the headers do. */
function writeConstants(arch) {
  const module = new WebAssembly.Module(readFileSync(ENCODERS[arch]));
  const rows = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "global")
    .map(({ name }) => `${numberAlias(name)}#ifdef ${name}\nCONSTANT(${name})\n#endif\n`);
  writeFileSync(`build/${arch}/constants.inc`, rows.join(""));
}

/** The kernel's headers name system calls __NR_; the libc's SYS_ names exist only for its own architecture. */
function numberAlias(name) {
  if (!name.startsWith("SYS_")) return "";
  const number = name.replace("SYS_", "__NR_");
  return `#if defined(${number}) && !defined(${name})\n#define ${name} ${number}\n#endif\n`;
}

/** The version of the ABI and its functions, so that the compiler compares the C encoder with the table. */
async function writePrototypes(arch) {
  const { ENCODER_ABI, cPrototype, functionsOf } = await loadTables(...ABI);
  const lines = functionsOf(arch).map((name) => `${cPrototype(name)};\n`);
  writeFileSync(`build/${arch}/abi.h`, `#define ENCODER_ABI ${ENCODER_ABI}\n\n${lines.join("")}`);
}

/** Compiles a program without a C library; returns false if this machine cannot. */
export function compileProgram(machine, target, source, ...flags) {
  if (missingFor(machine)) return false;
  const own = ["-nostdlib", "-O1", "-iquote", `shim/core/${machine}`, ...headerFlags(machine)];
  link(machine, target, [...C_FLAGS, ...own, ...flags, source], []);
  return true;
}
