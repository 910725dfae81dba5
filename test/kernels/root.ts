// The root file systems of the machines: busybox, Node.js with its libraries, and stublab's package; or the probe alone.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { ProbedArch } from "../../src/core/machine/index.ts";
import { USERLANDS, type UserlandName } from "./userland.ts";

/** Where stublab is installed. */
const HOME = "opt/stublab";
const FOLDERS = ["usr/bin", "usr/lib64", "proc", "sys", "dev", "tmp", "etc", "run", HOME];
/** The commands that init and check use. */
const APPLETS = "sh ln mkdir mount poweroff sed sleep sync timeout uname env unshare".split(" ");

const STUBLAB = `#!/usr/bin/sh
exec /usr/bin/node /opt/stublab/node_modules/stublab/dist/cli.js "$@"
`;

/** What a root is made of, besides busybox, Node.js and stublab. */
export interface Contents {
  /** The script that the machine runs. */
  readonly check: string;
  /** Files and folders of the project, which are copied to the folder where stublab is installed. */
  readonly added: readonly string[];
}

/** Makes the folder from scratch; returns its path. */
export function makeRoot(folder: string, name: UserlandName, { check, added }: Contents): string {
  const root = resolve(folder, `root-${name}`);
  rmSync(root, { recursive: true, force: true });
  const { libraries, busybox, node, install } = USERLANDS[name];
  for (const name of [...FOLDERS, ...libraries]) mkdirSync(join(root, name), { recursive: true });
  for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  copyFileSync(busybox(folder), join(root, "usr/bin/busybox"));
  for (const name of APPLETS) symlinkSync("busybox", join(root, "usr/bin", name));
  for (const [path, file] of Object.entries(node(folder))) copyFileSync(file, join(root, path));
  addStublab(root, folder, install);
  for (const path of added)
    cpSync(path, join(root, HOME, path), { recursive: true, dereference: true });
  copyFileSync("test/kernels/init", join(root, "init"));
  writeFileSync(join(root, "check"), check, { mode: 0o755 });
  execFileSync("mknod", [join(root, "dev/console"), "c", "5", "1"]);
  execFileSync("mknod", ["-m", "666", join(root, "dev/null"), "c", "1", "3"]);
  return root;
}

/** Installs the package with npm, as a user does. */
function addStublab(root: string, folder: string, install: readonly string[]): void {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  };
  const pack = ["pack", "--ignore-scripts", "--pack-destination", folder, "--silent"];
  const tarball = resolve(folder, execFileSync("npm", pack, options).trim());
  const home = join(root, HOME);
  writeFileSync(join(home, "package.json"), '{ "private": true }\n');
  const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  execFileSync("npm", ["install", ...quiet, ...install, tarball], { ...options, cwd: home });
  writeFileSync(join(root, "usr/bin/stublab"), STUBLAB);
  chmodSync(join(root, "usr/bin/stublab"), 0o755);
}

/** Packs the folder as an initramfs; returns its path. */
export function makeInitramfs(root: string): string {
  const file = `${root}.cpio`;
  execFileSync("sh", ["-c", `find . | cpio --quiet -o -H newc -R 0:0 >"$0"`, file], { cwd: root });
  return file;
}

/** A root with the probe as process 1; returns its path. */
export function makeProbeRoot(folder: string): string {
  const root = resolve(folder, "probe");
  for (const name of ["proc", "dev"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync("dist/probe-amd64", join(root, "init"));
  return root;
}

/** Writes an initramfs whose process 1 is test/support/deny.c, which executes the probe; returns its path. */
export function makeDenyingInitramfs(folder: string): string {
  const root = resolve(folder, "denying");
  for (const name of ["dev", "probe"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync("dist/probe-amd64", join(root, "probe/init"));
  const freestanding = ["-O1", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector"];
  const words = [
    ...freestanding,
    ...["-Ishim/core/amd64", "-o", join(root, "init"), "test/support/deny.c"],
  ];
  execFileSync(process.env.CC || "cc", words, { stdio: ["ignore", "inherit", "inherit"] });
  return makeInitramfs(root);
}

/** Writes the probe's initramfs; returns its path. */
export function makeProbeInitramfs(folder: string, arch: ProbedArch): string {
  const file = resolve(folder, `probe-${arch}.cpio`);
  const words = ["dist/cli.js", "probe", "--arch", arch, "--initrd", "-o", file];
  execFileSync(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
  return file;
}
