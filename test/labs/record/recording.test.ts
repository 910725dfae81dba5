import { loadShim } from "../../../src/core/shim/shim.ts";
import type { Recording, Step } from "../../../src/labs/record/recording.ts";
import { codeOf, instructionsOf, LESSONS, targetOf, wayOf } from "../../support/recordings.ts";

const births = suite("recording: births");

const BEHIND_SYSCALL = loadShim().stubSyscallOffset() + 2;

/** The ways of lanes through the stub code: where they begin, the jumps that are taken, and how often they reach the INT3. */
const WAYS: readonly [lesson: string, lane: string, way: [number, ...string[]], traps: number][] = [
  ["host", "master", [0], 1],
  ["grandchild", "grandchild", [BEHIND_SYSCALL, "je cloned", "jz stublab_stub_begin"], 1],
  // Of the clone, and of the wait4.
  ["grandchild", "master", [BEHIND_SYSCALL - 2, "je cloned", "jmp trap"], 2],
];

for (const [lesson, lane, way, traps] of WAYS) {
  births(`${lesson}: the way of the ${lane} through the stub code`, async () => {
    const recording = await recordingOf(lesson);
    assert.equal(wayOf(recording, lane), way);
    const executed = instructionsOf(recording, lane, STUB_CODE);
    assert.is(executed.filter(({ title }) => title === "int3").length, traps);
    assert.is(executed.at(-1)?.title, "int3");
  });
}

births("the system calls are those of a birth, with the results that the kernel gave", async () => {
  const { steps, lanes } = await recordingOf("host");
  const pid = lanes.find(({ id }) => id === "master")?.pid;
  const titles = steps
    .filter(({ lane, kind }) => lane === "master" && kind === "syscall")
    .map(({ title }) => title.replace(/^rseq\(0x[0-9a-f]+/, "rseq(…"));
  assert.equal(titles, [
    "ptrace(PTRACE_TRACEME) = 0",
    `setsid() = ${pid}`,
    "rt_sigaction(SIGHUP to SIGRTMAX, {SIG_DFL}, NULL, 8) = 0, 62 calls",
    "rseq(…, 32, RSEQ_FLAG_UNREGISTER, 0x53053053) = 0",
    "rt_sigprocmask(SIG_SETMASK, [], NULL, 8) = 0",
    "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0",
    `getppid() = ${process.pid}`,
    `getpid() = ${pid}`,
    `kill(${pid}, SIGSTOP) = 0`,
  ]);
});

births("between its self-stop and the attach the child is stopped and untraced", async () => {
  for (const [name, lane] of [
    ["host", "master"],
    ["grandchild", "grandchild"],
  ] as const) {
    const { steps, arrows } = await recordingOf(name);
    const attach = arrows.find(({ kind }) => kind === "attach")?.from ?? -1;
    const views = steps.slice(0, attach).filter((step) => step.lane === lane);
    const last = views.at(-1);
    assert.is(last?.title, "stopped by SIGSTOP");
    assert.equal([last?.kernel?.state, last?.kernel?.tracerTid], ["T", 0]);
    assert.is(steps[arrows.find(({ kind }) => kind === "attach")?.to ?? -1]?.kernel?.state, "t");
  }
});

const registers = suite("recording: registers");

for (const name of LESSONS) {
  registers(`${name}: each step finds the registers that the one before it left`, async () => {
    const { lanes, steps } = await recordingOf(name);
    let compared = 0;
    for (const { id } of lanes) {
      let known: Step["registers"] = null;
      for (const step of steps.filter(({ about }) => about === id)) {
        // What runs unwatched changes them.
        if (step.registers === null) known = /CONT|setsid|rt_sig/.test(step.title) ? null : known;
        else {
          if (known !== null && !step.title.startsWith("R15 =")) {
            assert.equal(step.registers.before, known.after, `${step.title} in ${id}`);
            compared++;
          }
          known = step.registers;
        }
      }
    }
    assert.ok(compared > 5, `${compared} compared`);
  });

  registers(`${name}: RIP follows the listing; each instruction does what it says`, async () => {
    const recording = await recordingOf(name);
    for (const step of recording.steps) expectInstruction(recording, step);
  });
}

/** Checks one step against the listing, where it is an instruction that was executed. */
function expectInstruction(recording: Recording, step: Step): void {
  if (step.instruction === null || step.registers === null || step.kind === "stop") return;
  const { code: name, offset, address } = step.instruction;
  const { before, after } = step.registers;
  const code = codeOf(recording, name);
  const line = code.lines.find((each) => each.offset === offset);
  assert.ok(line !== undefined);
  const base = BigInt(code.base);
  assert.is(BigInt(address), base + BigInt(offset));
  assert.is(before.rip, address);
  const next = offset + line.bytes.split(" ").length;
  const target = targetOf(code, line.text);
  const to = Number(BigInt(after.rip ?? "0x0") - base);
  if (line.text.startsWith("jmp")) assert.is(to, target);
  else assert.ok(to === next || to === target, `${line.text} leads to ${to}`);
  const [, immediate, register] = /^mov \$(\d+), %e(\w\w)/.exec(line.text) ?? [];
  if (register !== undefined) assert.is(Number(after[`r${register}`]), Number(immediate));
  if (step.kind === "syscall") expectCall(step, before, after);
}

function expectCall(
  step: Step,
  before: Record<string, string>,
  after: Record<string, string>,
): void {
  assert.is(after.rcx, after.rip, "SYSCALL saves RIP in RCX");
  assert.is(after.r11, before.eflags, "and the flags in R11");
  assert.is(after.orig_rax, before.rax, "and the kernel the number in orig_rax");
  assert.is(after.rax, step.call?.result?.word ?? "0xffffffffffffffda", step.title);
  const words = ["rdi", "rsi", "rdx", "r10", "r8", "r9"].map((name) => before[name]);
  for (const [i, { word }] of (step.call?.arguments ?? []).entries()) assert.is(word, words[i]);
}
