import { readFileSync } from "node:fs";
import { UnsupportedError } from "../errors.ts";
import { probeFile } from "../fuzz/probe/file.ts";
import { initramfs } from "../fuzz/probe/initramfs.ts";
import { visible } from "../visible.ts";
import { type Command, parseOptions, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { talk } from "./report.ts";

const help = `usage: stublab probe -o FILE [options]

Writes the probe: a static executable for Linux x86-64 that needs no Node.js, no libraries and no files. It creates stubs,
checks facts and fuzzes register setups, as this command does, and reports in KTAP. docs/probe.md describes it.

  -o, --output FILE  where to write it
  --initrd           write an initramfs with it instead: the probe is process 1 of the kernel that boots it, and takes
                     its arguments after -- on the kernel's command line

examples:
  stublab probe -o probe
  ./probe fuzz --seed 7 --cases 1000000
  stublab probe --initrd -o probe.cpio
  qemu-system-x86_64 -kernel bzImage -initrd probe.cpio -nographic -no-reboot \\
    -append "console=ttyS0 panic=-1 -- bootstrap conformance"
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  initrd: { type: "boolean" },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { output, initrd = false } = parseOptions(args, OPTIONS);
  if (output === undefined) throw new UsageError("probe needs an output file: -o FILE");
  const probe = read();
  await writeOutput(output, initrd ? initramfs(probe) : probe, 0o755);
  talk(`${initrd ? "an initramfs with the probe" : "the probe"} in ${visible(output)}\n`);
  return 0;
}

function read(): Uint8Array {
  try {
    return readFileSync(probeFile());
  } catch (cause) {
    throw new UnsupportedError("this build of stublab does not include the probe", {
      cause,
      remedy: "install wasm2c (Debian: apt-get install wabt), and run npm run build",
    });
  }
}

export const probeCommand: Command = { help, run };
