// Builds everything into dist/: the encoder (AssemblyScript, a module for each architecture), the fuzzer's module, the C
// libraries, the bundled JavaScript and its type declarations. A target is rebuilt only if its sources have changed.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { inlineMore } from "./inlining.mjs";
import { LISTED, listCode, listLinkedCode } from "./listing.mjs";
import { buildProbe, hasTranslator, STATIC_FLAGS } from "./probe.mjs";
import { GENERATED } from "./records.mjs";

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
/** Prevents gcc from replacing loops by calls of memset and memcpy. */
const GCC_FLAGS = ["-fno-tree-loop-distribute-patterns"];
/** Leaves the vector registers of the caller alone: the fuzzer has a pattern in them (shim/canary.h). */
const SHIM_FLAGS = ["-mgeneral-regs-only"];
/** Selects the assembler of binutils, which the listing needs; clang's encodes some jumps differently. */
const CLANG_FLAGS = ["-fno-integrated-as"];
/** `defs` makes the build fail at a call of a missing function, such as a memset that a compiler adds. */
const LINK_FLAGS = [
  "-shared",
  "-nostdlib",
  "-s",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,-z,defs",
];
const CROSS_LINK_FLAGS = ["-fuse-ld=lld", ...LINK_FLAGS];

const NO_COMPILER = `stublab needs a C compiler and the kernel's headers to build its small libraries:
  Debian, Ubuntu   apt-get install gcc libc6-dev
  Fedora           dnf install gcc glibc-devel kernel-headers
  Alpine           apk add gcc musl-dev linux-headers
or name another compiler in the environment variable CC.`;

/** The C compiler to use. */
export const CC = process.env.CC || "cc";

/** The compiler for the other architecture: one clang compiles for all. */
const CLANG = process.env.CLANG || "clang";

/** The kernel's headers of arm64: Debian's linux-libc-dev has those of every architecture. */
const ARM64_HEADERS = "/usr/lib/linux/uapi/arm64";

/** What the C encoder of each architecture is made from: the names to define, and the headers with their values. */
const NATIVE = {
  amd64: { names: "dist/encoder.wasm", headers: "/usr/lib/linux/uapi/x86" },
  arm64: { names: "dist/encoder-arm64.wasm", headers: ARM64_HEADERS },
};

/** The C library's headers for this machine, which serve the other one, too: the C encoder needs one with macros only. */
const LIBC_HEADERS = "/usr/include/x86_64-linux-gnu";

/** Tables of src/ from which the build writes C and AssemblyScript. */
const ABI = ["src/encoder/abi.ts", "src/encoder/prototype.ts"];
const RECORDS = [
  "src/fuzz/case/records.ts",
  ...files("src/fuzz/case", ".ts"),
  "src/encoder/arch.ts",
];

/** The entries of the library, as package.json exports them. */
const ENTRIES = {
  index: "src/index.ts",
  compare: "src/compare/index.ts",
  record: "src/record/index.ts",
  fuzz: "src/fuzz/index.ts",
};

/** Programs that run in a separate process or thread. */
const PROGRAMS = {
  cli: "src/cli/main.ts",
  foreign_child: "src/compare/foreign_child.ts",
  fuzz_worker: "src/fuzz/run/fuzz_worker.ts",
  sandboxed: "src/record/sandboxed.ts",
  tried: "src/record/tasks/tried.ts",
  bench_side: "src/bench/bench_side.ts",
};

/** The program in C that `stublab fuzz export` completes. */
/** Files that exports write, or are made from. */
const TEMPLATES = ["src/fuzz/tell/template.c", "src/fuzz/tell/bisect.sh"];

/** The declarations of each source file, before they are bundled. */
const DECLARATIONS = "build/declarations";
/** The library that declares Symbol.dispose; no target includes it by default. */
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />';

