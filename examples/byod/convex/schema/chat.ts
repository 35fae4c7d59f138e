// Written by `byod export`.

import { oneOf } from "./shared";

export const messageRole = oneOf("user", "assistant", "system", "tool");
