import { Platform } from "../../core/platform/platform.ts";
import { CHILD_STEPS, type ChildStep } from "../../core/stub/birth.ts";
import type { Stub } from "../../core/stub/stub.ts";
import { Tracer } from "../../core/stub/tracer.ts";
import { expectMembers, list, type OptionShapes, oneOf, text } from "../../lib/shape.ts";
import { Acting } from "./acting.ts";
import { Actor } from "./actor.ts";
import { type CloneOptions, cloneWatched } from "./birth.ts";
import { forkUnseen, forkWatched, type UnseenOptions } from "./fork.ts";
import { common } from "./lesson_text.ts";
import { codeBytes, loadListing } from "./listing.ts";
import { createKeeper } from "./precautions.ts";
import type { Recorder } from "./recorder.ts";
import { type Asked, type Said, type Saying, said } from "./said.ts";

const BIRTH: OptionShapes<UnseenOptions> = {
  lane: text,
  role: text,
  why: said,
  stopped: said,
  omit: list(oneOf(CHILD_STEPS), CHILD_STEPS.length),
};

/** How a stub is made that exists when the recording begins. */
export interface RestOptions {
  /** Whether it keeps the memory that it was born with. Default: no. */
  readonly memory?: boolean;
  /** Steps of its set-up to omit. */
  readonly omit?: readonly ChildStep[];
  /** The stub that clones it. Default: the host forks it. */
  readonly parent?: Stub;
  /** Why it is there. Default: as in the lesson "host". */
  readonly why?: Said | ((stub: Stub) => Said);
}

/** The lane of this process. */
export interface HostLane {
  readonly lane: string;
  readonly role: string;
  /** Whether it is this thread, and not its process. */
  readonly thread?: boolean;
  /** Whether it is a terminal that this process types on. */
  readonly terminal?: boolean;
}

const HOST: HostLane = {
  lane: "host",
  role: "the Node.js process; its main thread is the tracer",
};

/**
 * The stage of a lesson: a tracer, whose lane is "host", and the stubs in their lanes. All that its verbs do is recorded.
 * A verb checks its arguments before it does anything, and throws an InputError that names the place. `recorder` has
 * everything else, such as `observe` for what the observer changes.
 *
 * A scene is closed when the lesson's `play` ends, however it ends, and its stubs with it.
 */
export class Scene {
  readonly recorder: Recorder;
  /** The signal that aborts the recording, for lessons that wait. */
  readonly signal: AbortSignal | undefined;
  #tracer: Tracer | undefined;
  readonly #closing: (() => void)[] = [];

  constructor(recorder: Recorder, signal?: AbortSignal, host = HOST) {
    const { lane, role, thread = false, terminal } = host;
    this.recorder = recorder;
    this.signal = signal;
    recorder.host = lane;
    const { pid } = process;
    recorder.addLane(lane, role, thread ? this.tracer.host.tid : pid, pid, terminal);
  }

  get tracer(): Tracer {
    if (this.#tracer !== undefined) return this.#tracer;
    const tracer = new Tracer({ encoder: this.recorder.encoder });
    this.atEnd(() => tracer.close());
    return this.#use(tracer);
  }

  #use(tracer: Tracer): Tracer {
    this.recorder.addStubCode(tracer.host);
    this.#tracer = tracer;
    return tracer;
  }

  /** A platform, whose tracer is then the scene's. @internal */
  openPlatform(): Platform {
    const platform = Platform.open({ encoder: this.recorder.encoder });
    this.atEnd(() => platform.close());
    this.#use(platform.tracer);
    return platform;
  }

  /**
   * A stub that rests at its INT3, ready for calls; its birth is not recorded.
   *
   * @param lane a new one
   * @throws InputError; what creating a stub throws
   */
  rest(lane: string, role: string, options: RestOptions = {}): Actor {
    const { recorder, tracer } = this;
    recorder.expectNewLane(text(lane, "lane"), "lane");
    text(role, "role");
    const { memory = false, omit = [], parent, why } = options;
    const stub = parent === undefined ? tracer.createStub({ omit }) : parent.createStub();
    // A first call takes it to its INT3.
    if (memory) stub.call("getpid");
    else stub.scrub();
    const actor = this.enlist(lane, role, stub);
    const { pid } = stub;
    const told = typeof why === "function" ? why(stub) : why;
    actor.look(common("rest.title", { pid }).text, told ?? whyItRests(memory, omit));
    return actor;
  }

