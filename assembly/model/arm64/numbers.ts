// The numbers of system calls of the architecture that a module models.

export * from "../../arm64/numbers";
