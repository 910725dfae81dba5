// A host whose probe tries setups by rt_sigreturn: `returning CODE`. It prints "pid N" for the probe, the parent of the
// stubs and the stub, then runs setups with RIP at that code repeatedly. Only a SIGKILL ends it.

const [code = "int3"] = process.argv.slice(2);
const engine = new Engine({ deadline: 60_000 });
const batch = new Batch(512);
const put = (at: string) => {
  const frame = { ucFlags: 6, fpstate: false };
  batch.put(Array(batch.capacity).fill(seed(at, {}, { way: "SIGRETURN", frame })));
};
put("int3");
engine.run(batch, 1);
const { parent, returning } = stubsOf(engine);
for (const pid of [engine.pid, parent, returning]) writeSync(1, `pid ${pid}\n`);
put(code);
if (code !== "spin") engine.run(batch, 1);
writeSync(1, "running\n");
for (;;) engine.run(batch, batch.capacity);
