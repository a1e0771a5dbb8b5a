// Times as whole milliseconds since 1970, cut off (not rounded) like the services do it.

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d*))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Milliseconds of an RFC 3339 time with its offset; null where the text is none. */
export function parseTime(text) {
  const match = RFC_3339.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = "", sign, hours = 0, minutes = 0] = match;
  const date = new Date(0);
  // Not Date.UTC: it reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(+year, +month - 1, +day);
  date.setUTCHours(+hour, +minute, +second, +fraction.slice(0, 3).padEnd(3, "0"));
  return date.getTime() - (sign === "-" ? -60_000 : 60_000) * (+hours * 60 + +minutes);
}