/** Paths of the files in a folder with one of the suffixes. */
export function files(folder, ...endings) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/**
 * Runs `make` unless `target` was made from these sources. Contents are compared, not times, as a copy or a checkout
 * changes times.
 */
async function makeFrom(target, sources, make) {
  const hash = createHash("sha256");
  for (const source of [...sources, "build.mjs"]) hash.update(source).update(readFileSync(source));
  const digest = hash.digest("hex");
  const record = `build/${target.replaceAll("/", "_")}.sha256`;
  if (existsSync(target) && existsSync(record) && readFileSync(record, "utf8") === digest) return;
  await make();
  writeFileSync(record, digest);
}

/** The modules of assembly/, as in asconfig.json: an encoder and a fuzzer's module for each architecture. */
async function buildModules() {
  const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const records = GENERATED.map(([name]) => name).filter((name) => name.endsWith(".ts"));
  const sources = [...files("assembly", ".ts"), ...records, "asconfig.json"];
  for (const [name, { outFile }] of Object.entries(targets)) {
    await makeFrom(outFile, sources, () => compileModule(name));
  }
  const { outFile } = targets.fuzz;
  const fast = "dist/fuzz.wasm";
  await makeFrom(fast, [outFile, "inlining.mjs"], () => inlineMore(outFile, fast));
}

/** Compiles assembly/NAME/index.ts. The name of a part of the modules for one architecture is PART/ARCH. */
async function compileModule(name) {
  const { default: asc } = await import("assemblyscript/asc");
  const config = ["--config", "asconfig.json", "--target", name];
  const readFile = (path) => readSource(path, name.split("/")[1]);
  const { error, stderr } = await asc.main([`assembly/${name}/index.ts`, ...config], { readFile });
  process.stderr.write(stderr.toString());
  if (error) throw new Error(`assembly/${name} does not compile`);
}

/** A source file. If an architecture has one of the same name beside it, in its own folder, that takes its place. */
function readSource(path, arch) {
  const [folder, file] = [dirname(path), basename(path, ".ts")];
  if (existsSync(`${folder}/${arch}/${file}.ts`)) return `export * from "./${arch}/${file}";`;
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Imports tables of src/. */
async function loadTables(...paths) {
  const { default: esbuild } = await import("esbuild");
  const contents = paths.map((path) => `export * from "./${path}";`).join("");
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: "." },
    bundle: true,
    format: "esm",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** The records that C, AssemblyScript and TypeScript share: what the first two include. */
async function writeRecords() {
  for (const [target, arch, write] of GENERATED) {
    mkdirSync(dirname(target), { recursive: true });
    await makeFrom(target, [...RECORDS, "records.mjs"], async () => {
      const { tablesOf } = await loadTables(RECORDS[0]);
      writeFileSync(target, write(tablesOf(arch)));
    });
  }
}

/** The version of the ABI and its functions, so that the compiler compares the C encoder with the table. */
async function writePrototypes(arch) {
  const { ENCODER_ABI, cPrototype, functionsOf } = await loadTables(...ABI);
  const lines = functionsOf(arch).map((name) => `${cPrototype(name)};\n`);
  mkdirSync(`build/${arch}`, { recursive: true });
  writeFileSync(`build/${arch}/abi.h`, `#define ENCODER_ABI ${ENCODER_ABI}\n\n${lines.join("")}`);
}

/** The names of assembly/, each of which the C encoder defines if the headers do. */
function writeConstants(arch) {
  const module = new WebAssembly.Module(readFileSync(NATIVE[arch].names));
  const rows = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "global")
    .map(({ name }) => `${numberAlias(name)}#ifdef ${name}\nCONSTANT(${name})\n#endif\n`);
  mkdirSync(`build/${arch}`, { recursive: true });
  writeFileSync(`build/${arch}/constants.inc`, rows.join(""));
}

