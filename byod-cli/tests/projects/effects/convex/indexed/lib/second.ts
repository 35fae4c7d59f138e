import { limits } from "./limits";

limits.set("max", 2);
