// Commands of busybox-static, which somebody else has built.

import { delimiter } from "node:path";
import { LANES } from "../../../src/core/stub/tracing_thread.ts";
import { parseElf } from "../../../src/labs/guest/elf.ts";

const commands = suite("guest: busybox");

/** The file, if it is a static executable for this machine. */
function readBusybox(): Uint8Array | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    try {
      const elf = readFileSync(join(folder, "busybox"));
      parseElf(elf);
      return elf;
    } catch {
      // It is not there, or has an interpreter.
    }
  }
  return undefined;
}

const busybox = readBusybox();
const bytes = (text: string) => new TextEncoder().encode(text);

const COMMANDS: [args: string[], options: GuestOptions, stdout: string][] = [
  [["echo", "hello", "world"], {}, "hello world\n"],
  [["sh", "-c", "x=3; for i in a b; do echo $i$((x+4)); done"], {}, "a7\nb7\n"],
  [["wc"], { stdin: bytes("one two\nthree\n") }, "        2         3        14\n"],
  [["cat", "/etc/motd"], { files: { "/etc/motd": bytes("welcome\n") } }, "welcome\n"],
  [["sort", "-r", "/in"], { files: { "/in": bytes("a\nc\nb\n") } }, "c\nb\na\n"],
  [["env"], { env: { HOME: "/root" } }, "HOME=/root\n"],
];

for (const lane of LANES) {
  needs(commands, { "a static busybox": busybox !== undefined })(`${lane} runs commands`, () => {
    using platform = openIfPossible({ lane });
    if (platform === undefined) return;
    for (const [args, further, expected] of COMMANDS) {
      let [stdout, stderr] = ["", ""];
      const { result } = runGuest(
        platform,
        { elf: busybox ?? new Uint8Array() },
        {
          args: ["busybox", ...args],
          ...further,
          output(fd, part) {
            if (fd === 1) stdout += Buffer.from(part).toString();
            else stderr += Buffer.from(part).toString();
          },
        },
      );
      assert.equal(
        [result, stdout, stderr],
        [{ kind: "exited", status: 0 }, expected, ""],
        args[0],
      );
    }
  });
}

/** A platform with a lane; undefined if this machine does not have it. */
function openIfPossible(lane: PlatformOptions): Platform | undefined {
  try {
    return Platform.open(lane);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    console.log(`skipped: ${error.message}`);
    return undefined;
  }
}
