import type { ReactNode } from "react";

import type { BYODStatus } from "./status.js";
import { useBYOD } from "./use_status.js";

export interface BYODGateProps {
  children?: ReactNode;
  /** Shown while the user's database has an error. */
  fallback: ReactNode | ((status: BYODStatus) => ReactNode);
  /** Shown until it is known; by default what is inside. */
  loading?: ReactNode;
}

/** Shows what is inside, unless the user's own database has an error. */
export function BYODGate({ children, fallback, loading }: BYODGateProps) {
  const status = useBYOD();
  if (status.isLoading) return <>{loading === undefined ? children : loading}</>;
  if (status.error === null) return <>{children}</>;
  return <>{typeof fallback === "function" ? fallback(status) : fallback}</>;
}
