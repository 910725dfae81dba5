// The names that a test file uses without an import, which test/prelude.mjs adds.

import type * as childProcess from "node:child_process";
import type * as fs from "node:fs";
import type * as os from "node:os";
import type * as path from "node:path";
import type * as url from "node:url";
import type * as uvu from "uvu";
import type * as assertions from "uvu/assert";
import type * as machine from "../../src/core/machine/index.ts";
import type * as auxiliaryVector from "../../src/core/shim/auxiliary_vector.ts";
import type * as libc from "./libc.ts";
import type * as needing from "./needs.ts";
import type * as processes from "./processes.ts";
import type * as random from "./random.ts";
import type * as recordings from "./recordings.ts";
import type * as temporary from "./temporary.ts";
import type * as throwing from "./thrown.ts";

declare global {
  const suite: typeof uvu.suite;
  /** Types of AssemblyScript declare a function of this name. */
  namespace assert {
    const equal: typeof assertions.equal;
    const instance: typeof assertions.instance;
    const is: typeof assertions.is;
    const match: typeof assertions.match;
    const not: typeof assertions.not;
    const ok: typeof assertions.ok;
    const throws: typeof assertions.throws;
    const type: typeof assertions.type;
    const unreachable: typeof assertions.unreachable;
  }

  const execFileSync: typeof childProcess.execFileSync;
  const spawn: typeof childProcess.spawn;
  const spawnSync: typeof childProcess.spawnSync;
  const chmodSync: typeof fs.chmodSync;
  const closeSync: typeof fs.closeSync;
  const copyFileSync: typeof fs.copyFileSync;
  const cpSync: typeof fs.cpSync;
  const existsSync: typeof fs.existsSync;
  const mkdirSync: typeof fs.mkdirSync;
  const mkdtempSync: typeof fs.mkdtempSync;
  const openSync: typeof fs.openSync;
  const readdirSync: typeof fs.readdirSync;
  const readFileSync: typeof fs.readFileSync;
  const rmSync: typeof fs.rmSync;
  const statSync: typeof fs.statSync;
  const symlinkSync: typeof fs.symlinkSync;
  const writeFileSync: typeof fs.writeFileSync;
  const writeSync: typeof fs.writeSync;
  const constants: typeof os.constants;
  const tmpdir: typeof os.tmpdir;
  const basename: typeof path.basename;
  const dirname: typeof path.dirname;
  const join: typeof path.join;
  const resolve: typeof path.resolve;
  const pathToFileURL: typeof url.pathToFileURL;

  const HOST_ARCH: typeof machine.HOST_ARCH;
  const HOST_MACHINE: typeof machine.HOST_MACHINE;
  const PAGE_SIZE: typeof auxiliaryVector.PAGE_SIZE;

  const adoptOrphans: typeof libc.adoptOrphans;
  const callNumber: typeof libc.callNumber;
  const hasTool: typeof needing.hasTool;
  const needs: typeof needing.needs;
  const childrenOf: typeof processes.childrenOf;
  const DENY: typeof processes.DENY;
  const eventually: typeof processes.eventually;
  const familyOf: typeof processes.familyOf;
  const hasNamespaces: typeof processes.hasNamespaces;
  const hostCommand: typeof processes.hostCommand;
  const isAlive: typeof processes.isAlive;
  const processState: typeof processes.processState;
  const run: typeof processes.run;
  const Running: typeof processes.Running;
  type Running = processes.Running;
  const stublabCommand: typeof processes.stublabCommand;
  const randomWords: typeof random.randomWords;
  const recordingOf: typeof recordings.recordingOf;
  const temporaryFolder: typeof temporary.temporaryFolder;
  const rejection: typeof throwing.rejection;
  const thrown: typeof throwing.thrown;
}
