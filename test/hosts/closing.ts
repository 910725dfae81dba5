// A host that closes its tracer and survives: `closing EXIT_SIGNAL CHILDREN DEPTH`. Each stub clones that many
// children, down to that depth below the master. It prints their pids, closes, and prints "alive".

const [exitSignal = "", children, depth] = process.argv.slice(2);
const tracer = new Tracer();
grow(tracer.createStub({ exitSignal }), Number(depth));
console.log([...tracer.stubs.keys()].join(" "));
tracer.close();
console.log("alive");

function grow(stub: Stub, depth: number): void {
  if (depth === 0) return;
  for (let i = 0; i < Number(children); i++) grow(stub.createStub(), depth - 1);
}
