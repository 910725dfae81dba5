import { ARCHES, HOST_ARCH } from "../core/machine/index.ts";
import { readProbe } from "../labs/fuzz/probe/file.ts";
import { initramfs } from "../labs/fuzz/probe/initramfs.ts";
import { caseJson } from "../labs/fuzz/tell/told.ts";
import { visible } from "../lib/visible.ts";
import { parseArch } from "./arch.ts";
import { CASE_NAME, readCase } from "./case_file.ts";
import { type Command, parseOptions, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { talk } from "./report.ts";

const help = `usage: stublab probe -o FILE [options]

Writes the probe: a static executable for Linux that needs no Node.js, no libraries and no files. It creates stubs, checks
facts and fuzzes register setups, as this command does, and reports in KTAP. docs/probe.md describes it.

  -o, --output FILE  where to write it
  --arch ARCH        the machine that executes it: ${ARCHES.join(" or ")}; the default is this one, ${HOST_ARCH}
  --initrd           write an initramfs with it instead: the probe is process 1 of the kernel that boots it, and takes
                     its arguments after -- on the kernel's command line
  --case FILE        a case for that initramfs, as /case.json (docs/fuzzing-cases.md)

examples:
  stublab probe -o probe
  ./probe fuzz --seed 7 --cases 1000000
  stublab probe --initrd -o probe.cpio
  qemu-system-x86_64 -kernel bzImage -initrd probe.cpio -nographic -no-reboot \\
    -append "console=ttyS0 panic=-1 -- bootstrap conformance"
  stublab probe --arch arm64 --initrd -o probe.cpio
  qemu-system-aarch64 -M virt -cpu max -kernel Image -initrd probe.cpio -nographic -no-reboot \\
    -append "console=ttyAMA0 panic=-1 -- bootstrap conformance"
  stublab probe --initrd --case case.json -o probe.cpio   # and: -- replay /case.json
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  arch: { type: "string" },
  initrd: { type: "boolean" },
  case: { type: "string" },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { output, arch = HOST_ARCH, initrd = false, case: path } = parseOptions(args, OPTIONS);
  if (output === undefined) throw new UsageError("probe needs an output file: -o FILE");
  if (path !== undefined && !initrd) {
    throw new UsageError("--case puts a case into an initramfs: it needs --initrd");
  }
  const probe = readProbe(parseArch(arch));
  const files = path === undefined ? {} : { [CASE_NAME]: caseFile(path) };
  await writeOutput(output, initrd ? initramfs(probe, files) : probe, 0o755);
  talk(`${initrd ? "an initramfs with the probe" : "the probe"} in ${visible(output)}\n`);
  return 0;
}

/** The document of a case, as the probe reads it. */
function caseFile(path: string): Uint8Array {
  return Buffer.from(caseJson(readCase("probe --case", [path])));
}

export const probeCommand: Command = { help, run };
