"""What a page reads of the services' answers although nobody produces it: a renamed field, seen in a real browser."""

from typing import Any

from playwright.async_api import Page

WATCH = """() => {
  const found = new Map();
  const ignored = new Set(['toJSON', 'then', 'constructor']);
  const watched = (value, path) => {
    if (value === null || typeof value !== 'object') return value;
    return new Proxy(value, {
      get(target, name, receiver) {
        const inner = Reflect.get(target, name, receiver);
        if (typeof name === 'symbol' || ignored.has(name)) return inner;
        const list = Array.isArray(target);
        if (!list && !(name in target)) found.set(`${path}.${name}`, (found.get(`${path}.${name}`) ?? 0) + 1);
        // What is frozen must be given back as it is.
        const fixed = Object.getOwnPropertyDescriptor(target, name)?.configurable === false;
        if (typeof inner === 'function' || fixed) return inner;
        return watched(inner, list ? path : `${path}.${name}`);
      },
    });
  };
  const read = JSON.parse;
  const named = (value) => (value?.data && value.type) || value?.type || 'json';
  JSON.parse = (...args) => {
    const value = read(...args);
    return watched(value, named(value));
  };
  const json = Response.prototype.json;
  Response.prototype.json = async function () {
    const { pathname } = new URL(this.url);
    const name = pathname.replace(/^\\/runs\\/[^/]+/, '/runs/R').replace(/calls\\/.+/, 'calls/C');
    return watched(await json.call(this), name);
  };
  window.unproduced = () => [...found.keys()].sort();
}"""


async def watch(page: Page, address: str) -> None:
    """Open the address and note from the first script on what is read and is not there."""
    await page.add_init_script(f"({WATCH})()")
    await page.goto(address)


async def unproduced(page: Page) -> set[str]:
    """The paths read so far that no answer had: ``/runs/R/results.models.gone``, ``pair_judged.data.gone``."""
    found: Any = await page.evaluate("window.unproduced()")
    return set(found)
