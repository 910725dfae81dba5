import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failures } from "../src/cli/failures.ts";
import { StateError } from "../src/errors.ts";
import { type Stub, Tracer } from "../src/index.ts";
import { stepToSelfStop } from "../src/record/birth.ts";
import { forkWatched } from "../src/record/fork.ts";
import { STUB_CODE } from "../src/record/listing.ts";
import { Recorder } from "../src/record/recorder.ts";
import type { Recording } from "../src/record/recording.ts";
import { step, stepTo } from "../src/record/stepping.ts";
import { addStubCode } from "../src/record/stub_code.ts";
import { Tracee } from "../src/record/tracee.ts";
import { PAGE_SIZE } from "../src/stub/amd64.ts";
import { processState } from "./processes.ts";
import { codeOf, instructionsOf, wayThrough } from "./recordings.ts";
import { thrown } from "./thrown.ts";

const stepping = suite("stepping");

/** Runs `body` with a recorder that knows the stub code, and answers the recording. */
function recorded(body: (recorder: Recorder, tracer: Tracer) => void): Recording {
  using tracer = new Tracer();
  const recorder = new Recorder("assembly");
  addStubCode(recorder, tracer);
  recorder.addLane("host", "the host", process.pid);
  body(recorder, tracer);
  return recorder.finish("test", { title: "", introduction: [] });
}

const CODE = 0x10000n;

/** Code of its own in a stub, which is at its first byte. */
function at(
  recorder: Recorder,
  stub: Stub,
  ...lines: readonly [bytes: number[], text: string][]
): Tracee {
  const { tracer } = stub;
  const flags =
    tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
  stub.scrub();
  stub.call("mmap", CODE, PAGE_SIZE, 7, flags, -1, 0);
  stub.write(CODE, Uint8Array.from(lines.flatMap(([bytes]) => bytes)));
  let offset = 0;
  const listed = lines.map(([bytes, text]) => {
    const line = {
      offset,
      bytes: bytes.map((byte) => byte.toString(16)).join(" "),
      text,
      label: null,
    };
    offset += bytes.length;
    return line;
  });
  recorder.addCode({ name: "code", lines: listed }, CODE, new Map());
  recorder.addLane("stub", "a stub", stub.pid);
  const tracee = new Tracee(recorder, "stub", stub.thread);
  stub.thread.readRegisters(tracer.frame);
  tracer.frame.set("rip", CODE);
  stub.thread.writeRegisters(tracer.frame);
  return tracee;
}

stepping(
  "a stub that finds another parent than R15 says is followed by `leave` to its exit",
  () => {
    let end: unknown;
    const recording = recorded((recorder, tracer) => {
      const tracee = forkWatched(recorder, tracer, ["parent"]);
      for (let i = 0; i < 100 && end === undefined; i++) {
        const outcome = step(tracee);
        if (outcome.kind !== "executed") end = outcome;
      }
    });
    const { steps } = recording;
    assert.equal(end, { kind: "ended", step: steps.length - 1, how: "exited with status 1" });
    const way = wayThrough(codeOf(recording, STUB_CODE), 0, ["jne leave"]);
    const offsets = instructionsOf(recording, "master", STUB_CODE).map(
      ({ instruction }) => instruction?.offset,
    );
    // The listing goes on to the HLT, which nothing comes to.
    assert.equal(offsets, way.slice(0, -1));
    assert.equal([steps.at(-2)?.title, steps.at(-1)?.kind], ["exit(1) = ?", "exit"]);
  },
);

stepping("a stub that ends on its way to the self-stop is an error", () => {
  recorded((recorder, tracer) => {
    const tracee = forkWatched(recorder, tracer, ["parent"]);
    assert.match(
      thrown(StateError, () => stepToSelfStop(tracee)).message,
      "did not come to its self-stop",
    );
  });
});

stepping("a jump to itself is one step each time, although RIP does not move", () => {
  const { steps } = recorded((recorder, tracer) => {
    const tracee = at(recorder, tracer.createStub(), [[0xeb, 0xfe], "jmp loop"]);
    for (let i = 0; i < 3; i++) assert.is(step(tracee).kind, "executed");
    assert.is(tracee.rip, CODE);
    assert.throws(() => stepTo(tracee, CODE + 2n, {}, 5), "did not come to 0x10002");
  });
  assert.is(steps.filter(({ kind }) => kind === "instruction").length, 8);
});

