import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ThreadTicket } from "../../../src/index.ts";

const workers = suite("workers");

const AT = 0x10000;
const WORKERS = 4;
/** Workers that take something at a time. */
const TOGETHER = 6;

/** A worker with its own tracer, which executes orders (test/hosts/joining.ts). */
class Colleague {
  readonly worker: Worker;
  tid = 0;
  pids: number[] = [];
  readonly #answers: unknown[] = [];
  readonly #waiting: ((answer: unknown) => void)[] = [];

  static async start(): Promise<Colleague> {
    const colleague = new Colleague();
    const hello = await colleague.#next();
    Object.assign(colleague, hello);
    return colleague;
  }

  constructor() {
    const script = JSON.stringify(new URL("joining.js", import.meta.url).href);
    this.worker = new Worker(`import(${script})`, { eval: true });
    const answer = (message: unknown) => {
      const resolve = this.#waiting.shift();
      if (resolve === undefined) this.#answers.push(message);
      else resolve(message);
    };
    this.worker.on("message", answer);
    this.worker.on("error", (error) => answer({ error: String(error) }));
  }

  ask(order: string, ticket?: ThreadTicket): Promise<unknown> {
    this.worker.postMessage({ order, ticket });
    return this.#next();
  }

  #next(): Promise<unknown> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the worker end, or terminates it. */
  async end(how: "leave" | "terminate"): Promise<void> {
    const over = new Promise((resolve) => this.worker.once("exit", resolve));
    if (how === "leave") this.worker.postMessage({ order: "leave" });
    else await this.worker.terminate();
    await over;
  }
}

function guestSpace(platform: Platform): Subprocess {
  const space = platform.newAddressSpace();
  space.mapAnonymous(AT, PAGE_SIZE, "rwx");
  space.write(AT, LOOPS_GETPID);
  return space;
}

const threadsOf = (pid: number) => readdirSync(`/proc/${pid}/task`).map(Number);

workers("each have their own platform, and a thread of one shared address space", async () => {
  using platform = Platform.open();
  const space = guestSpace(platform);
  const colleagues = await Promise.all(Array.from({ length: WORKERS }, () => Colleague.start()));
  const tickets = colleagues.map(({ tid }) => space.ticket(tid));
  assert.is(threadsOf(space.pid).length, WORKERS + 1);
  const answers = await Promise.all(
    colleagues.map((colleague, i) => colleague.ask("run", tickets[i])),
  );
  for (const answer of answers) assert.equal(answer, { switches: 1000, own: 1000 });
  // The owner continues meanwhile, in the same memory.
  const context = platform.newContext();
  context.registers.set(HOST_MACHINE.instructionPointer, BigInt(AT));
  assert.is(context.switch(space).kind, "syscall");
  await Promise.all(colleagues.map((colleague) => colleague.end("leave")));
  for (const { pids } of colleagues) {
    for (const pid of pids) assert.is(processState(pid), undefined, "a worker's stubs end with it");
  }
  assert.ok(isAlive(space.pid));
  platform.close();
  assert.is(processState(space.pid), undefined);
});

workers("get the same thread again, or that of a tracer that has ended", async () => {
  using platform = Platform.open();
  const space = guestSpace(platform);
  const first = await Colleague.start();
  const ticket = space.ticket(first.tid);
  assert.equal(space.ticket(first.tid), ticket);
  await first.ask("run", ticket);
  await first.end("leave");
  const second = await Colleague.start();
  const next = space.ticket(second.tid);
  assert.is(next.tid, ticket.tid);
  assert.is(threadsOf(space.pid).length, 2);
  assert.equal(await second.ask("run", next), { switches: 1000, own: 1000 });
  await second.end("leave");
});

