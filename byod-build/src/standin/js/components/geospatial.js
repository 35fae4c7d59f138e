// Stands in for `@convex-dev/geospatial`: its validators.
import { v } from "convex/values";

export const latitude = v.number();
export const longitude = v.number();
export const point = v.object({ latitude, longitude });
export const rectangle = v.object({ west: longitude, east: longitude, south: latitude, north: latitude });