stepping("a stop by a signal on the way is recorded, and the instruction is executed once", () => {
  const { steps } = recorded((recorder, tracer) => {
    const stub = tracer.createStub();
    const tracee = at(recorder, stub, [[0x48, 0xff, 0xc0], "inc %rax"], [[0x90], "nop"]);
    const rax = tracee.registers().rax ?? 0n;
    for (const signal of ["SIGUSR1", "SIGCHLD"]) {
      tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant(signal));
    }
    step(tracee, { stop: "Somebody sent it." });
    assert.is(tracee.registers().rax, rax + 1n);
  });
  assert.equal(
    steps.map(({ kind, title }) => `${kind} ${title}`),
    ["stop stopped by SIGUSR1", "stop stopped by SIGCHLD", "instruction inc %rax"],
  );
  assert.is(steps[0]?.why, "Somebody sent it.");
});

stepping("a signal before a system call is likewise passed over, and the call made once", () => {
  const { steps } = recorded((recorder, tracer) => {
    const stub = tracer.createStub();
    const tracee = at(recorder, stub, [[0x0f, 0x05], "syscall"]);
    stub.thread.readRegisters(tracer.frame);
    tracer.frame.set("rax", tracer.flag("SYS_getpid"));
    stub.thread.writeRegisters(tracer.frame);
    tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGUSR1"));
    step(tracee);
    assert.is(tracee.registers().rax, BigInt(stub.pid));
  });
  assert.equal(
    steps.map(({ kind }) => kind),
    ["stop", "syscall"],
  );
});

stepping("an instruction that faults is told with its address, and was not executed", () => {
  const { steps } = recorded((recorder, tracer) => {
    const tracee = at(recorder, tracer.createStub(), [
      [0x8b, 0x04, 0x25, 0, 0, 2, 0],
      "mov 0x20000, %eax",
    ]);
    const outcome = step(tracee);
    assert.is(outcome.kind, "fault");
    assert.is(outcome.kind === "fault" && outcome.info.address, 0x20000n);
    assert.is(tracee.rip, CODE);
  });
  assert.is(steps[0]?.title, "stopped by SIGSEGV at 0x20000");
});

stepping("code that nobody listed is stepped, and told by its address", () => {
  const { steps } = recorded((recorder, tracer) => {
    const tracee = at(recorder, tracer.createStub(), [[0x90], "nop"], [[0x90], "nop"]);
    step(tracee);
    recorded((other) => {
      other.addLane("stub", "a stub", tracee.thread.tid);
      step(new Tracee(other, "stub", tracee.thread));
    });
    assert.is(tracee.rip, CODE + 2n);
  });
  assert.is(steps.length, 1);
});

stepping("the end of a stub is a step of its own, and the wait that told of it", () => {
  const { steps, arrows } = recorded((recorder, tracer) => {
    const stub = tracer.createStub();
    const tracee = at(recorder, stub, [[0x90], "nop"]);
    tracee.request("PTRACE_CONT", "It runs into its end.");
    tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGKILL"));
    assert.is(
      tracee.awaitEnd({ stop: "It was killed.", wait: "The host waits." }),
      "killed by SIGKILL",
    );
    assert.is(processState(stub.pid), undefined);
  });
  const [, exit, wait] = steps;
  assert.equal([exit?.kind, exit?.title], ["exit", "killed by SIGKILL"]);
  assert.match(wait?.title ?? "", /^wait4\(\d+, \[killed by SIGKILL: 0x9\], __WALL, NULL\) = \d+$/);
  assert.equal(
    arrows.map(({ kind, from, to }) => [kind, from, to]),
    [["wait", 1, 2]],
  );
});

stepping("a stub that stops where its end was waited for is an error", () => {
  recorded((recorder, tracer) => {
    const tracee = at(recorder, tracer.createStub(), [[0xcc], "int3"]);
    tracee.request("PTRACE_CONT", "It runs into its INT3.");
    const told = { stop: "", wait: "" };
    assert.match(
      thrown(StateError, () => tracee.awaitEnd(told)).message,
      "was stopped by SIGTRAP, and did not end",
    );
  });
});

stepping("a question without a step that answers it is an error", () => {
  const ask = () =>
    recorded((recorder) => {
      recorder.ask({ text: "What?", choices: ["This", "That"], answer: 0, because: "" });
    });
  assert.match(thrown(StateError, ask).message, 'no step answers the question "What?"');
});

stepping("a fact that the kernel does not bear out is told", () => {
  const { end } = recorded((recorder) => recorder.check("parent", "1", "2"));
  assert.equal(end, [{ fact: "parent", expected: "1", seen: "2", held: false }]);
  const held = { fact: "state", expected: "t", seen: "t", held: true };
  assert.equal(failures({ end: [held, ...end] }), ["FAIL parent: expected 1, seen 2\n"]);
});

stepping.run();
