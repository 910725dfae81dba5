// A host that chooses the pids of its next processes, which needs a pid namespace of its own: `choosing_pids detached` or
// `choosing_pids uretprobe`. It ends with an error if a process is not left alone, or has the wrong pid.

/** A thread that Node.js starts may get the pid instead. */
const MOST_TRIES = 100;

const choose = (pid: number) => writeFileSync("/proc/sys/kernel/ns_last_pid", `${pid - 1}`);

/** What `create` starts, with a given pid. */
function withPid<T extends { readonly pid?: number | undefined }>(
  pid: number,
  create: () => T,
  end: (other: T) => void,
): T {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    choose(pid);
    const created = create();
    if (created.pid === pid) return created;
    end(created);
  }
  throw new Error(`no process gets the pid ${pid}`);
}

/** Another process has the pid of a stub that was detached and has ended. */
function detached(): void {
  using tracer = new Tracer();
  const master = tracer.createStub();
  const [attached, closed] = [master.createStub(), master.createStub()];
  for (const [stub, act] of [
    [attached, () => thrown(DeathError, () => attached.attach())],
    [closed, () => closed.close()],
  ] as const) {
    stub.detach();
    process.kill(stub.pid, "SIGKILL");
    assert.is(master.call("wait4", stub.pid, 0, tracer.host.flag("__WALL"), 0), BigInt(stub.pid));
    const sleep = () => spawn("sleep", ["60"]);
    const another = withPid(stub.pid, sleep, (other) => other.kill("SIGKILL"));
    act();
    assert.is(stub.alive, false);
    assert.ok(isAlive(stub.pid));
    another.kill("SIGKILL");
  }
}

/** The next pid is the number of the call that no filter sees. */
function uretprobe(): void {
  using chosen = new Tracer();
  const number = Number(chosen.host.syscallNumber("uretprobe"));
  const create = () => chosen.createStub();
  withPid(number, create, (stub) => stub.close()).close();
  const engine = new Engine();
  using experiment = new Experiment({}, engine);
  // All are new ones: the next is the parent, or the other.
  for (let ahead = 0; ahead < 2; ahead++) {
    engine.renewAll();
    choose(number - ahead);
    experiment.try([SIMPLE]);
    const { parent, traced } = stubsOf(engine);
    for (const pid of [parent, traced]) assert.ok(pid > 0 && pid !== number);
  }
}

const WHAT: Readonly<Record<string, () => void>> = { detached, uretprobe };
const act = WHAT[process.argv[2] ?? ""];
if (act === undefined) throw new Error(`expected ${Object.keys(WHAT)}`);
act();
