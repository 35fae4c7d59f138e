/** Whether the body's HMAC-SHA-256 under the secret is the signature, in hex. */
export async function isSigned(
  body: string,
  signature: string,
  secret: string,
): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const bytes = Uint8Array.from({ length: 32 }, (_, i) =>
    Number.parseInt(signature.slice(2 * i, 2 * i + 2), 16),
  );
  return await crypto.subtle.verify("HMAC", key, bytes, encoder.encode(body));
}
