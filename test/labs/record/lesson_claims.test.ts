// What the lessons say of the kernel beyond what their recordings show, measured.

import { Running, Stopped } from "../../../src/core/stub/tracee.ts";
import { kernelRows } from "../../../src/labs/record/proc.ts";
import { Recorder } from "../../../src/labs/record/recorder.ts";
import { codeOf, instructionsOf } from "../../support/recordings.ts";

const claims = suite("lessons: claims");
claims.after.each(() => assert.equal(childrenOf(process.pid), []));

/** How often what could be a race is tried. */
const TRIES = 100;

claims("a stopped stub has registers right after PTRACE_ATTACH; the wait takes its report", () => {
  using tracer = new Tracer();
  const { shim, status } = tracer.host;
  const stub = tracer.createStub();
  const registers = new Uint8Array(tracer.host.frame.bytes.byteLength);
  const nothing = () =>
    shim.wait(stub.pid, tracer.host.waitAll | tracer.host.constant("WNOHANG"), 0, status);
  const detach = () => {
    stub.detach();
    while (processState(stub.pid)?.state !== "T");
  };
  for (let i = 0; i < TRIES; i++) {
    detach();
    assert.is(shim.ptrace(tracer.host.constant("PTRACE_ATTACH"), stub.pid, 0, 0), 0);
    const read = shim.ptrace(tracer.host.constant("PTRACE_GETREGS"), stub.pid, 0, registers);
    assert.is(read, 0, `try ${i}`);
    stub.thread.settle(new Running(stub.thread));
    assert.is(stub.thread.wait().signal, tracer.host.constant("SIGSTOP"));
    assert.is(nothing(), 0, "the wait4 has consumed it");
  }
  // Without that wait the next one reports it.
  detach();
  shim.ptrace(tracer.host.constant("PTRACE_ATTACH"), stub.pid, 0, 0);
  assert.is(nothing(), stub.pid);
  stub.thread.settle(new Stopped(stub.thread));
});

claims("a signal of kill is pending for the process, one of tgkill for the thread", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const pending = (field: string) => {
    const line = new RegExp(`^${field}:\\s+(\\w+)$`, "m");
    return BigInt(`0x${line.exec(readFileSync(`/proc/${stub.pid}/status`, "utf8"))?.[1]}`);
  };
  // The SIGSTOP of the attach is pending for the thread, until the first resume.
  stub.call("getpid");
  process.kill(stub.pid, "SIGUSR1");
  assert.equal([pending("SigPnd"), pending("ShdPnd")], [0n, 1n << 9n]);
  tracer.host.shim.tgkill(stub.pid, stub.pid, tracer.host.constant("SIGUSR2"));
  assert.equal([pending("SigPnd"), pending("ShdPnd")], [1n << 11n, 1n << 9n]);
  const view = new Recorder().view(stub.pid);
  assert.ok(view);
  assert.is(view.pending, "0xa00");
  const rows = kernelRows(view, tracer.host.encoder.constants);
  assert.equal(
    rows.find(([, value]) => value.includes("SIGUSR1")),
    ["Sig+ShdPnd", "SIGUSR1 SIGUSR2"],
  );
});

claims("the stub code has as many instructions as the lesson says; not all run", async () => {
  const recording = await recordingOf("host");
  const { lines } = codeOf(recording, STUB_CODE);
  assert.match(recording.introduction.join(" "), `the stub code, ${lines.length} instructions`);
  const executed = instructionsOf(recording, "master", STUB_CODE).length;
  assert.match(
    readFileSync("docs/lessons/host.md", "utf8"),
    `${executed} of its ${lines.length} instructions`,
  );
});

claims("an interrupt enters the kernel, too; orig_rax is -1 then, as the host says", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const { thread } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.write(page, Uint8Array.of(0xeb, 0xfe));
  stub.call(
    "mprotect",
    page,
    PAGE_SIZE,
    tracer.host.flag("PROT_READ") | tracer.host.flag("PROT_EXEC"),
  );
  const { frame } = tracer.host;
  frame.copyFrom(thread.initial);
  for (const [name, word] of Object.entries({ rip: page, rax: 7n, orig_rax: 39n })) {
    frame.set(name, word);
  }
  thread.expect("stopped").writeRegisters(frame);
  assert.is(stub.registers().orig_rax, 39n);
  const userTime = () => Number(readFileSync(`/proc/${stub.pid}/stat`, "utf8").split(" ")[13]);
  const before = userTime();
  thread.expect("stopped").resume();
  while (userTime() === before);
  tracer.host.shim.tgkill(stub.pid, stub.pid, tracer.host.constant("SIGUSR1"));
  thread.wait();
  assert.equal([stub.registers().rip, stub.registers().orig_rax], [page, 2n ** 64n - 1n]);
  const { observed } = await recordingOf("host");
  assert.match(
    observed.join(" "),
    /enters the kernel by its system calls, .* and interrupts, which leave -1/,
  );
});

claims("one SYSCALL of the first stub visibly changes R11: the kill of its self-stop", async () => {
  const calls = instructionsOf(await recordingOf("host"), "master", STUB_CODE).filter(
    ({ kind }) => kind === "syscall",
  );
  const changed = calls.filter(({ registers }) => registers?.before.r11 !== registers?.after.r11);
  lists(changed, ["kill"], ({ call }) => call?.name);
});

claims("a clone without a stack keeps RSP, where a scrubbed stub has nothing mapped", async () => {
  const { steps } = await recordingOf("grandchild");
  const born = steps.find(({ kind }) => kind === "clone");
  const clone = steps.find(({ call }) => call?.name === "clone");
  const rsp = born?.registers?.after.rsp;
  assert.is(rsp, clone?.registers?.before.rsp);
  const map = steps.findLast(({ about, kernel }) => about === "grandchild" && kernel?.memory);
  const [start, end] = (map?.kernel?.memory?.[0] ?? "")
    .split(/[- ]/, 2)
    .map((word) => BigInt(`0x${word}`));
  assert.is(map?.kernel?.memory?.length, 1);
  assert.not(BigInt(rsp ?? 0) >= (start ?? 0n) && BigInt(rsp ?? 0) < (end ?? 0n));
});
