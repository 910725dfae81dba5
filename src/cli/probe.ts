import { ARCHES, HOST_ARCH } from "../core/machine/index.ts";
import { initramfs } from "../labs/fuzz/probe/initramfs.ts";
import { readProbe } from "../labs/fuzz/probe/run.ts";
import { caseJson } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { visible } from "../lib/visible.ts";
import { CASE_NAME, readCase } from "./case_file.ts";
import { writeOutput } from "./output_file.ts";
import { talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { probe as table } from "./table/kernel.ts";

export async function runProbe(values: Values<typeof table>) {
  const { output, arch = HOST_ARCH, initrd, case: path } = values;
  if (output === undefined) throw new InputError("probe needs an output file: -o FILE");
  if (path !== undefined && !initrd) {
    throw new InputError("--case puts a case into an initramfs: it needs --initrd");
  }
  if (path !== undefined && !ARCHES.some((it) => it === arch)) {
    throw new InputError(`the probe for ${arch} tries no cases, and --case adds one`);
  }
  const probe = readProbe(arch);
  // As the probe reads it.
  const files = path === undefined ? {} : { [CASE_NAME]: Buffer.from(caseJson(readCase(path))) };
  await writeOutput(output, initrd ? initramfs(probe, files) : probe, 0o755);
  talk(`${initrd ? "an initramfs with the probe" : "the probe"} in ${visible(output)}\n`);
  return 0;
}
