// The lane "fast": loading this plugs it into the core.

import { plugRunners } from "../core/platform/runner.ts";
import { plugInjections } from "../core/stub/injector.ts";
import { expectBases, HandlerRunner } from "./handler.ts";
import { loopKind, Ring } from "./ring.ts";

plugInjections({ kindOf: loopKind, serve: (thread) => new Ring(thread) });
plugRunners({
  expectPossible: expectBases,
  open: (stub, xstate, patches) => new HandlerRunner(stub, xstate, patches),
});
