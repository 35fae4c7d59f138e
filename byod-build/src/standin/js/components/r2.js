// Stands in for `@convex-dev/r2`: the functions that `clientApi` makes.
import { internalMutationGeneric, mutationGeneric, paginationOptsValidator, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const handler = async () => null;
const key = v.string();
const metadata = v.object({
  key,
  sha256: v.optional(v.string()),
  contentType: v.optional(v.string()),
  size: v.optional(v.number()),
  bucket: v.string(),
  lastModified: v.string(),
  link: v.string(),
  url: v.string(),
  bucketLink: v.string(),
});

const list = v.object({
  page: v.array(metadata),
  isDone: v.boolean(),
  continueCursor: v.string(),
  splitCursor: v.optional(v.union(v.null(), v.string())),
  pageStatus: v.optional(v.union(v.null(), v.literal("SplitRecommended"), v.literal("SplitRequired"))),
});

export class R2 {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.R2[name]) });
  }

  clientApi(_options) {
    return {
      generateUploadUrl: mutationGeneric({ args: {}, returns: v.object({ key, url: v.string() }), handler }),
      syncMetadata: mutationGeneric({ args: { key }, returns: v.null(), handler }),
      onSyncMetadata: internalMutationGeneric({
        args: { key, bucket: v.string(), isNew: v.boolean() },
        returns: v.null(),
        handler,
      }),
      getMetadata: queryGeneric({ args: { key }, returns: v.union(metadata, v.null()), handler }),
      listMetadata: queryGeneric({ args: { paginationOpts: paginationOptsValidator }, returns: list, handler }),
      deleteObject: mutationGeneric({ args: { key }, returns: v.null(), handler }),
    };
  }
}
