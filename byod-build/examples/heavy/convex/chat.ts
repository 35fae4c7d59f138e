import { Agent, createTool } from "@convex-dev/agent";
import { openai } from "@ai-sdk/openai";
import { z } from "zod";
import { v } from "convex/values";
import { components } from "./_generated/api";
import { action, query } from "./_generated/server";

const agent = new Agent(components.agent, { name: "helper", languageModel: openai.chat("gpt-5"), instructions: "Help." });

export const start = action({ args: { prompt: v.string() }, handler: async (ctx, { prompt }) => agent.createThread(ctx, { userId: prompt }) });
export const threads = query({ args: { userId: v.id("users") }, returns: v.array(v.string()), handler: async () => [] });
