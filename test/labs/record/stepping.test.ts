import type { Thread } from "../../../src/core/stub/tracee.ts";
import { Actor } from "../../../src/labs/record/actor.ts";
import { stepToSelfStop } from "../../../src/labs/record/birth.ts";
import { forkWatched } from "../../../src/labs/record/fork.ts";
import { Recorder } from "../../../src/labs/record/recorder.ts";
import type { Recording } from "../../../src/labs/record/recording.ts";
import { wayOf } from "../../support/recordings.ts";

const stepping = suite("stepping");

/** Runs `body` with a recorder that knows the stub code, and answers the recording. */
function recorded(body: (recorder: Recorder, tracer: Tracer) => void): Recording {
  using tracer = new Tracer();
  const recorder = new Recorder();
  recorder.addStubCode(tracer.host);
  recorder.addLane("host", "the host", process.pid);
  body(recorder, tracer);
  return recorder.finish({ name: "test", title: "", introduction: [] });
}

const CODE = 0x10000n;

/** Instructions of its own in a new stub, which is at the first. */
function at(recorder: Recorder, tracer: Tracer, code: Readonly<Record<string, string>>): Actor {
  const stub = tracer.createStub();
  const lines = Object.entries(code).map(([text, bytes], i, all) => {
    const before = all.slice(0, i).flatMap(([, each]) => each.split(" "));
    return { offset: before.length, bytes, text, label: null };
  });
  const flags = ["MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"].map((name) => tracer.host.flag(name));
  stub.scrub();
  stub.call(
    "mmap",
    CODE,
    PAGE_SIZE,
    7,
    flags.reduce((all, flag) => all | flag),
    -1,
    0,
  );
  stub.write(CODE, codeBytes({ lines }));
  recorder.addCode({ name: "code", lines }, CODE, new Map());
  recorder.addLane("stub", "a stub", stub.pid);
  setRegister(stub.thread, "rip", CODE);
  return new Actor(recorder, "stub", stub.thread);
}

function setRegister(thread: Thread, name: string, word: bigint): void {
  const { frame } = thread.tracer;
  thread.expect("stopped").readRegisters(frame);
  frame.set(name, word);
  thread.expect("stopped").writeRegisters(frame);
}

/** Sends a stub a signal that is not recorded. */
function send({ thread: { tracer, tgid, tid } }: Actor, signal: string): void {
  tracer.shim.tgkill(tgid, tid, tracer.constant(signal));
}

stepping("a stub that finds another parent than R15 is followed by `leave` to its exit", () => {
  let end: unknown;
  const recording = recorded((recorder, tracer) => {
    const actor = forkWatched(recorder, tracer);
    setRegister(actor.thread, "r15", 0n);
    for (let i = 0; i < 100 && end === undefined; i++) {
      const outcome = actor.step();
      if (outcome.kind !== "executed") end = outcome;
    }
  });
  const { steps } = recording;
  assert.equal(end, { kind: "ended", step: steps.length - 1, how: "exited with status 1" });
  assert.equal(wayOf(recording, "master"), [0, "jne leave"]);
  assert.equal([steps.at(-2)?.title, steps.at(-1)?.kind], ["exit(1) = ?", "exit"]);
  // What is said of a jump depends on whether it was taken.
  const told = (text: string) => steps.find(({ title }) => title === text)?.why ?? "";
  assert.match(told("jnz fail"), /^It is 0: the stub continues/);
  assert.match(told("jne leave"), /^The two differ/);
});

stepping("a stub that ends on its way to the self-stop is an error", () => {
  recorded((recorder, tracer) => {
    const actor = forkWatched(recorder, tracer);
    setRegister(actor.thread, "r15", 0n);
    const { message } = thrown(StateError, () => stepToSelfStop(actor));
    assert.match(message, "did not reach its self-stop");
  });
});

stepping("a jump to itself is one step each time, although RIP does not move", () => {
  const { steps } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { "jmp loop": "eb fe" });
    for (let i = 0; i < 3; i++) assert.is(actor.step().kind, "executed");
    assert.is(actor.rip, CODE);
  });
  assert.is(steps.filter(({ kind }) => kind === "instruction").length, 3);
});

stepping("a stop by a signal on the way is recorded, and the instruction is executed once", () => {
  const { steps } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { "inc %rax": "48 ff c0", nop: "90" });
    const rax = actor.registers().rax ?? 0n;
    for (const signal of ["SIGUSR1", "SIGCHLD"]) send(actor, signal);
    actor.step({ stop: "Somebody sent it." });
    assert.is(actor.registers().rax, rax + 1n);
  });
  assert.equal(
    steps.map(({ kind, title }) => `${kind} ${title}`),
    ["stop stopped by SIGUSR1", "stop stopped by SIGCHLD", "instruction inc %rax"],
  );
  assert.is(steps[0]?.why, "Somebody sent it.");
});

stepping("a signal before a system call is likewise passed over, and the call made once", () => {
  const { steps } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { syscall: "0f 05" });
    setRegister(actor.thread, "rax", tracer.host.flag("SYS_getpid"));
    send(actor, "SIGUSR1");
    actor.step();
    assert.is(actor.registers().rax, BigInt(actor.thread.tgid));
  });
  lists(steps, ["stop", "syscall"], ({ kind }) => kind);
});

stepping("an instruction that faults is recorded with its address, and was not executed", () => {
  const { steps } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { "mov 0x20000, %eax": "8b 04 25 00 00 02 00" });
    const outcome = actor.step();
    assert.is(outcome.kind, "fault");
    assert.is(outcome.kind === "fault" && outcome.info.address, 0x20000n);
    assert.is(actor.rip, CODE);
  });
  assert.is(steps[0]?.title, "stopped by SIGSEGV at 0x20000");
});

stepping("the end of a stub is a step of its own, and so is the wait that reports it", () => {
  const { steps, arrows } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { nop: "90" });
    actor.request("PTRACE_CONT", "It runs into its end.");
    send(actor, "SIGKILL");
    assert.is(actor.awaitEnd("It was killed."), "killed by SIGKILL");
    assert.is(processState(actor.thread.tgid), undefined);
  });
  const [, exit, wait] = steps;
  assert.equal([exit?.kind, exit?.title], ["exit", "killed by SIGKILL"]);
  assert.match(wait?.title ?? "", /^wait4\(\d+, \[killed by SIGKILL: 0x9\], __WALL, NULL\) = \d+$/);
  lists(arrows, [["wait", 1, 2]], ({ kind, from, to }) => [kind, from, to]);
});

stepping("the first view of a process that is recorded has its memory map", () => {
  const { steps } = recorded((recorder, tracer) => {
    const actor = at(recorder, tracer, { int3: "cc" });
    // It has no view: the stub runs.
    actor.request("PTRACE_CONT", "It runs into its INT3.");
    actor.awaitStop("It is there.");
  });
  lists(steps, [undefined, 2, undefined], ({ kernel }) => kernel?.memory?.length);
});

stepping("a question without a step that answers it is an error", () => {
  const ask = () =>
    recorded((recorder) => {
      recorder.ask({ text: "What?", choices: [{ text: "This", reply: "", right: true }] });
    });
  assert.match(thrown(StateError, ask).message, 'no step answers the question "What?"');
});
