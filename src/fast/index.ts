// The lane "fast": loading this plugs it into the core.

import { plugRunners } from "../core/platform/runner.ts";
import { plugInjections } from "../core/stub/injector.ts";
import { FAST_RUNNERS } from "./handler.ts";
import { FAST } from "./injector.ts";

plugInjections("fast", FAST);
plugRunners("fast", FAST_RUNNERS);
