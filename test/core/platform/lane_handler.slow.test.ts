// The tests of switches over the lane "handler".

import { useLane } from "../../support/guests.ts";

useLane("handler");
await import("../../support/lane_suite.ts");
