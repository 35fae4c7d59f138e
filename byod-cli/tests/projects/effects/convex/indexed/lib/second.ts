import { limits } from "./limits";

limits.set("second", 2);
