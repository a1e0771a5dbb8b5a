// The Execute page: `/` chooses and starts, `/?run=RUN` watches, so that one can leave and come back; `/?from=RUN` judges
// its documents again, `/?compare=A&compare=B` puts runs side by side, `/?presets`, `/?preset=NAME`, `/?library` keep what
// runs are made from.

import { comparePage } from "./compare-page.js";
import { itemPage, libraryPage } from "./library-page.js";
import { presetPage } from "./preset-page.js";
import { presetsPage } from "./presets-page.js";
import { runPage } from "./run-page.js";
import { startPage } from "./start-page.js";

const base = new URL("../..", import.meta.url).href;
const query = new URLSearchParams(location.search);

function chosen() {
  if (query.get("run")) return runPage(base, query.get("run"));
  if (query.has("compare")) return comparePage(base, query.getAll("compare").filter(Boolean));
  if (query.has("preset")) return presetPage(base, query.get("preset"));
  if (query.has("presets")) return presetsPage(base);
  if (query.has("item")) return itemPage(base, query.get("library"), query.get("item"));
  if (query.has("library")) return libraryPage(base);
  return startPage(base, query.get("from"));
}

document.getElementById("main").replaceChildren(...chosen());
