// The root file systems of the machines: busybox, this machine's Node.js with its libraries, and stublab's package; or
// the probe alone.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";

const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const FOLDERS = [
  "usr/bin",
  LIBRARIES,
  "usr/lib64",
  "proc",
  "sys",
  "dev",
  "tmp",
  "etc",
  "run",
  "opt/stublab",
];
/** The commands that init and check use. */
const APPLETS = [
  "sh",
  "ln",
  "mkdir",
  "mount",
  "poweroff",
  "sed",
  "sleep",
  "sync",
  "timeout",
  "uname",
  "env",
];

const STUBLAB = `#!/usr/bin/sh
exec /usr/bin/node /opt/stublab/node_modules/stublab/dist/cli.js "$@"
`;

/** Makes the folder from scratch; returns its path. */
export function makeRoot(folder: string): string {
  const root = resolve(folder, "root");
  rmSync(root, { recursive: true, force: true });
  for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true });
  for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  addBusybox(root);
  addNode(root);
  addStublab(root, folder);
  for (const name of ["init", "check"]) copyFileSync(join("test/kernels", name), join(root, name));
  execFileSync("mknod", [join(root, "dev/console"), "c", "5", "1"]);
  execFileSync("mknod", ["-m", "666", join(root, "dev/null"), "c", "1", "3"]);
  return root;
}

function addBusybox(root: string): void {
  const where = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  copyFileSync(where, join(root, "usr/bin/busybox"));
  for (const name of APPLETS) symlinkSync("busybox", join(root, "usr/bin", name));
}

function addNode(root: string): void {
  const node = join(root, "usr/bin/node");
  copyFileSync(realpathSync(process.execPath), node);
  const needed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  for (const [path] of needed.matchAll(/\/\S+/g)) {
    const folder = basename(path).startsWith("ld-") ? "usr/lib64" : LIBRARIES;
    copyFileSync(realpathSync(path), join(root, folder, basename(path)));
  }
}

/** Installs the package with npm, as a user does. */
function addStublab(root: string, folder: string): void {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  };
  const pack = ["pack", "--ignore-scripts", "--pack-destination", folder, "--silent"];
  const tarball = resolve(folder, execFileSync("npm", pack, options).trim());
  const home = join(root, "opt/stublab");
  writeFileSync(join(home, "package.json"), '{ "private": true }\n');
  const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  execFileSync("npm", ["install", ...quiet, tarball], { ...options, cwd: home });
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

/** Writes the probe's initramfs; returns its path. */
export function makeProbeInitramfs(folder: string): string {
  const file = resolve(folder, "probe.cpio");
  execFileSync(process.execPath, ["dist/cli.js", "probe", "--initrd", "-o", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return file;
}
