// A master, its grandchildren, and a child of one of them. Each reports its parent.

import { Tracer } from "stublab";

const tracer = new Tracer();
try {
  const master = tracer.createStub();
  master.scrub();
  const first = master.createStub();
  master.createStub();
  first.createStub();

  const show = (stub, depth) => {
    console.log(`${"  ".repeat(depth)}stub ${stub.pid}, child of ${stub.call("getppid")}`);
    for (const child of stub.children) show(child, depth + 1);
  };
  console.log(`host ${process.pid}`);
  show(master, 1);
} finally {
  tracer.close();
}
