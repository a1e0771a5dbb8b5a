// What a service said is wrong, in words: RFC 9457 problem documents with all their errors. Pure but for the request.

/** A refusal: `message` for people, `errors` one line each, `places` the same as `{path, message}`. */
export class Refused extends Error {
  constructor(message, errors = [], status = 0, places = []) {
    super(message);
    this.errors = errors;
    this.status = status;
    this.places = places;
  }
}

/** The answer, whatever is in it; throws `Refused` with what the service said, or that it could not be reached. */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused(`No answer from ${new URL(address, location.href).origin}. Is the service running?`);
  }
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
  return response;
}

/** The JSON of an answer; throws as `ask` does. */
export async function askJson(address, options = {}) {
  const response = await ask(address, options);
  const body = await response.json().catch(() => null);
  if (body === null) throw new Refused("The answer could not be read: it was no JSON.", [], response.status);
  return body;
}

/** A problem document as a `Refused`. */
export function refusal(status, body) {
  const message = body?.detail ?? body?.title ?? `The service answered with ${status}.`;
  const places = body?.errors ?? [];
  const errors = places.map(({ path, message: text }) => [path, text].filter(Boolean).join(": "));
  return new Refused(message, errors, status, places);
}
