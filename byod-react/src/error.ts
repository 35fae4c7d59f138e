/** What the gateway answers where it doesn't do what was asked for. */

/** `application/problem+json`, as the gateway writes it. */
export interface BYODProblem {
  /** What is wrong, in words for the user. */
  detail: string;
  /** The same for programs, such as `entered`, `claim` or `rate_limited`. */
  code: string;
  /** The HTTP status; 0 where there was no answer. */
  status: number;
}

/** The gateway didn't do what was asked for. Its message is for the user. */
export class BYODError extends Error {
  override readonly name = "BYODError";
  readonly code: string;
  readonly status: number;

  constructor(problem: BYODProblem) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
  }
}

/** The error of an answer that isn't a success. */
export async function errorOf(response: Response): Promise<BYODError> {
  const { status } = response;
  let problem: Partial<BYODProblem> | null = null;
  try {
    problem = (await response.json()) as Partial<BYODProblem> | null;
  } catch {
    // Something between here and the gateway answered, in a form of its own.
  }
  const { detail, code } = problem ?? {};
  return new BYODError({
    detail: typeof detail === "string" ? detail : `The service answers with HTTP status ${status}.`,
    code: typeof code === "string" ? code : "http_status",
    status,
  });
}

/** The error of a request that got no answer. */
export function unreachable(): BYODError {
  return new BYODError({
    detail: "The service can't be reached. Check your connection and try again.",
    code: "unreachable",
    status: 0,
  });
}
