// The design that byod began from, written out: for every call the record is read
// from main and decrypted, and the user's client comes from a cache. The names are
// those of the design. It leaves the encryption to `decryptCredential`: that is
// Node's `crypto` here, with a key that is made once.
import { createDecipheriv, createHash } from "node:crypto";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { serve } from "./load.mjs";

const TABLE_LOCATIONS = { users: "main", conversations: "user", messages: "user" };
const getConfigInternal = makeFunctionReference("byod/credentials:getConfigInternal");
const list = makeFunctionReference("conversations:list");

const userClientCache = new Map();
let mainClient = null;

function getMainClient() {
  if (!mainClient) {
    mainClient = new ConvexHttpClient(process.env.DEPLOYMENT_URL, { logger: false });
    mainClient.setAdminAuth(process.env.DEPLOY_KEY);
  }
  return mainClient;
}

function getUserClient(userId, deploymentUrl, deployKey) {
  const cacheKey = `${userId}:${deploymentUrl}`;
  if (userClientCache.has(cacheKey)) return userClientCache.get(cacheKey);
  const client = new ConvexHttpClient(deploymentUrl, { logger: false });
  client.setAdminAuth(deployKey);
  userClientCache.set(cacheKey, client);
  return client;
}

const encryptionKey = createHash("sha256").update(process.env.BYOD_ENCRYPTION_KEY).digest();

function decryptCredential(encrypted, iv, authTag) {
  const decipher = createDecipheriv("aes-256-gcm", encryptionKey, Buffer.from(iv, "hex"));
  decipher.setAuthTag(Buffer.from(authTag, "hex"));
  return decipher.update(encrypted, "hex", "utf8") + decipher.final("utf8");
}

function getDecryptedCredentials(config) {
  const [urlIv, keyIv] = config.encryptionIV.split(":");
  const [urlAuthTag, keyAuthTag] = config.authTags.split(":");
  return {
    deploymentUrl: decryptCredential(config.encryptedDeploymentUrl, urlIv, urlAuthTag),
    deployKey: decryptCredential(config.encryptedDeployKey, keyIv, keyAuthTag),
  };
}

async function getServerClientForTable(table, userId) {
  if (TABLE_LOCATIONS[table] === "main") return { client: getMainClient(), isUserDb: false };
  const config = await getMainClient().query(getConfigInternal, { userId });
  if (!config || config.connectionStatus !== "connected") {
    return { client: getMainClient(), isUserDb: false };
  }
  const { deploymentUrl, deployKey } = getDecryptedCredentials(config);
  return { client: getUserClient(userId, deploymentUrl, deployKey), isUserDb: true };
}

async function listConversations(userId, clerkId, options) {
  const { client, isUserDb } = await getServerClientForTable("conversations", userId);
  return isUserDb
    ? await client.query(list, { userId: clerkId, ...options })
    : await client.query(list, options);
}

await serve((limit) =>
  listConversations("a user", "user_2abcdefghijklmnop", { archived: false, limit }),
);
