// A host that listens for deaths and ends without closing its tracer.

const tracer = new Tracer();
tracer.onDeath(() => {});
tracer.createStub();
