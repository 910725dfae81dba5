// Fetches Debian's kernels with apt from the mirror that this machine uses. The package lists are kept apart, so that
// the machine's own do not change. A fetched image is kept.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";

const DAY = 86_400_000;
const ARCH = "amd64";
/** Before 6.19 the image is in linux-image-VERSION; since then in linux-binary-VERSION, on which the former depends. */
const PACKAGE = new RegExp(`^linux-(?:binary|image)-([0-9].*-cloud-${ARCH})$`);

/** Mirrors refuse connections for seconds. */
const ATTEMPTS = 3;
const PAUSE = 5000;

type Apt = (program: string, ...args: readonly string[]) => string;

const fetched = new Map<string, string>();

/**
 * Fetches the newest kernel of a suite, unless it has been fetched before.
 *
 * @param prefix how its version begins
 * @returns the path of the image
 */
export function fetchKernel(suite: string, prefix: string, folder: string): string {
  const key = `${suite} ${prefix}`;
  const image = fetched.get(key) ?? fetchNewest(suite, prefix, folder);
  fetched.set(key, image);
  return image;
}

function fetchNewest(suite: string, prefix: string, folder: string): string {
  const apt = aptOf(suite, folder);
  const names = apt("apt-cache", "pkgnames", "linux-").split("\n");
  const versions = names
    .flatMap((name) => PACKAGE.exec(name)?.[1] ?? [])
    .filter((it) => it.startsWith(prefix));
  const [version] = versions.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  if (version === undefined) throw new Error(`${suite} has no kernel ${prefix} for ${ARCH}`);
  const image = join(folder, `vmlinuz-${version}`);
  if (existsSync(image)) return image;
  const kinds = ["binary", "image"].map((kind) => `linux-${kind}-${version}`);
  const name = kinds.find((it) => names.includes(it)) ?? version;
  extract(apt, name, image);
  return image;
}

/** Runs apt's programs with the package lists of one suite. */
function aptOf(suite: string, folder: string): Apt {
  const state = resolve(folder, "apt", suite);
  for (const name of ["lists/partial", "archives/partial"])
    mkdirSync(join(state, name), { recursive: true });
  const options = {
    "Dir::Etc::sourcelist": join(state, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(state, "lists"),
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": state,
    "APT::Architecture": ARCH,
    "APT::Architectures": ARCH,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    // Else an update without an index succeeds.
    "APT::Update::Error-Mode": "any",
    "Debug::NoLocking": "1",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt: Apt = (program, ...args) =>
    execFileSync(program, ["-qq", ...flags, ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
      stdio: ["ignore", "pipe", "inherit"],
    });
  writeFileSync(join(state, "status"), "");
  writeFileSync(
    join(state, "sources.list"),
    `deb [signed-by=${keyring()}] ${mirror()} ${suite} main\n`,
  );
  const updated = join(state, "updated");
  if (existsSync(updated) && Date.now() - statSync(updated).mtimeMs < DAY) return apt;
  persist(() => apt("apt-get", "update"), `the package lists of ${suite}`);
  writeFileSync(updated, "");
  return apt;
}

/** Tries a download several times. */
function persist(download: () => void, what: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      download();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS)
        throw new Error(`apt cannot fetch ${what}, in ${ATTEMPTS} attempts`, { cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

/** The first Debian mirror in this machine's apt sources. */
function mirror(): string {
  const format = ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"];
  const rows = execFileSync("apt-get", [...format, "Created-By: Packages"], { encoding: "utf8" });
  for (const row of rows.split("\n")) {
    const [uri, release = "", component] = row.split(" ");
    if (uri !== undefined && component === "main" && !release.includes("security")) return uri;
  }
  throw new Error("apt has no Debian mirror: add one to /etc/apt/sources.list.d");
}

function keyring(): string {
  const files = ["gpg", "pgp"].map(
    (ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`,
  );
  const file = files.find((name) => existsSync(name));
  if (file === undefined)
    throw new Error("Debian's keys are missing: apt-get install debian-archive-keyring");
  return file;
}

/** Extracts the image from a package. */
function extract(apt: Apt, name: string, image: string): void {
  const work = mkdtempSync(join(resolve(image, ".."), "package-"));
  try {
    const [uri] = /'(.*?)'/.exec(apt("apt-get", "download", "--print-uris", name))?.slice(1) ?? [];
    if (uri === undefined) throw new Error(`apt has no URI for ${name}`);
    process.stderr.write(`fetching ${name}\n`);
    // apt downloads to its working directory.
    const here = process.cwd();
    process.chdir(work);
    try {
      persist(() => apt("apt-get", "download", name), name);
    } finally {
      process.chdir(here);
    }
    const [deb = ""] = readdirSync(work);
    execFileSync("dpkg-deb", ["-x", join(work, deb), join(work, "files")]);
    const files = readdirSync(join(work, "files"), { recursive: true, encoding: "utf8" });
    const found = files.find((path) => /(^|\/)vmlinuz[^/]*$/.test(path));
    if (found === undefined) throw new Error(`${name} has no kernel image`);
    renameSync(join(work, "files", found), image);
  } finally {
    rmSync(work, { recursive: true });
  }
}
