const scrub = suite("scrub");

const STUBS = 1000;

scrub(`leaves ${STUBS} stubs one page each, and all execute getpid`, () => {
  using tracer = new Tracer();
  // The master keeps its memory, so that each stub must unmap all of it.
  const master = tracer.createStub();
  const stubs = Array.from({ length: STUBS }, () => master.createStub());
  assert.ok(readProcess(stubs[0]?.pid ?? 0).residentBytes > PAGE_SIZE);
  for (const stub of stubs) stub.scrub();
  for (const stub of stubs) {
    assert.is(stub.call("getpid"), BigInt(stub.pid));
    const { residentBytes, mappings } = readProcess(stub.pid);
    assert.is(residentBytes, PAGE_SIZE);
    assert.equal(
      mappings.map(({ start, end, protection }) => [start, end, protection]),
      [[tracer.host.stubAddress, tracer.host.stubAddress + PAGE_SIZE, "r-xp"]],
    );
  }
});
