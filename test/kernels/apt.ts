// Fetches Debian's packages with apt from the mirror that this machine uses. The package lists are kept apart, so that
// the machine's own do not change.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ProbedArch } from "../../src/core/machine/index.ts";

const DAY = 86_400_000;

/** Mirrors refuse connections for seconds. */
const ATTEMPTS = 3;
const PAUSE = 5000;

/** Runs a program of apt; returns what it prints. */
export type Apt = (program: string, ...args: readonly string[]) => string;

/** Runs apt's programs with the package lists of one suite. */
export function aptOf(suite: string, arch: ProbedArch, folder: string): Apt {
  const state = resolve(folder, "apt", arch, suite);
  for (const name of ["lists/partial", "archives/partial"])
    mkdirSync(join(state, name), { recursive: true });
  const options = {
    "Dir::Etc::sourcelist": join(state, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(state, "lists"),
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": state,
    "APT::Architecture": arch,
    "APT::Architectures": arch,
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

/** Downloads a package, and unpacks its files below a folder. */
export function unpack(apt: Apt, name: string, into: string): void {
  const work = mkdtempSync(join(tmpdir(), "stublab-package-"));
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
    execFileSync("dpkg-deb", ["-x", join(work, deb), into]);
  } finally {
    rmSync(work, { recursive: true });
  }
}
