import { useEffect, useId, useRef, useState, type FormEvent } from "react";

import { useProvided } from "./context.js";
import type { BYODConnectionTest } from "./gateway.js";
import type { BYODStatus } from "./status.js";
import { useBYODConnection } from "./use_connection.js";
import { useBYOD } from "./use_status.js";

/** All that the form says. */
export interface BYODWords {
  title: string;
  loading: string;
  /** Of a user without a deployment of their own. */
  none: string;
  connected: string;
  pending: string;
  disconnected: string;
  failed: string;
  url: string;
  urlHint: string;
  key: string;
  keyHint: string;
  connect: string;
  connecting: string;
  replace: string;
  test: string;
  testing: string;
  works: string;
  disconnect: string;
  disconnecting: string;
  confirm: string;
  cancel: string;
}

/** The words as they are unless others are given. */
export const ENGLISH: BYODWords = {
  title: "Your own database",
  loading: "Looking whether you have a database of your own…",
  none: "Your content is kept in the service's database.",
  connected: "Your content is kept in your own database.",
  pending: "Your database is stored and not tested yet. Until then your content is kept in the service's.",
  disconnected: "Your database is disconnected. What is in it stays there.",
  failed: "Your database can't be used at present.",
  url: "Deployment URL",
  urlHint: "From the deployment's settings in the Convex dashboard, such as https://happy-animal-123.convex.cloud",
  key: "Deploy key",
  keyHint: "Made in the deployment's settings. It is kept encrypted and never shown again.",
  connect: "Connect",
  connecting: "Connecting…",
  replace: "Replace",
  test: "Test",
  testing: "Testing…",
  works: "It works.",
  disconnect: "Disconnect",
  disconnecting: "Disconnecting…",
  confirm: "Disconnect? What is in your database stays there.",
  cancel: "Cancel",
};

export interface BYODSettingsProps {
  /** The class of the section, for the app's own style sheet. Parts have `data-byod` attributes. */
  className?: string;
  /** Other words, all or some. */
  words?: Partial<BYODWords>;
}

/**
 * Connects, tests and disconnects the user's own deployment. Has no style of its own.
 *
 * What changes is announced (`role="status"`), what fails is an alert that the fields refer to, and a key is never in the
 * page longer than it takes to send it. What one user typed or found is gone when another one signs in.
 */
export function BYODSettings(props: BYODSettingsProps) {
  const { who } = useProvided("BYODSettings");
  return <Settings key={who} {...props} />;
}

function Settings({ className, words }: BYODSettingsProps) {
  const say = { ...ENGLISH, ...words };
  const status = useBYOD();
  const { connect, rotate, test, disconnect, pending, error, reset } = useBYODConnection();
  const [url, setUrl] = useState("");
  const [key, setKey] = useState("");
  const [found, setFound] = useState<BYODConnectionTest | null>(null);
  const [asking, setAsking] = useState(false);
  const id = useId();
  const inUse = ["connected", "error", "pending"].includes(status.config?.connectionStatus ?? "");

  const problem = error?.message ?? found?.problem?.message ?? null;
  const done = async (test: Promise<BYODConnectionTest | void>) => {
    setFound(null);
    try {
      const result = await test;
      setFound(result ?? null);
      return !result || result.problem === null;
    } catch {
      // The hook has the error, and says it.
      return false;
    }
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const credentials = { deploymentUrl: url.trim(), deployKey: key.trim() };
    const isDone = done(inUse ? rotate(credentials) : connect(credentials));
    // It is on its way: whatever comes of it, the key leaves the page.
    setKey("");
    if (await isDone) setUrl("");
  };

  return (
    <section className={className} aria-labelledby={`${id}title`} data-byod="settings">
      <h2 id={`${id}title`}>{say.title}</h2>
      <p role="status" data-byod="status">
        {sentence(status, say, problem)}
        {found?.problem === null && pending === null && status.error === null ? ` ${say.works}` : null}
      </p>
      {problem === null ? null : (
        <p role="alert" id={`${id}problem`} data-byod="problem">
          {problem}
        </p>
      )}
      <form onSubmit={submit} aria-busy={pending !== null}>
        <fieldset disabled={pending !== null} data-byod="credentials">
          <label htmlFor={`${id}url`}>{say.url}</label>
          <input
            id={`${id}url`}
            name="deploymentUrl"
            type="url"
            required
            autoComplete="off"
            spellCheck={false}
            value={url}
            onChange={(event) => {
              setUrl(event.target.value);
              if (error !== null) reset();
            }}
            aria-describedby={described(id, "url", problem)}
            aria-invalid={problem !== null}
          />
          <small id={`${id}url-hint`}>{say.urlHint}</small>
          <label htmlFor={`${id}key`}>{say.key}</label>
          <input
            id={`${id}key`}
            name="deployKey"
            type="password"
            required
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={(event) => {
              setKey(event.target.value);
              if (error !== null) reset();
            }}
            aria-describedby={described(id, "key", problem)}
            aria-invalid={problem !== null}
          />
          <small id={`${id}key-hint`}>{say.keyHint}</small>
          <button type="submit">
            {pending === "connect" || pending === "rotate"
              ? say.connecting
              : inUse
                ? say.replace
                : say.connect}
          </button>
        </fieldset>
      </form>
      {inUse ? (
        <div data-byod="connection">
          <button type="button" disabled={pending !== null} onClick={() => void done(test())}>
            {pending === "test" ? say.testing : say.test}
          </button>
          {asking ? (
            <Confirm
              words={say}
              cancel={() => setAsking(false)}
              confirm={() => {
                setAsking(false);
                void done(disconnect());
              }}
            />
          ) : (
            <button type="button" disabled={pending !== null} onClick={() => setAsking(true)}>
              {pending === "disconnect" ? say.disconnecting : say.disconnect}
            </button>
          )}
        </div>
      ) : null}
    </section>
  );
}

interface ConfirmProps {
  words: BYODWords;
  confirm: () => void;
  cancel: () => void;
}

/** Takes the focus from the button that it stands for, so that a keyboard goes on where it was. */
function Confirm({ words, confirm, cancel }: ConfirmProps) {
  const first = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => first.current?.focus(), []);
  return (
    <div
      role="group"
      aria-labelledby={id}
      data-byod="confirm"
      onKeyDown={(event) => {
        if (event.key === "Escape") cancel();
      }}
    >
      <p id={id}>{words.confirm}</p>
      <button type="button" ref={first} onClick={cancel}>
        {words.cancel}
      </button>
      <button type="button" onClick={confirm}>
        {words.disconnect}
      </button>
    </div>
  );
}

function described(id: string, field: string, problem: string | null): string {
  const hint = `${id}${field}-hint`;
  return problem === null ? hint : `${hint} ${id}problem`;
}

/** `problem` is said beside it, and not twice. */
function sentence({ isLoading, config, error }: BYODStatus, say: BYODWords, problem: string | null): string {
  if (isLoading) return say.loading;
  switch (config?.connectionStatus) {
    case "connected":
      return say.connected;
    case "pending":
      return say.pending;
    case "disconnected":
      return say.disconnected;
    case "error":
      return error === null || error === problem ? say.failed : `${say.failed} ${error}`;
    default:
      return error ?? say.none;
  }
}
