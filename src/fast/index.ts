// The lane "fast": loading this plugs it into the core.

import { RUNNERS } from "../core/platform/runner.ts";
import { INJECTIONS } from "../core/stub/injector.ts";
import { FAST_RUNNERS } from "./handler.ts";
import { FAST } from "./injector.ts";

INJECTIONS.plug("fast", FAST);
RUNNERS.plug("fast", FAST_RUNNERS);
