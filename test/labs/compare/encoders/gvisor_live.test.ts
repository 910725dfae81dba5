import { SYSCALL } from "../../../support/amd64_code.ts";

const PAGE = 4096;
const encoder = openEncoder("gvisor");

const all = suite("gvisor, live");
const live = needs(all, { amd64: HOST_ARCH === "amd64" });

function withTracer(body: (tracer: Tracer) => void): void {
  using tracer = new Tracer({ encoder, deadline: 2000 });
  body(tracer);
}

live("a scrubbed master and two generations of grandchildren execute calls, and close", () => {
  const stubs: Stub[] = [];
  withTracer((tracer) => {
    const master = tracer.createStub();
    master.scrub();
    const child = master.createStub();
    const grandchild = child.createStub();
    stubs.push(master, child, grandchild);
    for (const stub of stubs) {
      assert.is(stub.call("getpid"), BigInt(stub.pid));
      assert.is(stub.call("getppid"), BigInt(stub.parent?.pid ?? process.pid));
      assert.is(stub.registers().r15, BigInt(stub.parent?.pid ?? process.pid));
      assert.is(readProcess(stub.pid).residentBytes, PAGE);
    }
  });
  lists(
    stubs.filter(({ pid }) => isAlive(pid)),
    [],
    ({ pid }) => pid,
  );
});

live("a frame has the orig_rax of the kill with which the stub stopped itself", () => {
  withTracer((tracer) => {
    const { before } = tracer.createStub().observe("getppid");
    assert.is(before.orig_rax, tracer.host.flag("SYS_kill"));
    assert.is(before.rax, tracer.host.flag("SYS_getppid"));
  });
});

live("a value with the sign bit set is an error", () => {
  withTracer((tracer) => {
    const stub = tracer.createStub();
    // lseek returns the offset; /proc/self/mem accepts offsets beyond 2^63.
    const memory = openSync(`/proc/${stub.pid}/mem`, "r");
    const small = stub.inject("lseek", memory, -8192, 0);
    const large = stub.inject("lseek", memory, 0xffff_ffff_0000_0000n, 0);
    closeSync(memory);
    assert.equal(small, { value: null, errno: "errno 8192", lane: "faithful" });
    assert.equal(large, { value: null, errno: "errno 2147483647", lane: "faithful" });
  });
});

live("a stub whose death kills its parent is closed without harm", () => {
  withTracer((tracer) => {
    const master = tracer.createStub({ exitSignal: "SIGKILL" });
    assert.is(master.createStub().call("getppid"), BigInt(master.pid));
  });
});

live("a guest makes its calls, and one whose number has more than 31 bits is invalid", () => {
  withGuest(
    [SYSCALL, SYSCALL],
    ({ context, space }) => {
      context.registers.set("rax", 39n);
      assert.is(syscallOf(context.switch(space)).number, 39);
      // The kernel itself would run getpid.
      context.registers.set("rax", 2n ** 32n + 39n);
      assert.is(syscallOf(context.switch(space)).number, 2 ** 31 - 1);
      assert.is(context.registers.get("rax"), 2n ** 32n + 39n);
    },
    { encoder },
  );
});

/** The number of a guest's next call if getpid returned -ERESTARTSYS and a signal is pending. */
function nextCall(name: string): bigint {
  let number = 0n;
  withGuest(
    [SYSCALL, SYSCALL],
    ({ context, space }) => {
      context.registers.set("rax", 39n);
      context.switch(space);
      context.setResult(-512n);
      process.kill(space.stub.pid, "SIGCHLD");
      context.switch(space);
      number = context.registers.get("orig_rax");
    },
    { encoder: openEncoder(name) },
  );
  return number;
}

live("orig_rax is kept, so the kernel restarts a guest's call that returned -512", () => {
  assert.is(nextCall("gvisor"), 39n);
  assert.is(nextCall("script"), 2n ** 64n - 512n);
});
