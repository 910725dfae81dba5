// Exits with 0 if test/recordings/ has a recording of a processor of this vendor, family and model: .ci/run.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const RECORDINGS = join(dirname(fileURLToPath(import.meta.url)), "recordings");
const cpuinfo = readFileSync("/proc/cpuinfo", "utf8");
const read = (name) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(cpuinfo)?.[1];

const isThis = ({ vendor, family, model }) =>
  vendor === read("vendor_id") &&
  family === Number(read("cpu family")) &&
  model === Number(read("model"));

/** The machine of a recording, which its first line has. */
function machineOf(name) {
  const content = readFileSync(join(RECORDINGS, name));
  const text = name.endsWith(".gz") ? gunzipSync(content) : content;
  return JSON.parse(text.toString("utf8").split("\n", 1)[0]).machine;
}

process.exitCode = readdirSync(RECORDINGS).some((name) => isThis(machineOf(name))) ? 0 : 1;
