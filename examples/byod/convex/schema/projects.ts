// Written by `byod export`.

import { oneOf } from "./shared";

export const taskStatus = oneOf("todo", "in_progress", "done", "cancelled");
export const taskPriority = oneOf("low", "medium", "high", "urgent");
