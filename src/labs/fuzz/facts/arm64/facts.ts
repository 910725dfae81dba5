/* The facts of arm64. */

import { attaching } from "../read/attach.ts";
import { eventMessage } from "../read/event_message.ts";
import { listening } from "../read/listen.ts";
import { configurations } from "../read/other_requests.ts";
import { peekMemory } from "../read/peek_memory.ts";
import { peekSiginfo } from "../read/peek_siginfo.ts";
import { requests } from "../read/requests.ts";
import { siginfo } from "../read/siginfo.ts";
import { syscallInfo } from "../read/syscall_info.ts";
import { exceptions } from "./exceptions.ts";
import { floatingPoint } from "./floating_point.ts";
import { interruptedCalls } from "./interrupted_calls.ts";
import { regsets } from "./regsets.ts";
import { setregset } from "./setregset.ts";
import { singleStep } from "./single_step.ts";
import { syscallStops } from "./syscall_stops.ts";

const WRITE = [setregset, floatingPoint, syscallStops, singleStep, exceptions];
const READ = [regsets, peekMemory, siginfo, peekSiginfo, syscallInfo];
const TASKS = [eventMessage, attaching, listening, configurations, requests, interruptedCalls];

export const SETUP_FACTS = [];

export const REQUEST_FACTS = [...WRITE, ...READ, ...TASKS].flat();
