// A scrubbed stub has no memory but its stub code: maps a page, copies a text there, and has the stub write it.

import { Tracer } from "stublab";

const tracer = new Tracer();
try {
  const stub = tracer.createStub();
  stub.scrub();

  const page = stub.map(4096);
  const text = new TextEncoder().encode("hello from a process without a program\n");
  stub.write(page, text);
  const written = stub.call("write", 1, page, text.length);
  console.log(`write returned ${written}`);

  stub.call("munmap", page, 4096);
  const { value, errno } = stub.inject("write", 1, page, text.length);
  console.log(`without the page it returned ${value ?? errno}`);
} finally {
  tracer.close();
}
