import { limits } from "./limits";

limits.set("first", 1);
