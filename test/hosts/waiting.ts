// A host with a stub that reads a byte of the host's input, for which it must wait: `waiting DEADLINE`. It prints the
// result of the read.

const [deadline = 0] = process.argv.slice(2).map(Number);
using tracer = new Tracer({ deadline });
const stub = tracer.createStub();
const byte = stub.map(PAGE_SIZE);
process.stdout.write("waiting\n");
try {
  console.log(`read returned ${stub.call("read", 0, byte, 1)}`);
} catch (error) {
  console.log(String(error));
}
