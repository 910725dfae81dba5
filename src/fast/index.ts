// The lane "fast": loading this enters it in the core.

import { RUNNERS } from "../core/platform/runner.ts";
import { STUB_LANES } from "../core/stub/tracer.ts";
import { FAST_RUNNERS } from "./handler.ts";
import { FAST } from "./injector.ts";

STUB_LANES.enter("fast", FAST);
RUNNERS.enter("fast", FAST_RUNNERS);