  /**
   * A stub that has stopped itself and is not traced yet: `attach` is next.
   *
   * @param options the lane, what is said about the birth, and the steps of the set-up to omit
   * @throws InputError; what creating a stub throws
   */
  birth(options: UnseenOptions): Actor {
    expectMembers(options, "options", BIRTH, ["lane", "role", "why", "stopped"]);
    this.recorder.expectNewLane(options.lane, "options.lane");
    return forkUnseen(this.recorder, this.tracer, options);
  }

  /** A stub at the first instruction of the stub code, whose set-up is recorded. @internal */
  fork(): Actor {
    return forkWatched(this.recorder, this.tracer);
  }

  /** Makes a stub clone another, which is traced from its first instruction on. @internal */
  clone(parent: Actor, options: CloneOptions): Actor {
    return cloneWatched(parent, options);
  }

  /** A stub in a lane of its own that acts as a tracer. @internal */
  act(lane: string, role: string, stub: Stub): Acting {
    this.recorder.addLane(lane, role, stub.pid);
    return new Acting(lane, stub);
  }

  /** A stub that the host traces, in a lane of its own. @internal */
  enlist(lane: string, role: string, stub: Stub): Actor {
    this.recorder.addLane(lane, role, stub.pid);
    return this.actor(lane, stub);
  }

  /** The same in a lane that is there. @internal */
  actor(lane: string, stub: Stub): Actor {
    return new Actor(this.recorder, lane, stub);
  }

  /** A stub is traced by another one from now on. Nothing is recorded. @internal */
  handOver(actor: Actor, acting: Acting): Actor {
    const { stub } = actor;
    acting.takeOver(stub);
    this.atEnd(() => {
      acting.end(stub);
      stub.forgetIfDead();
    });
    return actor.by(acting);
  }

  /**
   * A stub that adopts orphans among its descendants (PR_SET_CHILD_SUBREAPER), so that a lesson in which parents die can
   * wait for their children, and leaves none. None of them dumps core. @internal
   */
  keeper(): Acting {
    this.recorder.observe(common("keeper.observed"));
    return this.act("keeper", common("keeper.role").text, createKeeper(this.tracer));
  }

  /** Registers a guest's code, which the build has assembled, and returns its bytes. @internal */
  loadGuest(name: string, base: bigint): Uint8Array {
    const listing = loadListing(name);
    this.recorder.addCode(listing, base, new Map());
    return codeBytes(listing);
  }

  /** A note in a lane: something to read that is no event. Returns the index of the step. */
  say(title: string, why: Said, lane = this.recorder.host): number {
    text(title, "title");
    said(why, "why");
    this.recorder.expectLane(text(lane, "lane"), "lane");
    return this.recorder.step({ lane, kind: "note", title, why });
  }

  /** Asks what will happen. The next step answers it. @throws InputError */
  ask(question: Asked): void {
    this.recorder.ask(question);
  }

  /** Compares what must be true with what is seen: a fact of the recording's end. @throws InputError */
  check(fact: string, expected: string, seen: string): void {
    text(fact, "fact");
    text(expected, "expected");
    text(seen, "seen");
    this.recorder.check(fact, expected, seen);
  }

  /** Does something when the scene is closed, before its stubs are. @internal */
  atEnd(work: () => void): void {
    this.#closing.push(work);
  }

  close(): void {
    try {
      this.#closing.pop()?.();
    } finally {
      if (this.#closing.length > 0) this.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function whyItRests(memory: boolean, omit: readonly ChildStep[]): Saying {
  const birth = omit.length === 0 ? "" : common("rest.omitted", { steps: omit.join(", ") }).text;
  return memory ? common("rest.memory", { birth }) : common("rest.scrubbed", { birth });
}
