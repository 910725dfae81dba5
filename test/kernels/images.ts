// Debian's kernels. A fetched image is kept.

import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ProbedArch } from "../../src/core/machine/index.ts";
import { type Apt, aptOf, unpack } from "./apt.ts";

/** A kernel of Debian. Of several the newest is taken. */
export interface Kernel {
  readonly arch: ProbedArch;
  readonly suite: string;
  /** How its version begins. */
  readonly prefix: string;
  /** How the release ends: for which machines and page size it is built. */
  readonly flavour: string;
}

const fetched = new Map<string, string>();

/** Fetches a kernel, unless it has been fetched before; returns the path of the image. */
export function fetchKernel(kernel: Kernel, folder: string): string {
  const key = Object.values(kernel).join(" ");
  const image = fetched.get(key) ?? fetchNewest(kernel, folder);
  fetched.set(key, image);
  return image;
}

function fetchNewest({ arch, suite, prefix, flavour }: Kernel, folder: string): string {
  const apt = aptOf(suite, arch, folder);
  const names = apt("apt-cache", "pkgnames", "linux-").split("\n");
  // Before 6.19 the image is in linux-image-VERSION; since then in linux-binary-VERSION, on which the former depends.
  const pattern = new RegExp(`^linux-(?:binary|image)-(\\d[^-]*(?:-\\d[^-]*)?-${flavour})$`);
  const versions = names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .filter((it) => it.startsWith(prefix));
  const [version] = versions.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  if (version === undefined) throw new Error(`${suite} has no kernel ${prefix} of ${flavour}`);
  const image = join(folder, `vmlinuz-${version}`);
  const kinds = ["binary", "image"].map((kind) => `linux-${kind}-${version}`);
  const name = kinds.find((it) => names.includes(it)) ?? version;
  return take(apt, name, /(^|\/)vmlinu[xz](-[^/]*)?$/, image, folder);
}

/** Fetches the User Mode Linux of a suite, unless it has been fetched before; returns the path of the program. */
export function fetchUserModeLinux(suite: string, folder: string): string {
  const apt = aptOf(suite, "amd64", folder);
  return take(apt, "user-mode-linux", /bin\/linux\.uml$/, join(folder, `uml-${suite}`), folder);
}

/** The one file of a package with such a path, as a file of its own. */
function take(apt: Apt, name: string, path: RegExp, file: string, folder: string): string {
  if (existsSync(file)) return file;
  const work = mkdtempSync(join(resolve(folder), "package-"));
  try {
    unpack(apt, name, work);
    const files = readdirSync(work, { recursive: true, encoding: "utf8" });
    const found = files.find((it) => path.test(it));
    if (found === undefined) throw new Error(`${name} has no file ${path}`);
    renameSync(join(work, found), file);
  } finally {
    rmSync(work, { recursive: true });
  }
  return file;
}
