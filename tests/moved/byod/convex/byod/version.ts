// Written by `byod export`.

/** Goes up by one with every change of the schema or the functions. */
export const SCHEMA_VERSION = 20;
