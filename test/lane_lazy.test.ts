// Time limit: 180 s
// The tests of switches over the lane "lazy".

import { useLane } from "./guests.ts";

useLane("lazy");
await import("./lane_suite.ts");
