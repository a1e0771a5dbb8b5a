// What a service said is wrong, in words: RFC 9457 problem documents with all their errors. Pure but for the request.

/** A refusal: `message` for people, `errors` one line each. */
export class Refused extends Error {
  constructor(message, errors = [], status = 0) {
    super(message);
    this.errors = errors;
    this.status = status;
  }
}

/** The JSON of an answer; throws `Refused` with what the service said, or that it could not be reached. */
export async function askJson(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused(`No answer from ${new URL(address, location.href).origin}. Is the service running?`);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw refusal(response.status, body);
  if (body === null) throw new Refused("The answer could not be read: it was no JSON.", [], response.status);
  return body;
}

/** A problem document as a `Refused`. */
export function refusal(status, body) {
  const message = body?.detail ?? body?.title ?? `The service answered with ${status}.`;
  const errors = (body?.errors ?? []).map(({ path, message: text }) => [path, text].filter(Boolean).join(": "));
  return new Refused(message, errors, status);
}
