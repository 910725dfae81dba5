import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeFilter } from "../../src/bpf/encode.ts";
import { ENCODERS, openEncoder } from "../../src/index.ts";
import { AUDIT_ARCH } from "../../src/stub/arch.ts";
import { run, stublabCommand } from "../support/processes.ts";

const command = suite("stublab seccomp");

const seccomp = (...args: string[]) => run(stublabCommand("seccomp", ...args));

interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
  text: string;
}

for (const encoder of ENCODERS) {
  command(`prints the filter of encoder ${encoder}`, async () => {
    const { code, stdout } = await seccomp("--encoder", encoder, "--json");
    assert.is(code, 0);
    const document = JSON.parse(stdout);
    assert.is(document.schema, "stublab.seccomp/1");
    assert.is(document.encoder, encoder);
    const instructions: Instruction[] = document.instructions;
    const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
    for (const [i, { code, jt, jf, k }] of instructions.entries()) {
      bytes.setUint16(i * 8, code, true);
      bytes.setUint8(i * 8 + 2, jt);
      bytes.setUint8(i * 8 + 3, jf);
      bytes.setUint32(i * 8 + 4, k, true);
    }
    const own = openEncoder(encoder);
    const exitSignal = Number(own.constants.get("SIGCHLD"));
    assert.equal(new Uint8Array(bytes.buffer), encodeFilter(own, exitSignal));
    assert.not(instructions.some(({ text }) => text === "unknown"));
    for (const call of ["mmap", "clone", "prctl", "execveat", "restart_syscall"]) {
      assert.ok(
        instructions.some(({ text }) => text.includes(` ${call})`)),
        call,
      );
    }
  });
}

command("prints a line for each instruction, with its target and names", async () => {
  const { code, stdout } = await seccomp();
  assert.is(code, 0);
  const arch = openEncoder("assembly").constants.get(AUDIT_ARCH)?.toString(16);
  assert.match(stdout, ` 0001: 0x15 0x01 0x00 0x${arch}  if (A == ${AUDIT_ARCH}) goto 0003\n`);
  assert.match(stdout, "return KILL_PROCESS\n");
  assert.match(stdout, "(A != 0x411)");
});

command("accepts the exit signal of the stubs that may be cloned", async () => {
  assert.match((await seccomp("--exit-signal", "SIGKILL")).stdout, "(A != 0x409)");
  assert.is((await seccomp("--exit-signal", "SIGFOO")).code, 2);
});

command.run();
