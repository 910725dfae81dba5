import { loadFast } from "../../../src/fast/shim.ts";
import { by, FAST } from "../../support/drives.ts";
import { SLOWNESS } from "../../support/processes.ts";

const births = suite("births: fast");

const KILLS = Math.ceil(8 / SLOWNESS);
const SEED = 16n;

const open = () => Platform.open({ lane: "fast" });

births("a stub is traced from the start, a child of the host with exit signal SIGCHLD", () => {
  using platform = open();
  const { pid, stub } = platform.newAddressSpace();
  assert.is(processState(pid)?.parent, process.pid);
  assert.is(readProcess(pid).tracerTid, process.pid);
  assert.is(stub.call("getpid"), BigInt(pid));
  assert.is(stub.parent, undefined);
  assert.equal([stub.exitSignal, platform.master.children.size], [17, 0]);
});

births("it has the same registers at rest, and works like any other", () => {
  using faithful = Platform.open();
  using platform = open();
  const stub = platform.newAddressSpace();
  stub.mapAnonymous(0x10000, PAGE_SIZE, "rw");
  stub.write(0x10000, new Uint8Array([1, 2, 3]));
  assert.equal(stub.read(0x10000, 3), new Uint8Array([1, 2, 3]));
  assert.equal(
    Object.keys(stub.stub.registers()),
    Object.keys(faithful.newAddressSpace().stub.registers()),
  );
  stub.release();
  assert.is(platform.newAddressSpace().pid, stub.pid);
});

births("many at once fill the pool, and hand out empty address spaces", () => {
  using platform = open();
  // One is there, because the platform tries the lane when it is opened.
  platform.prefill(699);
  assert.is(platform.pooled, 700);
  const pids = new Set(Array.from({ length: 700 }, () => platform.newAddressSpace().pid));
  assert.is(pids.size, 700);
  for (const pid of pids) {
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8");
    const own = maps.split("\n").filter((line) => line !== "" && !line.endsWith("[vsyscall]"));
    // Those that the host shares, the handler's, and the stub code.
    assert.is(own.length, 3, maps);
  }
});

births("prefill works with faithful births, too", () => {
  using platform = Platform.open();
  platform.prefill(3);
  assert.is(platform.pooled, 3);
  thrown(InputError, () => platform.prefill(-1));
});

births("a stub that dies is an error, and neither its master nor the host ends", () => {
  using platform = open();
  const one = platform.newAddressSpace();
  const other = platform.newAddressSpace();
  process.kill(one.pid, "SIGKILL");
  thrown(DeathError, () => one.stub.call("getpid"));
  assert.is(processState(one.pid), undefined, "it is reaped");
  assert.is(other.stub.call("getppid"), BigInt(process.pid));
  assert.is(platform.master.call("getpid"), BigInt(platform.master.pid));
});

births("a clone that fails is an error, and the platform can be used", () => {
  const assembly = openEncoder("assembly");
  let flaw = 0n;
  // CLONE_SIGHAND without CLONE_VM: EINVAL.
  const encodeClone = (flags: bigint, signal: number) => assembly.encodeClone(flags, signal) | flaw;
  using platform = Platform.open({ lane: "fast", encoder: { ...assembly, encodeClone } });
  flaw = 0x800n;
  assert.is(thrown(SyscallError, () => platform.master.createStub()).errno, "EINVAL");
  flaw = 0n;
  assert.is(platform.master.createStub().alive, true);
});

births("a pool that cannot be filled leaves no process, and can be filled later", () => {
  if (HOST_ARCH !== "amd64") return;
  const { EMFILE } = constants.errno;
  const platform = Platform.open({ lane: "fast" });
  const { stubs } = platform.tracer;
  const fast = loadFast();
  const { openPages } = fast;
  const before = stubs.size;
  let pages = 0;
  const few: typeof openPages = (...args) => (pages++ < 3 ? openPages(...args) : -EMFILE);
  fast.openPages = few;
  try {
    const error = thrown(UnsupportedError, () => platform.prefill(50));
    assert.is(error.errno, "EMFILE");
  } finally {
    fast.openPages = openPages;
  }
  // One was in the pool, because the platform tries the lane when it is opened.
  assert.equal([platform.pooled, stubs.size - before], [4, 3]);
  assert.is(childrenOf(process.pid).length, stubs.size, "no stub is left that nobody knows");
  platform.prefill(5);
  assert.is(platform.pooled, 9);
  platform.close();
  assert.equal(childrenOf(process.pid), []);
});

births("a stub that ends before its first stop is not killed again: its pid may be reused", () => {
  using tracer = new Tracer({ lane: "fast" });
  const stub = tracer.createStub();
  const { shim } = tracer.host;
  const { waitWithin, tgkill } = shim;
  const killed: number[] = [];
  let dying = 0;
  const waitForOther: typeof waitWithin = (tid, ...rest) => {
    // The first new stub is killed before the tracer waits for it.
    if (dying === 0 && tid !== stub.pid) {
      dying = tid;
      process.kill(tid, "SIGKILL");
    }
    return waitWithin(tid, ...rest);
  };
  const record: typeof tgkill = (tgid, ...rest) => {
    killed.push(tgid);
    return tgkill(tgid, ...rest);
  };
  Object.assign(shim, { waitWithin: waitForOther, tgkill: record });
  try {
    const child = stub.createStub();
    assert.is.not(child.pid, dying, "the birth was tried again");
    assert.equal(killed, []);
  } finally {
    Object.assign(shim, { waitWithin, tgkill });
  }
  assert.is(processState(dying), undefined, "it is reaped");
});

births("a detached stub dies with its tracer: it has the death signal", () => {
  using tracer = new Tracer({ lane: "fast" });
  const stub = tracer.createStub().createStub();
  stub.detach();
  stub.attach();
  const word = stub.map(PAGE_SIZE);
  stub.call("prctl", 2, word);
  assert.equal(stub.read(word, 4), new Uint8Array([9, 0, 0, 0]));
});

births("an exit signal that would kill the host is refused", () => {
  const platform = Platform.open({ lane: "fast", exitSignal: "SIGCHLD" });
  thrown(StateError, () => platform.master.createStub({ exitSignal: "SIGUSR1" }));
  platform.close();
  using tracer = new Tracer({ lane: "fast" });
  const stub = tracer.createStub({ exitSignal: "SIGKILL" });
  const error = thrown(StateError, () => stub.createStub());
  assert.match(error.message, "SIGKILL");
  assert.match(error.remedy ?? "", "faithful");
});

for (const drive of FAST) {
  births(`a stub dies with a host that is killed at any moment: ${drive.name}`, () =>
    by(drive, async () => {
      adoptOrphans();
      const random = randomWords(SEED);
      for (let i = 0; i < KILLS; i++) {
        const host = new Running(hostCommand("laned"));
        assert.ok(await host.says(/^pid/m), host.stderr);
        const until = performance.now() + Number(random() % 30n);
        while (performance.now() < until) await new Promise(setImmediate);
        process.kill(host.pid, "SIGKILL");
        assert.is((await host.ended).signal, "SIGKILL", host.stderr);
        const strays = () => childrenOf(process.pid).filter(isAlive);
        assert.ok(await eventually(() => strays().length === 0, 5000));
      }
    }),
  );
}
