// A page for React to be in. Requests stay Node's own: they are real.

import { Window } from "happy-dom";

const window = new Window({ url: "https://app.example/" });
for (const name of ["window", "document", "HTMLElement", "Element", "Node", "Event", "MutationObserver", "HTMLIFrameElement"])
  Object.defineProperty(globalThis, name, { value: name === "window" ? window : window[name], configurable: true });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
