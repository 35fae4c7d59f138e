import "./second";
import "./first";
export * from "./limits";
