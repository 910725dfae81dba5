// The tests of switches, which run over every lane: see `useLane`.

import "./switch.test.ts";
import "./switch_amd64.test.ts";
import "./guest_state.test.ts";
import "./guest_state_amd64.test.ts";
import "./guest_state_arm64.test.ts";
import "./interruption.test.ts";
import "./round_robin_amd64.test.ts";
import "./guest.test.ts";
