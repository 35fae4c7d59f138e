import { BYODProvider } from "byod-react";
import { ConvexProviderWithAuth, ConvexReactClient } from "convex/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { SignInProvider, useAuth, useSignIn } from "./sign_in";
import "./style.css";

// The gateway, in the deployment's place: what an app on Convex changes to let its users bring their own database.
const convex = new ConvexReactClient(`${location.origin}/convex`);

function Root() {
  const { user, fetchToken } = useSignIn();
  return (
    <BYODProvider signedIn={user !== null} user={user} fetchToken={fetchToken}>
      <App />
    </BYODProvider>
  );
}

createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <SignInProvider>
      <ConvexProviderWithAuth client={convex} useAuth={useAuth}>
        <Root />
      </ConvexProviderWithAuth>
    </SignInProvider>
  </StrictMode>,
);
