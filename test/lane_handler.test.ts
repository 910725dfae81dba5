// Time limit: 180 s
// The tests of switches over the lane "handler".

import { useLane } from "./guests.ts";

useLane("handler");
await import("./lane_suite.ts");
