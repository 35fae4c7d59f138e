import { useProvided } from "./context.js";
import type { BYODStatus } from "./status.js";

/** Whether the user has a deployment of their own, and how it is doing. */
export function useBYOD(): BYODStatus {
  return useProvided("useBYOD").status;
}

/** Whether the user's calls go to a deployment of their own. */
export function useBYODEnabled(): boolean {
  return useProvided("useBYODEnabled").status.isEnabled;
}
