import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "./processes.ts";

const examples = suite("examples");

const EXPECTED: Record<string, RegExp> = {
  "family.mjs":
    /^host (\d+)\n {2}stub (\d+), child of \1\n {4}stub (\d+), child of \2\n {6}stub \d+, child of \3\n {4}stub \d+, child of \2\n$/,
  "memory.mjs":
    /^hello from a process without a program\nwrite returned 39\nwithout the page it returned EFAULT\n$/,
  "sandbox.mjs":
    /^(hello from the sandbox\n){3}write 3\ngetpid 3\nexit_group 1\nexited after 7 switches\n$/,
  "encoders.mjs":
    /^rax +0x3d in all\nrdx +0x40000002 in all\nrdi +0x4d2 in all\norig_rax +0xffffffffffffffff in all\n$/,
};

for (const file of readdirSync("examples").filter((name) => name.endsWith(".mjs"))) {
  examples(`${file} prints what it promises`, async () => {
    const { code, stdout, stderr } = await run([process.execPath, [`examples/${file}`]]);
    assert.is(code, 0, stderr);
    assert.match(stdout, EXPECTED[file] ?? /an example without an expectation/);
  });
}

examples.run();
