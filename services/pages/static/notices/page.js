// The page itself: whether it understands the service, what it could not read, whether its word arrives.

import { plural } from "../format.js";
import { CONTRACT } from "../frames.js";
import { notice } from "./notice.js";

/** What there is to say of this page and the service it was made for. */
export function aboutPage(state, page) {
  return [...builds(state, page), ...unread(state), ...receipt(state)];
}

function builds({ hello, firstBuild }, { build }) {
  if (!hello) return [];
  const reload = { action: "reload" };
  if (hello.contract !== CONTRACT) {
    const text = `This page speaks contract ${CONTRACT}, the service ${hello.contract}: numbers may be missing. Reload it.`;
    return [notice("error", "contract", text, reload)];
  }
  if (build && build !== hello.build) {
    const text = `This page is of build ${build}, the service of ${hello.build}. Reload the page.`;
    return [notice("warning", "build", text, reload)];
  }
  if (firstBuild !== hello.build) {
    const text = `The service was updated from ${firstBuild} to ${hello.build} meanwhile. Reload the page.`;
    return [notice("warning", "build", text, reload)];
  }
  return [];
}

function unread({ unreadable: { count, details } }) {
  if (!count) return [];
  return [notice("error", "unreadable", `${plural(count, "message")} could not be read: ${details.join("; ")}.`)];
}

function receipt({ receipt: sent }) {
  if (!sent || sent.ok) return [];
  return [notice("info", "receipt", `The service did not take this page's receipt (${sent.detail}).`)];
}