workers("that are terminated while they hold a thread only end their own stubs", async () => {
  using platform = Platform.open();
  const space = guestSpace(platform);
  const colleague = await Colleague.start();
  const ticket = space.ticket(colleague.tid);
  await colleague.ask("hold", ticket);
  assert.is(readProcess(ticket.tid).tracerTid, colleague.tid);
  await colleague.end("terminate");
  assert.ok(await eventually(() => !colleague.pids.some(isAlive), 1000));
  assert.ok(isAlive(space.pid));
  assert.is(space.stub.call("getpid"), BigInt(space.pid));
  const successor = await Colleague.start();
  const next = space.ticket(successor.tid);
  assert.is(next.tid, ticket.tid, "its thread is used again");
  assert.equal(await successor.ask("run", next), { switches: 1000, own: 1000 });
  await successor.end("leave");
});

workers("prevent the release of an address space that they have joined", async () => {
  using platform = Platform.open();
  const space = guestSpace(platform);
  const colleague = await Colleague.start();
  await colleague.ask("hold", space.ticket(colleague.tid));
  const isShared = (error: unknown) =>
    error instanceof StateError && error.message.includes(`tracers ${colleague.tid}`);
  assert.throws(() => space.release(), isShared);
  assert.throws(() => platform.close(), isShared);
  assert.is(space.stub.call("getpid"), BigInt(space.pid));
  await colleague.end("leave");
  space.release();
  assert.is(platform.pooled, 1);
});

workers("need their own ticket", async () => {
  using platform = Platform.open();
  const space = guestSpace(platform);
  thrown(StateError, () => space.ticket(platform.tracer.host.tid));
  const colleague = await Colleague.start();
  const ticket = { ...space.ticket(colleague.tid), tracerTid: platform.tracer.host.tid + 1 };
  const answer = await colleague.ask("run", ticket);
  assert.match(JSON.stringify(answer), "ERR_STUBLAB_STATE");
  await colleague.end("leave");
});

workers("cannot open a platform whose end would kill the process", async () => {
  const colleague = await Colleague.start();
  assert.equal(await colleague.ask("open fatal"), { refused: "ERR_STUBLAB_STATE" });
  await colleague.end("leave");
});

workers("that are terminated leave zombies, which the next master's tracer reaps", async () => {
  const colleague = await Colleague.start();
  const born = await colleague.ask("births");
  assert.ok(Array.isArray(born) && born.length === 21);
  const stubs: number[] = [...born, colleague.pids[0]];
  await colleague.end("terminate");
  assert.ok(await eventually(() => stubs.every((pid) => processState(pid)?.state === "Z"), 5000));
  const other = spawn("true");
  using tracer = new Tracer();
  tracer.createStub();
  none(stubs, (pid) => processState(pid) !== undefined);
  const [code] = await once(other, "exit");
  assert.is(code, 0, "no other child is reaped");
});

/** What this process has: descriptors, zombies, and mappings that others share. */
function belongings(): Record<string, number> {
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
  return {
    files: readdirSync("/proc/self/fd").length,
    zombies: childrenOf(process.pid).filter((pid) => !isAlive(pid)).length,
    shared: maps.filter((line) => line.includes(" rw-s ")).length,
  };
}

workers(
  "that are terminated leave nothing that the next master's tracer does not give back",
  async () => {
    const before = belongings();
    for (let i = 0; i < 30; i += TOGETHER) {
      const colleagues = await Promise.all(
        Array.from({ length: TOGETHER }, () => Colleague.start()),
      );
      for (const colleague of colleagues) {
        assert.equal(await colleague.ask("take"), { lane: "fast" });
      }
      const [first, ...others] = colleagues;
      await Promise.all(others.map((colleague) => colleague.end("terminate")));
      await first?.end("leave");
    }
    const left = belongings();
    none(Object.keys(before), (kind) => (left[kind] ?? 0) <= (before[kind] ?? 0) + 10);
    using tracer = new Tracer();
    const isBack = () => {
      tracer.createStub().close();
      const now = belongings();
      return Object.keys(before).every((kind) => (now[kind] ?? 0) <= (before[kind] ?? 0) + 1);
    };
    assert.ok(await eventually(isBack, 5000), JSON.stringify([before, left, belongings()]));
  },
);

workers("do not affect the main thread's tracer", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const colleague = await Colleague.start();
  await colleague.end("terminate");
  assert.is(stub.call("getppid"), BigInt(process.pid));
});
