// A host that bootstraps up to a point, and stops there: `killable POINT [EXIT_SIGNAL]`.
// It prints "pid N" for each stub as soon as it knows it, then "at POINT". Without a wait the thread
// cannot run a handler or receive a message: only a SIGKILL ends it.

import { attach } from "../../src/core/stub/attach.ts";
import { inject } from "../../src/core/stub/injection.ts";
import { Thread } from "../../src/core/stub/tracee.ts";

const [point = "", exitSignal = "SIGCHLD"] = process.argv.slice(2);
const tracer = new Tracer();
const word = tracer.host.encoder.encodeClone(
  tracer.host.flag("CLONE_FILES"),
  tracer.host.parseExitSignal(exitSignal),
);

const points: Record<string, () => void> = {
  // The fork has returned; the child may be at any point.
  forked: () => void fork(),
  // The same, and the host kills itself at once: its child has hardly started.
  racing: () => {
    fork();
    tracer.host.shim.tgkill(process.pid, process.pid, tracer.host.constant("SIGKILL"));
  },
  "self-stopped": () => void selfStopped(),
  attached: () => {
    const thread = selfStopped();
    tracer.host.shim.ptrace(tracer.host.constant("PTRACE_ATTACH"), thread.tid, 0, 0);
    thread.wait();
  },
  master: () => void master(),
  cloned: () => void cloned(master()),
  grandchild: () => {
    const parent = master();
    const thread = cloned(parent);
    parent.call(
      "wait4",
      thread.tid,
      0,
      tracer.host.flag("__WALL") | tracer.host.flag("WUNTRACED"),
      0,
    );
    attach(thread);
  },
  scrubbed: () => {
    const parent = master();
    const stubs = [parent, ...[1, 2, 3].map(() => known(parent.createStub({ exitSignal })))];
    for (const stub of stubs) stub.scrub();
  },
};

function fork(): Thread {
  const step = tracer.host.shim.mapShared(-1, 4);
  const pid = tracer.host.shim.fork(word, tracer.host.stubAddress, 0, step, null, 0, 0);
  say(`pid ${pid}`);
  return new Thread(tracer.host, pid, pid);
}

function selfStopped(): Thread {
  const thread = fork();
  thread.wait(undefined, Number(tracer.host.waitSelfStop));
  return thread;
}

function master(): Stub {
  return known(tracer.createStub({ exitSignal }));
}

function cloned(parent: Stub): Thread {
  const { word: child } = inject(parent.thread, tracer.host.flag("SYS_clone"), [word, 0, 0, 0, 0], {
    setUp: ({ offset }) => tracer.host.encoder.encodeBootstrap(offset, parent.pid),
  });
  const pid = Number(child);
  say(`pid ${pid}`);
  return new Thread(tracer.host, pid, pid);
}

function known(stub: Stub): Stub {
  say(`pid ${stub.pid}`);
  return stub;
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

say("begin");
points[point]?.();
say(`at ${point}`);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
