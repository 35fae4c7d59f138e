/** A request that reached no function: `{code, message}` with that HTTP status. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