/** The kernel's headers name system calls __NR_; the libc's SYS_ names exist only for its own architecture. */
function numberAlias(name) {
  if (!name.startsWith("SYS_")) return "";
  const number = name.replace("SYS_", "__NR_");
  return `#if defined(${number}) && !defined(${name})\n#define ${name} ${number}\n#endif\n`;
}

/** Compiles a freestanding library, or with other flags for the linker a program. */
function compileLibrary(target, sources, cwd = ".", flags = [], linkFlags = LINK_FLAGS) {
  try {
    const args = [...C_FLAGS, ...compilerFlags(), ...flags, ...sources, ...linkFlags];
    compile(CC, args, target, cwd);
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`there is no C compiler (${CC}).\n${NO_COMPILER}`);
    throw new Error(`${CC} failed on ${target}. If a header is missing:\n${NO_COMPILER}`);
  }
}

/** Runs a compiler; a target that exists is replaced only by a whole one. */
function compile(compiler, args, target, cwd) {
  const temporary = `${target}.${process.pid}`;
  try {
    const stdio = ["ignore", "inherit", "inherit"];
    execFileSync(compiler, ["-o", temporary, ...args], { stdio, cwd });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  renameSync(temporary, target);
}

function compilerFlags() {
  const macros = execFileSync(CC, ["-dM", "-E", "-x", "c", "/dev/null"], { encoding: "utf8" });
  return macros.includes("__clang__") ? CLANG_FLAGS : GCC_FLAGS;
}

/** The places to which stubs under judgement write. */
const SLOTS = "src/compare/live/slots.ts";

/**
 * Writes the assembler's listing of the code that recordings show and that judges run, so that neither a disassembler nor
 * an assembler is needed at run time.
 */
function buildListing() {
  const listed = LISTED.amd64;
  const sources = [...listed.map(({ source }) => source), SLOTS, "listing.mjs", "dist/shim.so"];
  return makeFrom("dist/listing.json", sources, async () => {
    await writeSlots();
    const listing = listed.map((code) => listCode(code, [CC, ...compilerFlags()]));
    expectInside(listing[0], "dist/shim.so");
    writeFileSync("dist/listing.json", `${JSON.stringify(listing)}\n`);
  });
}

async function writeSlots() {
  const places = Object.entries((await loadTables(SLOTS)).SLOTS);
  const lines = places.map(([name, offset]) => `#define SLOT_${name} (data + ${offset})\n`);
  writeFileSync("build/slots.h", lines.join(""));
}

/** The same for arm64. */
function buildArm64Listing() {
  const sources = [...LISTED.arm64.map(({ source }) => source), SLOTS, "listing.mjs", SHIM_ARM64];
  return makeFrom("dist/listing-arm64.json", sources, async () => {
    await writeSlots();
    const listing = LISTED.arm64.map((code) => {
      const target = `build/${basename(code.source, ".S")}_arm64`;
      const flags = ["-iquote", ".", "-iquote", "shim", "-isystem", ARM64_HEADERS, code.source];
      crossCompile(`${target}.i`, ["-E", ...flags]);
      // Without -Bsymbolic a branch to a global label leads to a stub of the linker.
      const linking = [...CROSS_LINK_FLAGS, "-Wl,-Bsymbolic", `-Wl,-e,${code.begin}`];
      crossCompile(target, [...flags, ...linking]);
      return listLinkedCode(code, readFileSync(`${target}.i`, "utf8"), readFileSync(target));
    });
    expectInside(listing[0], SHIM_ARM64);
    writeFileSync("dist/listing-arm64.json", `${JSON.stringify(listing)}\n`);
  });
}

/** Writes the sections of the lessons' pages, by lesson and title, so that pages of recordings have them. */
function buildLessons() {
  const pages = files("docs/lessons", ".md").filter((path) => basename(path) !== "README.md");
  return makeFrom("dist/lessons.json", pages, () => {
    const lessons = pages.map((path) => {
      const sections = readFileSync(path, "utf8").split(/^## /m).slice(1);
      const titled = sections.map((section) => {
        const end = section.indexOf("\n");
        return [section.slice(0, end), section.slice(end).trim()];
      });
      return [basename(path, ".md"), Object.fromEntries(titled)];
    });
    writeFileSync("dist/lessons.json", `${JSON.stringify(Object.fromEntries(lessons))}\n`);
  });
}

/** Two assemblers may encode an instruction differently. */
function expectInside({ name, lines }, library) {
  const digits = lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join("");
  if (readFileSync(library).includes(Buffer.from(digits, "hex"))) return;
  throw new Error(`the assembler's listing of the ${name} differs from ${library}`);
}

/** Compiles the C encoder of an architecture for a machine; build/ has its constants.inc and abi.h. */
export function compileNative(arch, target, cwd, machine = "amd64") {
  const shared = readdirSync("shim/native").filter((name) => name.endsWith(".c"));
  const sources = shared.sort().map((name) => `shim/native/${name}`);
  sources.push(...files(`shim/native/${arch}`, ".c"));
  const folders = ["shim/native", `shim/native/${arch}`, `build/${arch}`];
  const includes = folders.flatMap((folder) => ["-iquote", folder]);
  const flags = ["-Werror=missing-prototypes", ...includes];
  // The headers of the compiler's own machine need no path.
  if (machine !== "amd64" || arch !== "amd64") flags.push("-isystem", NATIVE[arch].headers);
  // The C library's headers, and those of x86, choose between three ABIs by the macros of the compiler.
  if (machine !== "amd64") flags.push("-D__x86_64__");
  compileFor(machine, target, sources, cwd, flags);
}

/** What the shim has on amd64 only: guests without a tracer, and setups by rt_sigreturn. */
const AMD64_ONLY = ["handler.c", "sigreturn.c"];

/** Compiles the shim; build/ has its records.h. Executed as a program it is the idle program of shim/ARCH/stub.S. */
export function compileShim(target, cwd, arch = "amd64") {
  const own = readdirSync("shim").filter((name) => name.endsWith(".c"));
  const kept = own.filter((name) => arch === "amd64" || !AMD64_ONLY.includes(name));
  const sources = kept.sort().map((name) => `shim/${name}`);
  sources.push(...files(`shim/${arch}`, ".c", ".S"));
  const folders = ["shim", `shim/${arch}`, `build/${arch}`];
  const includes = folders.flatMap((folder) => ["-iquote", folder]);
  const flags = [...SHIM_FLAGS, ...includes, "-Wl,-e,stublab_idle_entry"];
  if (arch === "arm64") flags.push("-isystem", ARM64_HEADERS);
  compileFor(arch, target, sources, cwd, flags);
}

function compileFor(machine, target, sources, cwd, flags) {
  if (machine === "amd64") compileLibrary(target, sources, cwd, flags);
  else crossCompile(target, [...C_FLAGS, ...flags, ...sources, ...CROSS_LINK_FLAGS], cwd);
}

function crossCompile(target, args, cwd = ".") {
  const cross = ["--target=aarch64-linux-gnu", "-idirafter", LIBC_HEADERS];
  compile(CLANG, [...cross, ...args], target, cwd);
}

/** Whether there are a compiler, a linker and headers for arm64. */
function hasCrossCompiler() {
  const isThere = (tool) => spawnSync(tool, ["--version"]).status === 0;
  return existsSync(ARM64_HEADERS) && isThere(CLANG) && isThere("ld.lld");
}

/** Compiles a program for arm64 without a C library; returns false if this machine cannot. */
export function compileArm64Program(target, source, ...flags) {
  if (!hasCrossCompiler()) return false;
  const own = [
    "-fuse-ld=lld",
    "-nostdlib",
    "-O1",
    "-mbranch-protection=standard",
    "-ftls-model=local-exec",
  ];
  const headers = ["-isystem", ARM64_HEADERS];
  crossCompile(target, [...C_FLAGS, ...own, ...headers, ...flags, source]);
  return true;
}

const SHIM_ARM64 = "dist/shim-arm64.so";

/** The libraries for the machine arm64. */
async function buildArm64Libraries() {
  if (hasCrossCompiler()) {
    await makeFrom(SHIM_ARM64, files("shim", ".c", ".h", ".S"), () =>
      compileShim(SHIM_ARM64, ".", "arm64"),
    );
    for (const arch of Object.keys(NATIVE)) await buildNative(arch, "arm64");
    await buildArm64Listing();
    return;
  }
  for (const library of [SHIM_ARM64, ...Object.keys(NATIVE).map((arch) => native("arm64", arch))])
    rmSync(library, { force: true });
  console.error(
    `${SHIM_ARM64} and the C encoders beside it are left out: clang, lld or ${ARM64_HEADERS} is missing (Debian 13: apt-get install clang lld)`,
  );
}

async function buildLibraries() {
  const headers = GENERATED.map(([name]) => name).filter((name) => name.endsWith(".h"));
  await makeFrom("dist/shim.so", [...files("shim", ".c", ".h", ".S"), ...headers], () =>
    compileShim("dist/shim.so"),
  );
  await buildNative("amd64", "amd64");
  const foreign = native("amd64", "arm64");
  if (existsSync(ARM64_HEADERS)) await buildNative("arm64", "amd64");
  else {
    rmSync(foreign, { force: true });
    console.error(
      `${foreign} is left out: ${ARM64_HEADERS} is missing (Debian 13's linux-libc-dev has it)`,
    );
  }
  await buildArm64Libraries();
}

/** The library of the C encoder of an architecture, for a machine. */
function native(machine, arch) {
  return `dist/native-${machine}-${arch}.so`;
}

function buildNative(arch, machine) {
  const library = native(machine, arch);
  const sources = [...files("shim/native", ".c", ".h"), NATIVE[arch].names, ...ABI];
  return makeFrom(library, sources, async () => {
    writeConstants(arch);
    await writePrototypes(arch);
    compileNative(arch, library, ".", machine);
  });
}

function buildPackage() {
  const configuration = ["package.json", "tsconfig.json", "src/tsconfig.json"];
  return makeFrom(
    "dist/index.js",
    [...files("src", ".ts", ".tsx"), ...TEMPLATES, ...configuration],
    async () => declare(await bundle()),
  );
}

/**
 * Bundles the library, the command and the programs that they start. The core is one file; the errors, the only part
 * that `stublab --help` needs, are another. Split into two dozen shared files, the core takes twice as long to load.
 *
 * @returns rollup's description of each file
 */
async function bundle() {
  const { rollup } = await import("rollup");
  const { default: esbuild } = await import("esbuild");
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const define = { STUBLAB_VERSION: JSON.stringify(version) };
  const compile = async (source) => {
    const { code } = await esbuild.transform(source, { loader: "ts", target: "node20.4", define });
    return { code, map: null };
  };
  const bundled = await rollup({
    input: { ...ENTRIES, ...PROGRAMS },
    external: /^node:|^koffi$/,
    plugins: [{ name: "esbuild", transform: compile }],
  });
  for (const old of files("dist", ".js")) rmSync(old);
  const { output } = await bundled.write({
    dir: "dist",
    chunkFileNames: "[name]-[hash].js",
    hoistTransitiveImports: false,
    manualChunks: { errors: ["src/limits.ts"], core: [ENTRIES.index] },
  });
  chmodSync("dist/cli.js", 0o755);
  await bundlePage(esbuild, "dist");
  for (const path of TEMPLATES) copyFileSync(path, `dist/${basename(path)}`);
  return output;
}

/** The scripts of pages, as text: each one function without globals. */
export async function bundlePage(esbuild, folder) {
  await esbuild.build({
    entryPoints: {
      recording_page: "src/record/view/page/client/main.tsx",
      encoder_page: "src/record/view/page/encoder/main.tsx",
    },
    bundle: true,
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    format: "iife",
    platform: "browser",
    target: "es2023",
    charset: "utf8",
    outdir: folder,
    logLevel: "warning",
  });
}

/**
 * Writes a declaration file for each entry. Declarations that several entries use are in a shared file, so that they
 * are the same types in all entries.
 *
 * @param output what `bundle` returns
 */
async function declare(output) {
  rmSync(DECLARATIONS, { recursive: true, force: true });
  const emit = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration"];
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "src", ...emit];
  execFileSync(process.execPath, [...tsc, "--outDir", DECLARATIONS], { stdio: "inherit" });
  for (const old of files("dist", ".d.ts")) rmSync(old);
  await bundleDeclarations((name) => output.find((each) => each.name === name).exports);
}

async function bundleDeclarations(valuesOf) {
  const { rollup } = await import("rollup");
  const { dts } = await import("rollup-plugin-dts");
  const input = Object.entries(ENTRIES).map(([name, source]) => [
    name,
    source.replace(/^src(.*)\.ts$/, `${DECLARATIONS}$1.d.ts`),
  ]);
  const bundled = await rollup({ input: Object.fromEntries(input), plugins: [dts()] });
  await bundled.write({
    dir: "dist",
    entryFileNames: "[name].d.ts",
    chunkFileNames: "shared.d.ts",
    banner: NEEDED_LIBRARY,
    plugins: [
      {
        name: "type-only exports",
        renderChunk: (code, { name, isEntry }) =>
          isEntry ? exportTypes(code, valuesOf(name)) : null,
      },
    ],
  });
}

/** rollup-plugin-dts exports each class as a value, even if an entry exports only its type. */
function exportTypes(code, values) {
  const isValue = (name) => values.includes(name.split(" as ").at(-1));
  return code.replace(/^export \{ (.*) \}/gm, (_, list) => {
    const names = list.split(", ").map((name) => (isValue(name) ? name : `type ${name}`));
    return `export { ${names.join(", ")} }`;
  });
}

const PROBE = "dist/probe-amd64";

/** The probe is made of all layers, so nearly each change makes it anew. */
async function makeProbe() {
  if (!hasTranslator()) {
    rmSync(PROBE, { force: true });
    console.error(`${PROBE} is left out: wasm2c is missing (Debian: apt-get install wabt)`);
    return;
  }
  const made = ["dist/encoder.wasm", "build/fuzz-compiled.wasm", "dist/shim.so", "probe.mjs"];
  const tables = ["src/fuzz", "src/encoder", "src/stub"].flatMap((path) => files(path, ".ts"));
  const headers = GENERATED.map(([name]) => name).filter((name) => name.endsWith(".h"));
  await makeFrom(PROBE, [...made, ...tables, ...headers, ...files("shim", ".c", ".h", ".S")], () =>
    buildProbe(PROBE, CC, compilerFlags(), SHIM_FLAGS),
  );
}

const BENCH = "dist/bench-amd64";

/** The plain C side of `stublab bench`. */
function makeBench() {
  const headers = ["shim/signal.h", "shim/amd64/syscall.h", "probe.mjs"];
  return makeFrom(BENCH, [...files("bench", ".c", ".h"), ...headers], () => {
    const includes = ["-iquote", "shim", "-iquote", "shim/amd64"];
    compileLibrary(BENCH, files("bench", ".c"), ".", includes, STATIC_FLAGS);
  });
}

async function build() {
  mkdirSync("dist", { recursive: true });
  mkdirSync("build", { recursive: true });
  await writeRecords();
  await buildModules();
  await buildLibraries();
  await buildListing();
  await buildLessons();
  await buildPackage();
  await makeBench();
  await makeProbe();
}

process.chdir(dirname(fileURLToPath(import.meta.url)));
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
