// A host that listens for deaths and ends without closing its tracer.

import { Tracer } from "../../src/index.ts";

const tracer = new Tracer();
tracer.onDeath(() => {});
tracer.createStub();
