// The tests of switches over the lane "fast".

import { useLane } from "../../support/guests.ts";

useLane({ lane: "fast" });
await import("../../support/lane_suite.ts");
