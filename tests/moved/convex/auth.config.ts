import type { AuthConfig } from "convex/server";

export default {
  providers: [
    {
      type: "customJwt",
      issuer: process.env.AUTH_ISSUER!,
      applicationID: "convex",
      /** Where the provider's public keys are: `https://…/jwks.json`, or a `data:` URL with them. */
      jwks: process.env.AUTH_JWKS!,
      algorithm: "ES256",
    },
  ],
} satisfies AuthConfig;
