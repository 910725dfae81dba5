/* The facts of amd64. */

import { attaching } from "../read/attach.ts";
import { eventMessage } from "../read/event_message.ts";
import { listening } from "../read/listen.ts";
import { configurations } from "../read/other_requests.ts";
import { peekMemory } from "../read/peek_memory.ts";
import { peekSiginfo } from "../read/peek_siginfo.ts";
import { requests } from "../read/requests.ts";
import { siginfo } from "../read/siginfo.ts";
import { syscallInfo } from "../read/syscall_info.ts";
import { getregs } from "./getregs.ts";
import { interruptedCalls } from "./interrupted_calls.ts";
import { otherRequests } from "./other_requests.ts";
import { peekuser } from "./peekuser.ts";
import { regsets } from "./regsets.ts";
import { calls } from "./resume/calls.ts";
import { accesses, fetches, instructions } from "./resume/faults.ts";
import { frames } from "./resume/frames.ts";
import { groupStop } from "./resume/group_stop.ts";
import { restarts } from "./resume/restarts.ts";
import { rtSigreturn } from "./resume/rt_sigreturn.ts";
import { segments } from "./resume/segments.ts";
import { signals } from "./resume/signals.ts";
import { singleStep } from "./resume/single_step.ts";
import { syscallStops } from "./resume/syscall_stops.ts";
import { signalFrames } from "./signal_frames.ts";
import { bases } from "./write/bases.ts";
import { eflags } from "./write/eflags.ts";
import { floatingPoint } from "./write/floating_point.ts";
import { order } from "./write/order.ts";
import { pokeuser } from "./write/pokeuser.ts";
import { selectors } from "./write/selectors.ts";
import { setSyscallInfo } from "./write/set_syscall_info.ts";
import { setregsetFacts } from "./write/setregset.ts";
import { setsigmask } from "./write/setsigmask.ts";

const WRITE = [order, selectors, bases, eflags, pokeuser, setregsetFacts, setsigmask];
const RESUME = [segments, syscallStops, calls, restarts, signals, frames, rtSigreturn, singleStep];
const FAULTS = [instructions, accesses, fetches, groupStop];
const READ = [regsets, getregs, peekuser, peekMemory, siginfo, peekSiginfo, syscallInfo];
const TASKS = [
  eventMessage,
  attaching,
  listening,
  otherRequests,
  configurations,
  requests,
  interruptedCalls,
  signalFrames,
];

/** The facts that are cases, which the model predicts. */
export const SETUP_FACTS = [...WRITE, setSyscallInfo, floatingPoint, ...RESUME, ...FAULTS].flat();

/** The facts about requests. */
export const REQUEST_FACTS = [...READ, ...TASKS].flat();
