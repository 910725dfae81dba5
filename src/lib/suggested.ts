/** Names that an editor completes. Any other string is accepted by the type, and checked when it is used. */
export type Suggested<Name extends string> = Name | (string & Record<never, never>);
