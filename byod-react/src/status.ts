/** How a user's own deployment is doing. */

/** Whether the user's deployment is in use. */
export type ConnectionStatus =
  /** The credentials are stored, and not tested yet. Calls go to main. */
  | "pending"
  /** In use. */
  | "connected"
  /** It failed. Calls of user tables are blocked. */
  | "error"
  /** No longer in use. Calls go to main. */
  | "disconnected";

/** A user's record, without its credentials. Times are in ms since 1970. */
export interface BYODConfig {
  connectionStatus: ConnectionStatus;
  /** The version of the schema that the deployment runs; 0 before the first. */
  schemaVersion: number;
  lastSchemaDeploy?: number;
  lastConnectionTest?: number;
  /** Why the status is `error`, in words for the user. */
  connectionError?: string;
  /** How far the user's data is on its way, where it moves. */
  moving?: BYODMoving;
}

/** How far a user's data is on its way to their own deployment, or back. */
export interface BYODMoving {
  /** `in` is to their own deployment. */
  direction: "in" | "out";
  phase: string;
  /** Whether what they write is refused until it is over. */
  frozen: boolean;
  /** The table that it is at. */
  table: string | null;
  /** How many documents are on the other side, and how many are to be. */
  done: number;
  total: number;
}

/** What {@link useBYOD} gives. */
export interface BYODStatus {
  /** Whether the user's calls go to their own deployment. */
  isEnabled: boolean;
  /** Whether it isn't known yet. */
  isLoading: boolean;
  /** The user's record; `null` where there is none, or nobody is signed in. */
  config: BYODConfig | null;
  /** Why it is not enabled, or why it could not be learned, in words for the user. */
  error: string | null;
}

export const LOADING: BYODStatus = {
  isEnabled: false,
  isLoading: true,
  config: null,
  error: null,
};

/** The status that a record shows. */
export function statusOf(config: BYODConfig | null): BYODStatus {
  const failed = config?.connectionStatus === "error";
  return {
    isEnabled: config?.connectionStatus === "connected",
    isLoading: false,
    config,
    error: failed ? (config.connectionError ?? "The database can't be used.") : null,
  };
}

/** The status where the record could not be read. */
export function unknownStatus(error: unknown): BYODStatus {
  const text = error instanceof Error ? error.message : String(error);
  return { isEnabled: false, isLoading: false, config: null, error: text };
}
