// Stands in for `@convex-dev/resend`: the validators of its events.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const text = v.string();
const texts = v.union(text, v.array(text));
const pairs = v.array(v.object({ name: text, value: text }));

const common = {
  broadcast_id: v.optional(text),
  created_at: text,
  email_id: text,
  from: texts,
  to: texts,
  cc: v.optional(texts),
  bcc: v.optional(texts),
  reply_to: v.optional(texts),
  message_id: v.optional(text),
  headers: v.optional(pairs),
  subject: text,
  tags: v.optional(v.union(v.record(text, text), pairs)),
};

const event = (type, details = {}) =>
  v.object({ type: v.literal(`email.${type}`), created_at: text, data: v.object({ ...common, ...details }) });

export const vEmailId = text;
export const vEmailEvent = v.union(
  event("sent"),
  event("delivered"),
  event("delivery_delayed"),
  event("complained"),
  event("bounced", { bounce: v.object({ message: text, subType: text, type: text }) }),
  event("opened", { open: v.object({ ipAddress: text, timestamp: text, userAgent: text }) }),
  event("clicked", { click: v.object({ ipAddress: text, link: text, timestamp: text, userAgent: text }) }),
  event("failed", { failed: v.object({ reason: text }) }),
);
export const vOnEmailEventArgs = v.object({ id: vEmailId, event: vEmailEvent });
export const vStatus = v.union(
  ...["waiting", "queued", "cancelled", "sent", "delivered", "delivery_delayed", "bounced", "failed"].map((status) =>
    v.literal(status),
  ),
);

export class Resend {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Resend[name]) });
  }

  defineOnEmailEvent(handler) {
    return internalMutationGeneric({ args: vOnEmailEventArgs, handler });
  }
}
