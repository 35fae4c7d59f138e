"use client";

export { BYODError, type BYODProblem } from "./error.js";
export { BYODGate, type BYODGateProps } from "./gate.js";
export type { BYODConnectionTest, BYODCredentials } from "./gateway.js";
export { BYODProvider, type BYODProviderProps } from "./provider.js";
export {
  BYODSettings,
  ENGLISH,
  type BYODSettingsProps,
  type BYODWords,
} from "./settings.js";
export type { BYODConfig, BYODMoving, BYODStatus, ConnectionStatus } from "./status.js";
export { useBYODConnection, type BYODConnection } from "./use_connection.js";
export { useBYOD, useBYODEnabled } from "./use_status.js";
