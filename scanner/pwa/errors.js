// The two ways in which the app itself says no.

/** The input cannot be understood; `field` names the part. The twin of scanner.errors.Malformed. */
export class Malformed extends Error {
  constructor(field, reason) {
    super(`${field}: ${reason}`);
    this.field = field;
    this.reason = reason;
  }
}

/** The device cannot do this now; `message` says what to do. */
export class NotReady extends Error {}
