"use node";
import Stripe from "stripe";
import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
import { PostHog } from "posthog-node";
import { v } from "convex/values";
import { internalAction } from "./_generated/server";

export const charge = internalAction({ args: { user: v.id("users"), cents: v.number() }, handler: async () => new Stripe("key").charges.list() });
export const store = internalAction({ args: { key: v.string() }, handler: async (_, { key }) => new S3Client({}).send(new PutObjectCommand({ Bucket: "b", Key: key })) });
export const track = internalAction({ args: { event: v.string() }, handler: async (_, { event }) => new PostHog("key").capture({ event, distinctId: "x" }) });
