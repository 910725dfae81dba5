// A host that watches its stubs: `watched EXIT_SIGNAL`. It prints the pid of the master and those of
// three grandchildren, and polls them all until it is killed. It survives any error.

const [exitSignal = ""] = process.argv.slice(2);
const tracer = new Tracer();
const master = tracer.createStub({ exitSignal });
const stubs = [master, master.createStub(), master.createStub(), master.createStub()];
console.log(stubs.map(({ pid }) => pid).join(" "));

setInterval(() => {
  for (const stub of stubs) {
    try {
      stub.poll();
    } catch (error) {
      if (!(error instanceof DeathError || error instanceof StateError)) throw error;
    }
  }
}, 50);
