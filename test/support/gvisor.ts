import { spawnSync } from "node:child_process";

/** Runs a command in a sandbox of gVisor, which traces it by ptrace. */
export function inGvisor(...command: string[]) {
  const flags = ["--network=none", "--ignore-cgroups", "--platform=ptrace"];
  return spawnSync("runsc", [...flags, "do", "-quiet", "--", ...command], { encoding: "utf8" });
}
