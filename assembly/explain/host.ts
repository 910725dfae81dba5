// What the module asks of its host: Node.js (src/labs/explain/host.ts) or the probe (shim/probe/explain.c). A path ends with
// a zero. Results are lengths in bytes, or -errno.

/** Reads a file from an offset on, at most `size` bytes. */
@external("host", "read")
export declare function readFile(path: usize, offset: u64, to: usize, size: u32): i32;

/** Reads the target of a link. */
@external("host", "link")
export declare function readLink(path: usize, to: usize, size: u32): i32;

/** Reads the names in a folder, with a line feed after each. */
@external("host", "list")
export declare function readFolder(path: usize, to: usize, size: u32): i32;

/** The uid that owns a file; a negative number if it cannot be read. */
@external("host", "owner")
export declare function ownerAt(path: usize): f64;

/** Whether kill(2) finds a process or thread, permitted or not. */
@external("host", "exists")
export declare function exists(tid: i32): u32;

/** The stub code of stublab. */
@external("host", "stub")
export declare function readStub(to: usize, size: u32): i32;
