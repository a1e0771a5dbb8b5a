// A fingerprint of a whole log that the service and the page can compare: the rules of shared/digest.py.

/** Whether this page can compute one: browsers offer SHA-256 to pages over https and on this machine only. */
export const canDigest = () => globalThis.crypto?.subtle !== undefined;

/** d(n) = SHA-256(d(n-1) + line n) over stored lines without their newlines, in lower-case hex. */
export async function digestOf(lines) {
  const encoder = new TextEncoder();
  let digest = new Uint8Array(0);
  for (const line of lines) {
    const bytes = new Uint8Array(digest.length + line.length);
    bytes.set(digest);
    // Stored lines are ASCII, so a line has as many bytes as characters.
    encoder.encodeInto(line, bytes.subarray(digest.length));
    digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  }
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
