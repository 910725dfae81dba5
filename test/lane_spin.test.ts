// Time limit: 180 s
// The tests of switches over the lane "spin".

import { useLane } from "./guests.ts";

useLane("spin");
await import("./lane_suite.ts");
