// The tests of switches over the lane "fast", on one processor.

import { useOneProcessor } from "../../support/drives.ts";
import { useLane } from "../../support/guests.ts";

useOneProcessor();
useLane({ lane: "fast" });
await import("../../support/lane_suite.ts");
