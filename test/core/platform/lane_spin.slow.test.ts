// The tests of switches over the lane "spin".

import { useLane } from "../../support/guests.ts";

useLane("spin");
await import("../../support/lane_suite.ts");
