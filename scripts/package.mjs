// The bundled JavaScript, its type declarations, and the files that it reads.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { relative, resolve } from "node:path";
import { files, IS_COMPLETE, LOADER, makerOf } from "./sources.mjs";
import { TASKS, taskRules } from "./task_records.mjs";

const makeFrom = makerOf(import.meta.url);

/** The entries of the library, as package.json exports them. */
const ENTRIES = {
  index: "src/index.ts",
  compare: "src/labs/compare/index.ts",
  record: "src/labs/record/index.ts",
  fuzz: "src/labs/fuzz/index.ts",
};

/** Programs that run in a separate process or thread. */
export const PROGRAMS = {
  cli: "src/cli/main.ts",
  foreign_child: "src/labs/compare/foreign_child.ts",
  guest_worker: "src/labs/guest/guest_worker.ts",
  judge_worker: "src/labs/fuzz/recordings/judge_worker.ts",
  sandboxed: "src/cli/sandboxed.ts",
  tried: "src/labs/record/tasks/tried.ts",
  bench_side: "src/labs/bench/bench_side.ts",
};

/** Files that exports write, or are made from. */
const TOLD = "src/labs/fuzz/tell";
const TEMPLATES = [
  ...["bisect.sh", "processor.c"].map((name) => `${TOLD}/${name}`),
  ...files(`${TOLD}/c_program`, ".c"),
];

/** What `stublab --help`, `stublab explain` and errors need. */
const LIGHT =
  /src\/(lib\/(?!compiler|worker)|core\/machine\/)\w+\.ts$|src\/lib\/page\/figures|src\/core\/(encoder\/(abi|assembly)|stub\/proc)\.ts$/;

/** What else `import "stublab"` evaluates, but for the encoders of the comparison. */
const CORE = /src\/(core|fast|labs\/guest|lib\/worker|labs\/record\/examine)(?!.*_worker\.ts$)/;

/** What is bundled, or writes a part of the probe and of modules, and asks that its licence goes with it. */
const BUNDLED = ["commander", "preact", "wabt", "assemblyscript"];

/** The declarations of each source file, before they are bundled. */
const DECLARATIONS = "build/declarations";
/** The library that declares Symbol.dispose; no target includes it by default. */
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />';

export async function buildPackage() {
  const sources = [
    ...files("src", ".ts", ".tsx", ".jsonl", ".html"),
    "package.json",
    "tsconfig.json",
    "src/tsconfig.json",
  ];
  await makeFrom("dist/index.js", [...sources, ...TEMPLATES, ...files(TASKS, ".ts")], bundle);
  await makeFrom("dist/index.d.ts", sources, declare, { isWanted: IS_COMPLETE });
}

/**
 * Bundles the library, the command and the programs that they start. The core is one file; the little of it that
 * `stublab --help` needs is another. Split into two dozen shared files, the core takes twice as long to load.
 */
async function bundle() {
  const { rolldown } = await import("rolldown");
  const { default: esbuild } = await import("esbuild");
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const bundled = await rolldown({
    input: { ...ENTRIES, ...PROGRAMS },
    external: /^node:|^koffi$/,
    platform: "node",
    moduleTypes: LOADER,
    transform: { target: "node20.4", define: { STUBLAB_VERSION: JSON.stringify(version) } },
    // A package that is missing would be loaded at run time, where it is missing, too.
    onLog(level, log, next) {
      next(log.code === "UNRESOLVED_IMPORT" ? "error" : level, log);
    },
  });
  for (const old of files("dist", ".js")) rmSync(old);
  await bundled.write({
    dir: "dist",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: {
      groups: [
        { name: "light", test: LIGHT, priority: 1 },
        // A program in it would run in each program.
        { name: "core", test: CORE },
        { name: "page", test: /src\/lib\/page\// },
      ],
    },
  });
  chmodSync("dist/cli.js", 0o755);
  const licences = BUNDLED.map(
    (name) => `${name}:\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`,
  );
  writeFileSync("dist/licenses.txt", licences.join("\n\n"));
  await bundlePage(esbuild, "dist");
  for (const name of ["registers", "protocol"])
    cpSync(`src/cli/${name}/page.html`, `dist/${name}_page.html`);
  for (const path of TEMPLATES) cpSync(path, `dist/${relative(TOLD, path)}`);
}

const PAGE = {
  bundle: true,
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  format: "iife",
  platform: "browser",
  target: "es2023",
  charset: "utf8",
  loader: LOADER,
  logLevel: "warning",
};

/** The scripts of pages, as text: each one function. */
export async function bundlePage(esbuild, folder) {
  const entries = { recording_page: "src/labs/record/page/client/main.tsx" };
  await esbuild.build({ ...PAGE, entryPoints: entries, outdir: folder });
  const model = modelOf("x64");
  await esbuild.build({
    ...PAGE,
    ...model,
    // The fragment of the address selects the architecture.
    banner: { js: 'const PAGE={arch:/[#&]arch=arm64/.test(location.hash)?"arm64":"x64"};' },
    define: { ...model.define, process: "PAGE" },
    entryPoints: ["src/cli/registers/main.ts"],
    outfile: `${folder}/registers_page.js`,
  });
  await esbuild.build({
    ...PAGE,
    ...model,
    define: { ...model.define, TASK_RULES: JSON.stringify(taskRules()) },
    entryPoints: ["src/cli/protocol/main.ts"],
    outfile: `${folder}/protocol_page.js`,
  });
}

/**
 * Options with which esbuild bundles the fuzz lab's model for an architecture, to run without Node.js: what it imports of
 * that is in src/cli/registers/node.ts. Nothing is drawn there, so it has neither seeds nor tables.
 */
export function modelOf(arch) {
  const { signals, errno } = constants;
  return {
    define: {
      process: JSON.stringify({ arch }),
      "import.meta.url": '"page:///"',
      OS_CONSTANTS: JSON.stringify({ signals, errno }),
    },
    loader: LOADER,
    plugins: [
      {
        name: "without Node.js",
        setup(build) {
          const path = resolve("src/cli/registers/node.ts");
          build.onResolve({ filter: /^node:/ }, () => ({ path }));
          const contents = '{"seeds": "none", "table": "none"}';
          build.onLoad({ filter: /draw\/.*\.jsonl$/ }, () => ({ contents, loader: "text" }));
        },
      },
    ],
  };
}

/**
 * Writes a declaration file for each entry. Declarations that several entries use are in a shared file, so that they
 * are the same types in all entries.
 */
async function declare() {
  rmSync(DECLARATIONS, { recursive: true, force: true });
  const emit = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration"];
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "src", ...emit];
  execFileSync(process.execPath, [...tsc, "--outDir", DECLARATIONS], { stdio: "inherit" });
  for (const old of files("dist", ".d.ts")) rmSync(old);
  const { rolldown } = await import("rolldown");
  const { dts } = await import("rolldown-plugin-dts");
  const input = Object.entries(ENTRIES).map(([name, source]) => [
    name,
    source.replace(/^src(.*)\.ts$/, `${DECLARATIONS}$1.d.ts`),
  ]);
  const plugins = [dts({ dtsInput: true, tsconfig: false })];
  const bundled = await rolldown({ input: Object.fromEntries(input), external: /^node:/, plugins });
  await bundled.write({ dir: "dist", chunkFileNames: "shared.d.ts", banner: NEEDED_LIBRARY });
}
