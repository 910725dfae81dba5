// The C libraries: the shim and the C encoders; the C side of `stublab bench`, and programs of tests.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { layoutsOf, ROOMS } from "./bindings.mjs";
import {
  compile,
  HOST,
  headerFlags,
  limitsOf,
  MACHINES,
  MODELLESS,
  missingFor,
} from "./compilers.mjs";
import { ENCODERS } from "./modules.mjs";
import { RECORD_HEADERS } from "./records.mjs";
import { files, loadTables, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** The flags of all C: freestanding, and reproducible with the same compiler. */
export const C_FLAGS = [
  ...["-std=c11", "-O2", "-fPIC", "-ffreestanding", "-fno-stack-protector", "-fvisibility=hidden"],
  ...["-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables"],
  ...["-Wall", "-Wextra"],
];
/** What is compiled with the flags of the shim: the rooms, and what only the probe has. */
const PARTS = [...ROOMS, "fuzz"];
const LINK_FLAGS = ["-nostdlib", "-s", "-Wl,--build-id=none", "-Wl,-z,noexecstack"];
/**
 * `defs` makes the build fail at a call of a missing function, such as a memset that a compiler adds. `nodelete` keeps
 * the shim loaded after the last worker that used it, for its signal handlers.
 */
const SHARED_FLAGS = ["-shared", ...LINK_FLAGS, "-Wl,-z,defs", "-Wl,-z,nodelete"];
/** The flags that link a static program without a C library. */
export const STATIC_FLAGS = [
  ...["-static", ...LINK_FLAGS, "-fno-pic", "-Wl,--gc-sections", "-Wl,-z,noseparate-code"],
];

export const shimOf = (machine, room = "core") => `dist/${room}-${machine}.so`;
/** What a room's own sources are compiled to. */
export const objectOf = (machine, room) => `build/${machine}/${room}.o`;

/** The tables with the functions of an encoder. */
const ABI = ["src/core/encoder/abi.ts", "src/labs/compare/encoders/prototype.ts"];

/** The shim's libraries for a machine. */
export function buildShims(machine) {
  const sources = PARTS.flatMap((room) => files(`shim/${room}`, ".c", ".h", ".S"));
  const make = () => compileShims(machine);
  return makeFrom(shimOf(machine), [...sources, ...RECORD_HEADERS], make, limitsOf(machine));
}

/** The C encoders of all architectures for a machine. */
export async function buildNatives(machine) {
  for (const arch of MACHINES) await buildNative(arch, machine);
}

/** A folder of C sources, and that of a machine in it. */
export const foldersOf = (machine, folder) =>
  [folder, `${folder}/${machine}`].filter((path) => existsSync(path));

/** What is compiled in folders. */
export const sourcesIn = (folders) =>
  folders.flatMap((folder) => files(folder, ".c", ".S").filter((path) => dirname(path) === folder));

export const quoted = (folders) => folders.flatMap((folder) => ["-iquote", folder]);

/** The folders of all headers of the shim. Without a model no setup is tried, but headers declare records: another machine's. */
export const shimFolders = (machine) => [
  ...PARTS.flatMap((room) => foldersOf(machine, `shim/${room}`)),
  `build/${MODELLESS.includes(machine) ? HOST : machine}`,
];

/**
 * Compiles the rooms of the shim in a folder with shim/ and build/, which has records.h. Executed as a program a library is
 * the idle program of shim/core/ARCH/stub.S. The vector registers of the caller are left alone: the fuzzer has a pattern in
 * them (shim/fuzz/canary.h).
 */
export async function compileShims(machine = HOST, cwd = ".") {
  const flags = [...C_FLAGS, "-mgeneral-regs-only", ...headerFlags(machine)];
  const includes = quoted(shimFolders(machine));
  mkdirSync(`${cwd}/dist`, { recursive: true });
  const compileRoom = (room) => {
    const sources = sourcesIn(foldersOf(machine, `shim/${room}`));
    if (room === "core") sources.push(layoutsOf(machine));
    const object = resolve(cwd, objectOf(machine, room));
    return compile(machine, object, ["-r", "-nostdlib", ...flags, ...includes, ...sources], cwd);
  };
  await Promise.all(PARTS.map(compileRoom));
  const linkRoom = (room) => {
    const objects = [...new Set(["core", room])].map((part) => objectOf(machine, part));
    const linkFlags = [...SHARED_FLAGS, "-Wl,-e,stublab_idle_entry"];
    return compile(machine, resolve(cwd, shimOf(machine, room)), [...objects, ...linkFlags], cwd);
  };
  await Promise.all(ROOMS.map(linkRoom));
}

function buildNative(arch, machine) {
  const library = `dist/native-${machine}-${arch}.so`;
  const sources = [...files("shim/native", ".c", ".h"), ENCODERS[arch], ...ABI];
  const make = async () => {
    await writeHeaders(arch);
    await compileNative(arch, library, ".", machine);
  };
  return makeFrom(library, sources, make, limitsOf(machine, arch));
}

const headers = {};

/** Writes those of an architecture once: the compilers of both machines read them at the same time. */
function writeHeaders(arch) {
  headers[arch] ??= Promise.all([writeConstants(arch), writePrototypes(arch)]);
  return headers[arch];
}

/** Compiles the C encoder of an architecture for a machine; build/ has its constants.inc and abi.h. */
export function compileNative(arch, target, cwd, machine = HOST) {
  const folders = foldersOf(arch, "shim/native");
  // The C library's headers of amd64, and the kernel's, choose between three ABIs by the macros of the compiler.
  const abi = machine === "amd64" ? [] : ["-D__x86_64__"];
  const includes = [...quoted([...folders, `build/${arch}`]), ...headerFlags(arch, machine)];
  const flags = [...C_FLAGS, "-Werror=missing-prototypes", ...includes, ...abi];
  return compile(machine, target, [...flags, ...sourcesIn(folders), ...SHARED_FLAGS], cwd);
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
  const { ENCODER_ABI, cPrototype, functionsOf } = await loadTables(ABI);
  const lines = functionsOf(arch).map((name) => `${cPrototype(name)};\n`);
  writeFileSync(`build/${arch}/abi.h`, `#define ENCODER_ABI ${ENCODER_ABI}\n\n${lines.join("")}`);
}

/** The C side of `stublab bench`: its stubs are born by the shim's core. */
export function buildBench() {
  const folders = foldersOf("amd64", "shim/core");
  const inputs = [...sourcesIn(["bench"]), objectOf("amd64", "core")];
  const args = [...C_FLAGS, ...quoted(folders), ...headerFlags("amd64"), ...inputs];
  const make = () => compile("amd64", "dist/bench-amd64", [...args, ...STATIC_FLAGS]);
  const headers = ["bench", "shim/core"].flatMap((folder) => files(folder, ".h"));
  return makeFrom("dist/bench-amd64", [...inputs, ...headers], make, limitsOf("amd64"));
}

/** The program that guards a process of Node.js against outliving its starter. */
export function buildGuard(machine) {
  const target = `dist/guard-${machine}`;
  const inputs = sourcesIn(foldersOf(machine, "shim/guard"));
  const headers = files("shim/core", "machine.h");
  const flags = [...C_FLAGS, ...quoted(foldersOf(machine, "shim/core")), ...headerFlags(machine)];
  const make = () => compile(machine, target, [...flags, ...inputs, ...STATIC_FLAGS]);
  return makeFrom(target, [...inputs, ...headers], make, limitsOf(machine));
}

/** Compiles a program without a C library; returns false if this machine cannot. */
export async function compileProgram(machine, target, source, ...flags) {
  if (missingFor(machine)) return false;
  const own = ["-nostdlib", "-O1", "-iquote", `shim/core/${machine}`, ...headerFlags(machine)];
  await compile(machine, target, [...C_FLAGS, ...own, ...flags, source]);
  return true;
}
