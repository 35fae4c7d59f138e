"use node";
import { openai } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { v } from "convex/values";
import { action, internalAction } from "./_generated/server";

export const ask = action({ args: { prompt: v.string() }, handler: async (_, { prompt }) => (await generateText({ model: openai("gpt-5"), prompt })).text });
export const raw = internalAction({ args: { prompt: v.string() }, handler: async (_, { prompt }) => new OpenAI().responses.create({ input: prompt }) });
