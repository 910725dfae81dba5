// The numbers of system calls of the architecture that a module models.

export * from "../amd64/numbers";
