// One thing to tell.

/** `{id, level, text}` and what goes with it: `link`, `action`. */
export const notice = (level, id, text, more = {}) => ({ level, id, text, ...more });
