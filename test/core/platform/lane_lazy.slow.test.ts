// The tests of switches over the lane "lazy".

import { useLane } from "../../support/guests.ts";

useLane("lazy");
await import("../../support/lane_suite.ts");
