// A host whose stub closes the standard files that the arguments name: the stub shares its file table.

using tracer = new Tracer();
const stub = tracer.createStub();
for (const file of process.argv.slice(2)) stub.call("close", Number(file));
